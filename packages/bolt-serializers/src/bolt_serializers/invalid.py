"""What is wrong with a value that a client sent."""

from collections.abc import Mapping
from typing import Any

type Loc = tuple[str | int, ...]
"""Where in a value: names and indices, as they are on the wire."""
type Found = tuple[Loc, str, str, Mapping[str, Any] | None]
"""A problem inside a value: where, message, type of error, and what the value was held against."""
type Told = tuple[str, str, Mapping[str, Any] | None]
"""Message, type of error, and what the value was held against."""

MOST = 100
"""Problems listed at most; a value of a million wrong items needs no million lines."""


class InvalidValue(ValueError):
    """A value that is not what is asked for.

    *message* is for people, *type* is one of the names of docs/reference/parameters.md, which programs may rely on,
    and *ctx* holds what the value was held against: `{"ge": 3}`.
    """

    def __init__(self, message: str, type: str, ctx: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.type = type
        self.ctx = ctx
