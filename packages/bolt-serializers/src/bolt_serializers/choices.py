"""Types that have a few values only: `Enum` and `Literal`."""

import enum
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from bolt_serializers.invalid import InvalidValue

MOST_SHOWN = 200
"""Characters of all choices together that are still listed one by one."""


def as_text(value: Any) -> str:
    """A choice as a client writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def choice_error(choices: Iterable[Any]) -> InvalidValue:
    """What a client is told that sent none of *choices*; a list of hundreds would help nobody."""
    listed = list(choices)
    shown = ", ".join(map(as_text, listed))
    if len(shown) > MOST_SHOWN:
        return InvalidValue(f"Expected one of {len(listed)} values", "enum")
    plain = [value if value is None or isinstance(value, str | int | float) else str(value) for value in listed]
    return InvalidValue(f"Expected one of: {shown}", "enum", {"expected": plain})


def choices_of(type_: Any) -> dict[Any, Any] | None:
    """Values on the wire of an `Enum` or a `Literal`, with what each stands for; `None` for other types."""
    if get_origin(type_) is Literal:
        return {getattr(value, "value", value): value for value in get_args(type_)}
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return {member.value: member for member in type_.__members__.values()}
    return None
