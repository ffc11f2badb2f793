"""JSON and msgpack for what leaves: one encoder of each for the process, extended by type.

`Decimal` is written as a string, so that no digit is lost. NaN and the infinities, which JSON cannot express
(RFC 8259 §6), are written as `null`, or refused by `encode_strict`. Bytes are base64 in JSON, dates and durations
ISO 8601, UUIDs and enum values plain.
"""

import collections
import datetime as dt
import ipaddress
import math
import pathlib
import types
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec


def _iso(value: dt.datetime | dt.time) -> str:
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


# Of the first group msgspec writes the types themselves, but not their subclasses, such as Django's SafeString or the
# datetime of a test's frozen clock.
_encoders: dict[type, Callable[[Any], Any]] = {
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    dt.datetime: _iso,
    dt.date: dt.date.isoformat,
    dt.time: _iso,
    Decimal: str,
    UUID: str,
    pathlib.PurePath: str,
    ipaddress.IPv4Address: str,
    ipaddress.IPv6Address: str,
    ipaddress.IPv4Network: str,
    ipaddress.IPv6Network: str,
    collections.deque: list,
    range: list,
    types.MappingProxyType: dict,
    type({}.keys()): list,
    type({}.values()): list,
}


_before_iterators: list[Callable[[], object]] = []


def register_encoder(type_: type, encode: Callable[[Any], Any]) -> None:
    """Teach JSON and msgpack about *type_* and its subclasses: *encode* turns an instance into what they can hold.

    For types that the encoders do not know already; what they write natively cannot be changed. Holds for the whole
    process. A type registered twice keeps the later function.
    """
    _encoders[type_] = encode


def before_iterators(call: Callable[[], object]) -> None:
    """Call *call* each time before an encoder is given an iterator, which can be read once only.

    What it raises keeps the iterator unread. Holds for the whole process; the later of two calls wins.
    """
    _before_iterators[:] = [call]


def is_foreign(type_: Any) -> bool:
    """Whether *type_* is a pydantic model, told by its shape."""
    return isinstance(type_, type) and hasattr(type_, "__pydantic_core_schema__") and hasattr(type_, "model_validate")


def encode_unknown(value: Any) -> Any:
    """Turn a value of an unknown type into one that JSON can hold; raise `TypeError` where no encoder fits."""
    for base in type(value).__mro__:
        if (encode := _encoders.get(base)) is not None:
            if isinstance(value, Iterator):
                for call in _before_iterators:
                    call()
            return encode(value)
    if is_foreign(type(value)):
        return value.model_dump(mode="json")
    raise TypeError(
        f"{type(value).__qualname__} cannot be written as JSON; return plain data, "
        f"or register_encoder({type(value).__qualname__}, …)"
    )


JSON_ENCODER = msgspec.json.Encoder(enc_hook=encode_unknown, decimal_format="string")
"""The one JSON encoder."""

MSGPACK_ENCODER = msgspec.msgpack.Encoder(enc_hook=encode_unknown, decimal_format="string")


def encode_strict(value: Any, remedy: str = "") -> bytes:
    """*value* as JSON; raises `ValueError` that says where, and *remedy*, if it holds NaN or an infinity."""
    encoded = JSON_ENCODER.encode(value)
    # Without a null in the text there was none; only then is it worth looking at every number.
    if b"null" in encoded:
        refuse_nan(value, remedy)
    return encoded


def refuse_nan(value: Any, remedy: str = "") -> None:
    """Raise `ValueError`, which ends in *remedy*, for the first number inside *value* that JSON cannot express."""
    for path, number in _floats(msgspec.to_builtins(value, enc_hook=encode_unknown), "$"):
        if not math.isfinite(number):
            message = f"the result holds {number} at {path}, which JSON cannot express (RFC 8259 §6)"
            raise ValueError(f"{message}; {remedy}" if remedy else message)


def _floats(value: Any, path: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, float):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _floats(item, f"{path}.{key}")
    elif isinstance(value, list | tuple | set | frozenset):
        for index, item in enumerate(value):
            yield from _floats(item, f"{path}[{index}]")
