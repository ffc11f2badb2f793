"""Type hints taken apart."""

from typing import Annotated, Any, Final, Literal, NewType, Optional

import msgspec
import pytest
from bolt_serializers import Check
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


def test_checks_are_listed_in_the_order_they_are_made() -> None:
    """Innermost first, through names and `None`; they are metadata, too."""
    one, two, three, four = (Check(function) for function in (str, repr, ascii, len))
    type Inner = Annotated[str, one, two]

    hint = peel(Annotated[Annotated[Inner, three] | None, "note", four])

    assert hint.checks == (one, two, three, four)
    assert hint.metadata == ("note", four, three, one, two)


def test_aliases_with_parameters_stand_for_their_types() -> None:
    """As `Final` does for what is inside it."""
    type Pair[A, B] = tuple[B, list[A]]
    type Same[A] = A

    assert peel(Pair[int, str]).type == tuple[str, list[int]]
    assert peel(Same[int] | None).type is int
    assert peel(Final[int]).type is int


def test_types_are_described_as_written() -> None:
    """For messages."""
    assert [describe(int), describe(list[int]), describe(int | None), describe(Any), describe(tuple[int, ...])] == [
        "int",
        "list[int]",
        "int | None",
        "Any",
        "tuple[int, ...]",
    ]
