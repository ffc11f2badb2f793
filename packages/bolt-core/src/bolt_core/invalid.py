"""What is wrong with a value that a client sent."""

from collections.abc import Mapping
from typing import Any


class InvalidValue(ValueError):
    """A value that is not what its parameter takes; becomes an item of a 422.

    *message* is for people, *type* is one of the names of docs/reference/parameters.md, which programs may rely on,
    and *ctx* holds what the value was held against: `{"ge": 3}`.
    """

    def __init__(self, message: str, type: str, ctx: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.type = type
        self.ctx = ctx


class InvalidItems(ValueError):
    """Every wrong value of a repeated parameter, by its index."""

    def __init__(self, items: list[tuple[int, ValueError]]) -> None:
        super().__init__(str(items[0][1]))
        self.items = items
