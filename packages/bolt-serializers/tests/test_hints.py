"""Type hints taken apart."""

from typing import Annotated, Any, Literal, NewType, Optional

import msgspec
import pytest
from bolt_serializers.hints import describe, peel

UserId = NewType("UserId", int)
type Maybe = int | None


@pytest.mark.parametrize(
    ("annotation", "type_", "optional"),
    [
        (int, int, False),
        (int | None, int, True),
        (Optional[int], int, True),  # noqa: UP045 - the older spelling has to work too
        (Annotated[int | None, "note"], int, True),
        (Annotated[int, "note"] | None, int, True),
        (UserId, int, False),
        (UserId | None, int, True),
        (Maybe, int, True),
        (Literal["a", None], Literal["a"], True),
        (int | str, int | str, False),
    ],
)
def test_a_hint_is_peeled(annotation: Any, type_: Any, optional: bool) -> None:
    """Metadata, new types, aliases and `None` come off."""
    hint = peel(annotation)

    assert (hint.type, hint.optional) == (type_, optional)


def test_metadata_is_told_from_limits() -> None:
    """Outermost first, through names and `None`."""
    type Named = Annotated[int, "inner", msgspec.Meta(gt=3)]

    hint = peel(Annotated[Annotated[Named | None, "middle"], msgspec.Meta(lt=9), "outer"])

    assert hint.metadata == ("middle", "outer", "inner")
    assert hint.limits == {"gt": 3, "lt": 9}


def test_types_are_described_as_written() -> None:
    """For messages."""
    assert [describe(int), describe(list[int]), describe(int | None), describe(Any), describe(tuple[int, ...])] == [
        "int",
        "list[int]",
        "int | None",
        "Any",
        "tuple[int, ...]",
    ]
