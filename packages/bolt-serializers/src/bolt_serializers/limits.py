"""Limits on a value, and what is said of one that breaks them."""

import datetime as dt
import operator
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypedDict, get_origin

from bolt_serializers.errors import DeclarationError
from bolt_serializers.invalid import InvalidValue

type Limit = Callable[[Any], Any]
"""Returns the value it is given, or raises `InvalidValue`."""


LEAST_INT, MOST_INT = -(2**63), 2**63 - 1
"""What a database, MessagePack and most other languages hold."""
MOST_FLOAT = sys.float_info.max


class ConstraintOptions(TypedDict, total=False):
    """Limits on a value; `msgspec.Meta` has the same names."""

    gt: Any
    ge: Any
    lt: Any
    le: Any
    multiple_of: Any
    min_length: int
    max_length: int
    pattern: str
    tz: bool
    """Whether a date and time must have a time zone (`True`) or must have none (`False`)."""


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_TOLD = {
    "gt": ("be greater than", "greater_than"),
    "ge": ("be at least", "greater_than_equal"),
    "lt": ("be less than", "less_than"),
    "le": ("be at most", "less_than_equal"),
    "multiple_of": ("be a multiple of", "multiple_of"),
    "min_length": ("have a length of at least", "too_short"),
    "max_length": ("have a length of at most", "too_long"),
    "pattern": ("match the pattern", "pattern_mismatch"),
}
_ZONES = {
    True: ("Must have a time zone", "timezone_aware"),
    False: ("Must have no time zone", "timezone_naive"),
}

_NUMBERS = (int, float, Decimal)
_ORDERED = (*_NUMBERS, dt.date, dt.time, dt.datetime, dt.timedelta)
_SIZED = (list, set, tuple, frozenset, dict, str, bytes)
_ZONED = (dt.datetime, dt.time)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """Limits on one value.

    Lengths count characters of a string or items of a list. *pattern* is searched for, not anchored.
    """

    gt: Any = None
    ge: Any = None
    lt: Any = None
    le: Any = None
    multiple_of: Any = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    tz: bool | None = None

    def __post_init__(self) -> None:
        if self.multiple_of is not None and not (_is_number(self.multiple_of) and self.multiple_of > 0):
            raise DeclarationError(f"multiple_of={self.multiple_of!r}: give a number above 0")
        for name in ("min_length", "max_length"):
            length = getattr(self, name)
            if length is not None and (isinstance(length, bool) or not isinstance(length, int) or length < 0):
                raise DeclarationError(f"{name}={length!r}: give an int of at least 0")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except (re.error, TypeError) as error:
                raise DeclarationError(f"pattern={self.pattern!r} is no regular expression: {error}") from error

    @property
    def orders(self) -> bool:
        """Whether a limit compares values."""
        return any(limit is not None for limit in (self.gt, self.ge, self.lt, self.le))

    @property
    def measures(self) -> bool:
        """Whether a limit counts characters or items."""
        return self.min_length is not None or self.max_length is not None

    def given(self) -> dict[str, Any]:
        """The limits that are set, by name."""
        names = ConstraintOptions.__annotations__
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    def check(self, value: Any) -> Any:
        """Return *value* if it keeps every limit; raise `InvalidValue` naming the first it breaks."""
        check = compile_check(self)
        return value if check is None else check(value)


def compile_check(limits: Constraints) -> Limit | None:
    """One function for all of *limits*; `None` where there are none."""
    checks: list[Limit] = []
    if limits.tz is not None:
        checks.append(_zone_check(limits.tz))
    checks.extend(_order_check(name, getattr(limits, name)) for name in _ORDERS if getattr(limits, name) is not None)
    if limits.multiple_of is not None:
        checks.append(_multiple_check(limits.multiple_of))
    if limits.measures:
        checks.append(_length_check(limits.min_length, limits.max_length))
    if limits.pattern is not None:
        checks.append(_pattern_check(limits.pattern))
    if len(checks) < 2:
        return checks[0] if checks else None

    def check_all(value: Any) -> Any:
        for check in checks:
            check(value)
        return value

    return check_all


def misplaced_limits(type_: Any, limits: Constraints) -> str | None:
    """Names of limits that no value of a peeled type can be held against; `None` if all make sense."""
    sized = (get_origin(type_) or type_) in _SIZED
    misplaced = {
        "gt, ge, lt, le": limits.orders and type_ not in _ORDERED,
        "multiple_of": limits.multiple_of is not None and type_ not in _NUMBERS,
        "min_length, max_length": limits.measures and not sized,
        "pattern": limits.pattern is not None and type_ is not str,
        "tz": limits.tz is not None and type_ not in _ZONED,
    }
    return next((names for names, wrong in misplaced.items() if wrong), None)


def check_error(name: str, limit: Any) -> InvalidValue:
    """What is said of a value that breaks the limit *name*."""
    if name == "tz":
        return InvalidValue(*_ZONES[bool(limit)])
    words, type_ = _TOLD[name]
    return InvalidValue(f"Must {words} {limit}", type_, {name: limit})


def _zone_check(wanted: bool) -> Limit:
    def check(value: Any) -> Any:
        if (value.tzinfo is not None) is not wanted:
            raise check_error("tz", wanted)
        return value

    return check


def _order_check(name: str, limit: Any) -> Limit:
    keeps = _ORDERS[name]
    exact = _exact(limit)

    def check(value: Any) -> Any:
        try:
            kept = keeps(value, exact if isinstance(value, Decimal) else limit)
        except TypeError:
            # Python does not compare a time that has a zone with one that has none.
            raise check_error("tz", getattr(limit, "tzinfo", None) is not None) from None
        if not kept:
            raise check_error(name, limit)
        return value

    return check


def _multiple_check(of: Any) -> Limit:
    exact = _exact(of)

    def check(value: Any) -> Any:
        try:
            kept = _exact(value) % exact == 0
        except InvalidOperation:
            kept = False
        if not kept:
            raise check_error("multiple_of", of)
        return value

    return check


def _exact(number: Any) -> Any:
    # 0.3 as a float is no multiple of 0.1 and less than the decimal 0.3; what was written is meant.
    return Decimal(repr(number)) if isinstance(number, float) else number


def _length_check(least: int | None, most: int | None) -> Limit:
    def check(value: Any) -> Any:
        length = len(value)
        if least is not None and length < least:
            raise check_error("min_length", least)
        if most is not None and length > most:
            raise check_error("max_length", most)
        return value

    return check


def _pattern_check(pattern: str) -> Limit:
    search = re.compile(pattern).search

    def check(value: Any) -> Any:
        if search(value) is None:
            raise check_error("pattern", pattern)
        return value

    return check


NO_LIMITS = Constraints()
