"""What says where a handler's parameter is read from."""

import enum
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, TypedDict

from bolt_core.exceptions import ConfigError


class Source(enum.StrEnum):
    """Where a parameter's value comes from."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"
    REQUEST = "request"
    HEADER = "header"
    COOKIE = "cookie"
    FORM = "form"
    FILE = "file"
    DEPENDENCY = "dependency"


class _Unset(enum.Enum):
    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET = _Unset.UNSET
"""No default: the parameter is required."""


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


class MarkerOptions(ConstraintOptions, total=False):
    """Keyword options of `Query()`, `Path()` and the other markers."""

    default: Any
    title: str
    description: str
    examples: list[Any]
    deprecated: bool


def _like(limit: Any, value: Any) -> Any:
    # 0.3 as a float is less than the decimal 0.3; the limit meant is the one that was written.
    return Decimal(repr(limit)) if isinstance(value, Decimal) and isinstance(limit, float) else limit


def _is_multiple(value: Any, of: Any) -> bool:
    if isinstance(value, float) or isinstance(of, float):
        # 0.3 is no binary multiple of 0.1; what the client wrote is.
        value, of = Decimal(repr(value)), Decimal(repr(of))
    try:
        return bool(value % of == 0)
    except InvalidOperation:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """Limits on one value; `check` raises `ValueError` with a message for the client.

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
    _compiled: re.Pattern[str] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.multiple_of is not None and not self.multiple_of > 0:
            raise ConfigError(f"multiple_of={self.multiple_of!r}: give a number above 0")
        if self.pattern is not None:
            try:
                object.__setattr__(self, "_compiled", re.compile(self.pattern))
            except re.error as error:
                raise ConfigError(f"pattern={self.pattern!r} is no regular expression: {error}") from error

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
        """Return *value* if it keeps every limit; raise `ValueError` naming the first it breaks."""
        if self.tz is not None and (value.tzinfo is not None) is not self.tz:
            raise ValueError("Must have a time zone" if self.tz else "Must have no time zone")
        if self.orders:
            self._check_order(value)
        if self.multiple_of is not None and not _is_multiple(value, self.multiple_of):
            raise ValueError(f"Must be a multiple of {self.multiple_of}")
        if self.min_length is not None and len(value) < self.min_length:
            raise ValueError(f"Must have a length of at least {self.min_length}")
        if self.max_length is not None and len(value) > self.max_length:
            raise ValueError(f"Must have a length of at most {self.max_length}")
        if self._compiled is not None and self._compiled.search(value) is None:
            raise ValueError(f"Must match the pattern {self.pattern}")
        return value

    def _check_order(self, value: Any) -> None:
        for limit, keeps, words in (
            (self.gt, operator.gt, "greater than"),
            (self.ge, operator.ge, "at least"),
            (self.lt, operator.lt, "less than"),
            (self.le, operator.le, "at most"),
        ):
            if limit is None:
                continue
            try:
                kept = keeps(value, _like(limit, value))
            except TypeError:
                # Python does not compare a time that has a zone with one that has none.
                raise ValueError("Must have a time zone" if limit.tzinfo else "Must have no time zone") from None
            if not kept:
                raise ValueError(f"Must be {words} {limit}")


NO_LIMITS = Constraints()


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """An explicit source of a parameter with what else was said about it."""

    source: Source
    alias: str | None = None
    """The name on the wire; `None` means the parameter's own."""
    default: Any = UNSET
    constraints: Constraints = NO_LIMITS
    title: str | None = None
    description: str | None = None
    examples: tuple[Any, ...] = ()
    deprecated: bool = False
    dependency: Callable[..., Any] | None = None
    """Only for `Source.DEPENDENCY`: what provides the value."""
