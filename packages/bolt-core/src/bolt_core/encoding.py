"""JSON and msgpack for replies: the encoders of `bolt_serializers.encoding`, told about the event loop."""

from collections.abc import Callable
from typing import Any

from bolt_serializers import encoding
from bolt_serializers.encoding import JSON_ENCODER, MSGPACK_ENCODER, encode_unknown, register_encoder

from bolt_core.reading import refuse_on_loop

__all__ = ["JSON_ENCODER", "MSGPACK_ENCODER", "encode_line", "encode_strict", "encode_unknown", "register_encoder"]

encoding.before_iterators(refuse_on_loop)


def encode_line(value: Any, encode_data: Callable[[Any], bytes] = JSON_ENCODER.encode) -> bytes:
    """*value* as a line of JSON Lines; a str or bytes as it is."""
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else encode_data(value) + b"\n"


def encode_strict(value: Any) -> bytes:
    """*value* as JSON; raises `ValueError` that says where, if it holds NaN or an infinity."""
    return encoding.encode_strict(value, "strict_json=False would send null")
