"""Numbers that are none: NaN and the infinities, which JSON cannot express (RFC 8259 §6)."""

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from bolt_serializers.invalid import MOST, Found, Loc

NOT_FINITE = ("Expected a finite number", "finite_number")
"""Message and type of error."""


def find_infinite(value: Any) -> list[Found]:
    """Every NaN and infinity in *value*, a float or a Decimal at any depth of it; `MOST` of them at most."""
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
    return found[::-1]


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
