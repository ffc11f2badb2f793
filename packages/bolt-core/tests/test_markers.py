"""Limits on values."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from bolt_core.exceptions import ConfigError
from bolt_core.markers import UNSET, Constraints

NAIVE = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - a time without a zone is what is meant


@pytest.mark.parametrize(
    ("limits", "value"),
    [
        ({"gt": 1}, 2),
        ({"ge": 1}, 1),
        ({"lt": 1}, 0),
        ({"le": 1}, 1),
        ({"multiple_of": 5}, 10),
        ({"multiple_of": 0.1}, 0.3),
        ({"multiple_of": Decimal("0.05")}, Decimal("1.15")),
        ({"min_length": 2}, "ab"),
        ({"max_length": 2}, ["a"]),
        ({"pattern": "^a+$"}, "aa"),
        ({"le": 0.3}, Decimal("0.3")),
        ({"tz": True}, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        ({"tz": False}, dt.time(10)),
    ],
)
def test_a_value_within_its_limits_is_returned(limits: dict[str, Any], value: Any) -> None:
    """`check` returns the value itself."""
    assert Constraints(**limits).check(value) is value


@pytest.mark.parametrize(
    ("limits", "value", "message"),
    [
        ({"gt": 1}, 1, "Must be greater than 1"),
        ({"ge": 1}, 0, "Must be at least 1"),
        ({"lt": 1}, 1, "Must be less than 1"),
        ({"le": 1}, 2, "Must be at most 1"),
        ({"multiple_of": 5}, 11, "Must be a multiple of 5"),
        ({"multiple_of": 0.1}, 0.35, "Must be a multiple of 0.1"),
        ({"multiple_of": Decimal("0.01")}, Decimal("1e999999"), "Must be a multiple of 0.01"),
        ({"min_length": 2}, "a", "Must have a length of at least 2"),
        ({"max_length": 2}, [1, 2, 3], "Must have a length of at most 2"),
        ({"lt": 0.3}, Decimal("0.3"), "Must be less than 0.3"),
        ({"tz": True}, dt.time(10), "Must have a time zone"),
        ({"tz": False}, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "Must have no time zone"),
        ({"ge": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, NAIVE, "Must have a time zone"),
        ({"le": NAIVE}, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "Must have no time zone"),
        ({"pattern": "^a+$"}, "b", "Must match the pattern ^a+$"),
    ],
)
def test_a_value_beyond_its_limits_is_refused(limits: dict[str, Any], value: Any, message: str) -> None:
    """The message names the limit, not the value."""
    with pytest.raises(ValueError) as caught:
        Constraints(**limits).check(value)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("limits", "words"), [({"pattern": "["}, "no regular expression"), ({"multiple_of": 0}, "above 0")]
)
def test_a_limit_that_cannot_work_is_refused(limits: dict[str, Any], words: str) -> None:
    """When it is written, not when a value comes."""
    with pytest.raises(ConfigError, match=words):
        Constraints(**limits)


def test_only_the_limits_that_are_set_are_given() -> None:
    """`given` feeds documentation and merging."""
    assert Constraints(gt=0, pattern="x").given() == {"gt": 0, "pattern": "x"}


def test_unset_is_no_value() -> None:
    """`None` is a default like any other, so no default needs a name of its own."""
    assert UNSET is not None
    assert repr(UNSET) == "UNSET"
