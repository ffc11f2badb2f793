"""Decoders of request bodies, compiled once per route."""

from collections.abc import Callable
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from bolt_serializers.checks import Finder, readable
from bolt_serializers.decoding import Decoding
from bolt_serializers.finite import find_infinite
from bolt_serializers.hints import describe
from bolt_serializers.information import reachable
from bolt_serializers.invalid import MOST, InvalidValue
from bolt_serializers.shapes import contains, custom_type, type_info
from msgspec import inspect as spec

from bolt_core.binding.serializers import InvalidBody, decoding_for, serializer_decoders

type Decode = Callable[[bytes], Any]


class BodyReader(NamedTuple):
    """What decodes bodies of a type."""

    from_json: Decode
    from_msgpack: Decode
    decoding: Decoding | None
    """How the serializers in it are decoded, where there are any."""


def body_decoders(annotation: Any, check: Callable[[Any], Any] | None = None) -> tuple[Decode, Decode]:
    """The decoders of `body_reader`."""
    reader = body_reader(annotation, check)
    return reader.from_json, reader.from_msgpack


def body_reader(annotation: Any, check: Callable[[Any], Any] | None = None) -> BodyReader:
    """Decoders of *annotation* from JSON and from MessagePack; *check* sees the decoded value.

    Raises `TypeError` with a reason where the type cannot be a body. The decoders raise `msgspec.ValidationError` for
    a value of another type, `msgspec.DecodeError` or `UnicodeDecodeError` for what is no JSON or MessagePack at all.
    """
    if (name := custom_type(annotation)) is not None:
        raise TypeError(f"{describe(annotation)} holds the type {name}, which no body can be decoded into")
    taken = readable(annotation)
    decoding = decoding_for(annotation) if reachable(annotation) else None
    if decoding is not None:
        from_json, from_msgpack = serializer_decoders(decoding)
    else:
        from_json, from_msgpack = _plain_decoders(type_info(annotation), taken.type)
    if taken.find is not None:
        found = _as_checks(taken.find)
        from_json, from_msgpack = _checked(from_json, found), _checked(from_msgpack, found)
    if check is not None:
        limited = _as_validation(check)
        from_json, from_msgpack = _checked(from_json, limited), _checked(from_msgpack, limited)
    return BodyReader(from_json, from_msgpack, decoding)


def _plain_decoders(node: spec.Type, type_: Any) -> tuple[Decode, Decode]:
    from_json: Decode = msgspec.json.Decoder(type_).decode
    from_msgpack: Decode = msgspec.msgpack.Decoder(type_).decode
    # JSON has no NaN, yet msgspec reads a Decimal from "NaN"; MessagePack has NaN as a float.
    if contains(node, spec.DecimalType):
        from_json = _checked(from_json, require_finite)
    if contains(node, spec.DecimalType, spec.FloatType, spec.AnyType):
        from_msgpack = _checked(from_msgpack, require_finite)
    return from_json, from_msgpack


def _as_validation(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    # A plain ValueError of a decoder would mean that the body is no JSON at all.
    def check_body(value: Any) -> Any:
        try:
            return check(value)
        except InvalidValue as error:
            raise InvalidBody([((), str(error), error.type, error.ctx)]) from None

    return check_body


def _as_checks(find: Finder) -> Callable[[Any], Any]:
    def check_all(value: Any) -> Any:
        if found := list(islice(find(value, ()), MOST)):
            raise InvalidBody(found)
        return value

    return check_all


def _checked(decode: Decode, check: Callable[[Any], Any]) -> Decode:
    def decode_and_check(data: bytes) -> Any:
        return check(decode(data))

    return decode_and_check


def require_finite(value: Any) -> Any:
    """Return *value* unless a NaN or an infinity is somewhere in it; then raise `InvalidBody`."""
    if found := find_infinite(value):
        raise InvalidBody(found)
    return value
