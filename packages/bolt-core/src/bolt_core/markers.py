"""What says where a handler's parameter is read from."""

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, TypedDict


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


class MarkerOptions(ConstraintOptions, total=False):
    """Keyword options of `Query()`, `Path()` and the other markers."""

    default: Any
    title: str
    description: str
    examples: list[Any]
    deprecated: bool


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
    _compiled: re.Pattern[str] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.pattern is not None:
            object.__setattr__(self, "_compiled", re.compile(self.pattern))

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
        if self.gt is not None and not value > self.gt:
            raise ValueError(f"Must be greater than {self.gt}")
        if self.ge is not None and not value >= self.ge:
            raise ValueError(f"Must be at least {self.ge}")
        if self.lt is not None and not value < self.lt:
            raise ValueError(f"Must be less than {self.lt}")
        if self.le is not None and not value <= self.le:
            raise ValueError(f"Must be at most {self.le}")


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
