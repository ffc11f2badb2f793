"""Markers in type hints."""

from typing import Annotated

import msgspec
from bolt_core.binding.hints import merge_limits, peel
from bolt_core.param_functions import Query


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
