"""What says where a handler's parameter is read from."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bolt_serializers.limits import NO_LIMITS, Constraints


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
    INJECTED = "injected"
    """Known by its annotation's class: see `bolt_core.binding.injected`."""


class _Unset(enum.Enum):
    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET = _Unset.UNSET
"""No default: the parameter is required."""


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
    include_in_schema: bool = True
    split: str | None = None
    """What separates several values in one text; `None` where the name is repeated instead."""
    embed: bool = False
    """Only for `Source.BODY`: a member of the body's object, even where no other parameter is one."""
    max_size: int | None = None
    """Only for `Source.FILE`: bytes of one file."""
    allowed_types: tuple[str, ...] = ()
    """Only for `Source.FILE`: media types, `image/*` for all of a kind; empty allows every type."""
    max_files: int | None = None
    """Only for `Source.FILE`: files of the parameter's name."""
    dependency: Callable[..., Any] | None = None
    """Only for `Source.DEPENDENCY`: what provides the value."""

    @property
    def shown(self) -> str:
        """The marker as one writes it."""
        return "Depends()" if self.source is Source.DEPENDENCY else f"{self.source.value.capitalize()}()"
