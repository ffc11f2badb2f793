"""Type hints taken apart."""

from typing import Annotated, Any, Literal, NewType, Optional

import msgspec
import pytest
from bolt_core.binding.hints import describe, merge_limits, peel
from bolt_core.param_functions import Query

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


def test_markers_are_told_from_other_metadata() -> None:
    """msgspec's metadata stays on the type that msgspec sees; ours does not."""
    marker = Query("x")
    hint = peel(Annotated[int, marker, msgspec.Meta(gt=3)])

    assert hint.markers == (marker,)
    assert hint.full == Annotated[int, msgspec.Meta(gt=3)]
    assert hint.limits == {"gt": 3}


def test_the_markers_limits_win() -> None:
    """Those closest to the parameter count."""
    hint = peel(Annotated[int, msgspec.Meta(gt=3, lt=9)])

    assert merge_limits(hint, Query(gt=5)).given() == {"gt": 5, "lt": 9}


def test_types_are_described_as_written() -> None:
    """For messages."""
    assert [describe(int), describe(list[int]), describe(int | None), describe(Any), describe(tuple[int, ...])] == [
        "int",
        "list[int]",
        "int | None",
        "Any",
        "tuple[int, ...]",
    ]
