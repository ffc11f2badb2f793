"""Limits on values."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from bolt_serializers.errors import DeclarationError
from bolt_serializers.invalid import InvalidValue
from bolt_serializers.limits import Constraints, compile_check

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
        ({"multiple_of": Decimal("0.1")}, 0.3),
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
    ("limits", "words"),
    [
        ({"pattern": "["}, "no regular expression"),
        ({"pattern": 5}, "no regular expression"),
        ({"multiple_of": 0}, "above 0"),
        ({"multiple_of": "2"}, "above 0"),
        ({"min_length": -1}, "give an int of at least 0"),
        ({"max_length": "3"}, "give an int of at least 0"),
    ],
)
def test_a_limit_that_cannot_work_is_refused(limits: dict[str, Any], words: str) -> None:
    """When it is written, not when a value comes."""
    with pytest.raises(DeclarationError, match=words):
        Constraints(**limits)


def test_only_the_limits_that_are_set_are_given() -> None:
    """`given` feeds documentation and merging."""
    assert Constraints(gt=0, pattern="x").given() == {"gt": 0, "pattern": "x"}


@pytest.mark.parametrize(
    ("limits", "value", "type_", "ctx"),
    [
        ({"gt": 1}, 1, "greater_than", {"gt": 1}),
        ({"ge": 1}, 0, "greater_than_equal", {"ge": 1}),
        ({"lt": 1}, 1, "less_than", {"lt": 1}),
        ({"le": 1}, 2, "less_than_equal", {"le": 1}),
        ({"multiple_of": 5}, 11, "multiple_of", {"multiple_of": 5}),
        ({"min_length": 2}, "a", "too_short", {"min_length": 2}),
        ({"max_length": 2}, "abc", "too_long", {"max_length": 2}),
        ({"pattern": "^a"}, "b", "pattern_mismatch", {"pattern": "^a"}),
        ({"tz": True}, dt.time(10), "timezone_aware", None),
        ({"tz": False}, dt.time(10, tzinfo=dt.UTC), "timezone_naive", None),
    ],
)
def test_a_refusal_has_a_type_and_the_limit(limits: dict[str, Any], value: Any, type_: str, ctx: Any) -> None:
    """For programs, beside the message for people."""
    with pytest.raises(InvalidValue) as caught:
        Constraints(**limits).check(value)

    assert (caught.value.type, caught.value.ctx) == (type_, ctx)


def test_several_limits_are_one_check() -> None:
    """Each is looked at; without limits there is nothing to call."""
    check = compile_check(Constraints(ge=1, multiple_of=2, le=9))

    assert compile_check(Constraints()) is None
    assert check is not None
    assert check(4) == 4
    for wrong in (0, 3, 10):
        with pytest.raises(InvalidValue):
            check(wrong)
