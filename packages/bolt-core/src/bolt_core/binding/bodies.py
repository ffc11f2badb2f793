"""Decoders of request bodies, compiled once per route."""

import math
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec
from msgspec import inspect as spec

from bolt_core.binding.body_errors import MOST
from bolt_core.binding.decimals import NOT_FINITE, Finder, Loc, readable
from bolt_core.binding.hints import describe
from bolt_core.binding.shapes import contains, custom_type, type_info
from bolt_core.invalid import InvalidValue
from bolt_core.plan import Found

type Decode = Callable[[bytes], Any]


def body_decoders(annotation: Any, check: Callable[[Any], Any] | None = None) -> tuple[Decode, Decode]:
    """Decoders of *annotation* from JSON and from MessagePack; *check* sees the decoded value.

    Raises `TypeError` with a reason where the type cannot be a body. The decoders raise `msgspec.ValidationError` for
    a value of another type, `msgspec.DecodeError` or `UnicodeDecodeError` for what is no JSON or MessagePack at all.
    """
    if (name := custom_type(annotation)) is not None:
        raise TypeError(f"{describe(annotation)} holds the type {name}, which no body can be decoded into")
    node = type_info(annotation)
    taken = readable(annotation)
    from_json: Decode = msgspec.json.Decoder(taken.type).decode
    from_msgpack: Decode = msgspec.msgpack.Decoder(taken.type).decode
    # JSON has no NaN, yet msgspec reads a Decimal from "NaN"; MessagePack has NaN as a float.
    if contains(node, spec.DecimalType):
        from_json = _checked(from_json, require_finite)
    if contains(node, spec.DecimalType, spec.FloatType, spec.AnyType):
        from_msgpack = _checked(from_msgpack, require_finite)
    if taken.find is not None:
        decimals = _as_limits(taken.find)
        from_json, from_msgpack = _checked(from_json, decimals), _checked(from_msgpack, decimals)
    if check is not None:
        limited = _as_validation(check)
        from_json, from_msgpack = _checked(from_json, limited), _checked(from_msgpack, limited)
    return from_json, from_msgpack


class InvalidBody(msgspec.ValidationError):
    """A body that is of its type but breaks a limit, and where it does."""

    def __init__(self, found: Sequence[Found]) -> None:
        super().__init__(found[0][1])
        self.found = found


def _as_validation(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    # A plain ValueError of a decoder would mean that the body is no JSON at all.
    def check_body(value: Any) -> Any:
        try:
            return check(value)
        except InvalidValue as error:
            raise InvalidBody([((), str(error), error.type, error.ctx)]) from None

    return check_body


def _as_limits(find: Finder) -> Callable[[Any], Any]:
    def check_decimals(value: Any) -> Any:
        if found := list(islice(find(value, ()), MOST)):
            raise InvalidBody(found)
        return value

    return check_decimals


def _checked(decode: Decode, check: Callable[[Any], Any]) -> Decode:
    def decode_and_check(data: bytes) -> Any:
        return check(decode(data))

    return decode_and_check


def require_finite(value: Any) -> Any:
    """Return *value* unless a NaN or an infinity is somewhere in it; then raise `InvalidBody`."""
    waiting: list[tuple[Loc, Any]] = [((), value)]
    found: list[Found] = []
    while waiting and len(found) < MOST:
        loc, current = waiting.pop()
        if isinstance(current, float | Decimal):
            # Asked of the decimal itself: a float holds neither a signalling NaN nor 1E+400.
            if not (current.is_finite() if isinstance(current, Decimal) else math.isfinite(current)):
                found.append((loc, *NOT_FINITE, None))
        else:
            waiting.extend(_members(loc, current))
    if found:
        raise InvalidBody(found[::-1])
    return value


def _members(loc: Loc, value: Any) -> Iterator[tuple[Loc, Any]]:
    if isinstance(value, str | bytes):
        return
    if isinstance(value, dict):
        for key, member in value.items():
            yield (*loc, str(key)), key
            yield (*loc, str(key)), member
    elif isinstance(value, list | tuple | set | frozenset):
        for index, member in enumerate(value):
            yield (*loc, index), member
    else:
        names = getattr(value, "__struct_fields__", None) or getattr(value, "__dataclass_fields__", None)
        if names is None:
            names = [attribute.name for attribute in getattr(value, "__attrs_attrs__", ())]
        for name, wire_name in zip(names, getattr(value, "__struct_encode_fields__", names), strict=True):
            yield (*loc, wire_name), getattr(value, name, None)
