"""Types that have a few values only."""

import enum
from typing import Any, Literal

import pytest
from bolt_serializers.choices import MOST_SHOWN, choice_error, choices_of


class Colour(enum.Enum):
    RED = "red"
    ROUGE = "red"  # noqa: PIE796 - a second name of the same value


@pytest.mark.parametrize(
    ("type_", "choices"),
    [
        (Colour, {"red": Colour.RED}),
        (Literal["a", 2], {"a": "a", 2: 2}),
        (Literal[Colour.RED], {"red": Colour.RED}),
        (str, None),
        (list[int], None),
    ],
)
def test_choices_are_known_by_their_values(type_: Any, choices: Any) -> None:
    """Those of the wire, with what each stands for; other types have none."""
    assert choices_of(type_) == choices


def test_choices_are_told_while_they_are_few() -> None:
    """A list of hundreds would help nobody."""
    few, many = choice_error(["a", True, None]), choice_error(["x" * 10] * MOST_SHOWN)

    assert (str(few), few.ctx) == ("Expected one of: a, true, None", {"expected": ["a", True, None]})
    assert (str(many), many.type, many.ctx) == (f"Expected one of {MOST_SHOWN} values", "enum", None)
