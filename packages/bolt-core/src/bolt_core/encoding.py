"""JSON for what leaves: one encoder for the process, extended by type.

`Decimal` is written as a string, so that no digit is lost. NaN and the infinities, which JSON cannot express
(RFC 8259 §6), are written as `null`. Bytes are base64, dates and durations ISO 8601, UUIDs and enum values plain.
"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec


def _iso(value: dt.datetime | dt.time) -> str:
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


# msgspec writes these types itself, but not their subclasses, such as the datetime of a test's frozen clock.
_encoders: dict[type, Callable[[Any], Any]] = {
    dt.datetime: _iso,
    dt.date: dt.date.isoformat,
    dt.time: _iso,
    Decimal: str,
    UUID: str,
}


def register_encoder(type_: type, encode: Callable[[Any], Any]) -> None:
    """Teach JSON about *type_* and its subclasses: *encode* turns an instance into something JSON can hold.

    For types that the encoder does not know already; what it writes natively cannot be changed. Holds for the whole
    process. A type registered twice keeps the later function.
    """
    _encoders[type_] = encode


def encode_unknown(value: Any) -> Any:
    """Turn a value of an unknown type into one that JSON can hold; raise `TypeError` where no encoder fits."""
    for base in type(value).__mro__:
        if (encode := _encoders.get(base)) is not None:
            return encode(value)
    raise TypeError(
        f"{type(value).__qualname__} cannot be written as JSON; return plain data, "
        f"or register_encoder({type(value).__qualname__}, …)"
    )


JSON_ENCODER = msgspec.json.Encoder(enc_hook=encode_unknown, decimal_format="string")
"""The one JSON encoder; its `encode` is what the engine calls for a handler without a response model."""
