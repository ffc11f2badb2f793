"""Checks of one's own."""

from typing import Annotated, Any, get_args

import pytest
from bolt_serializers import Check, DeclarationError, InvalidValue
from bolt_serializers.metadata import run_checks


def is_slug(value: str) -> None:
    if " " in value:
        raise ValueError("Expected a slug")


def is_small(value: int) -> bool:
    if value > 9:
        raise InvalidValue("Too large", "large", {"most": 9})
    return False


class Checker:
    """Equal to all of its class, and not hashable."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Checker)

    def __call__(self, value: Any) -> None:
        raise ValueError

    def method(self, value: Any) -> None:
        raise KeyError(value)


def test_a_right_value_is_nothing_to_tell() -> None:
    """Whatever the function returns."""
    assert Check(is_slug).told("a-b") is None
    assert Check(is_small).told(3) is None


def test_a_wrong_value_is_told_with_a_type() -> None:
    """The check's own, unless the function knows better; a message there is always."""
    assert Check(is_slug).told("a b") == ("Expected a slug", "value_error", None)
    assert Check(is_slug, type="slug").told("a b") == ("Expected a slug", "slug", None)
    assert Check(is_small, type="slug").told(10) == ("Too large", "large", {"most": 9})
    assert Check(Checker()).told(1) == ("Invalid value", "value_error", None)


def test_a_mistake_of_the_function_is_not_the_values() -> None:
    """It is left alone."""
    with pytest.raises(KeyError):
        Check(Checker().method).told(1)
    with pytest.raises(TypeError):
        Check(is_small).told("a")


def test_checks_are_told_apart_by_their_functions() -> None:
    """Types annotated with them are kept by Python, and must not be taken for one another."""
    one, other = Checker(), Checker()

    assert Check(is_slug) == Check(is_slug)
    assert hash(Check(is_slug, schema={"a": [1]})) == hash(Check(is_slug, schema={"a": [1]}))
    assert Check(is_slug) != Check(is_small)
    assert Check(is_slug) != Check(is_slug, type="slug")
    assert Check(is_slug) != Check(is_slug, schema={"format": "slug"})
    assert Check(is_slug) != is_slug
    assert Check(one) != Check(other)
    assert len({Check(one), Check(one), Check(other)}) == 2
    (_, kept), (_, second) = (get_args(Annotated[str, Check(is_slug, type=name)]) for name in "ab")
    assert (kept.type, second.type) == ("a", "b")


def test_a_check_cannot_be_changed() -> None:
    """Nor by who holds the dict that it was given."""
    schema = {"format": "slug"}
    check = Check(is_slug, schema=schema)
    schema["format"] = "other"

    assert dict(check.schema) == {"format": "slug"}
    with pytest.raises(AttributeError):
        check.type = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        check.schema["format"] = "other"  # type: ignore[index]


def test_a_check_is_shown_by_its_function() -> None:
    """In messages and in the hints of a class."""
    assert repr(Check(is_slug, schema={"format": "slug"})) == "Check(is_slug)"
    assert "Checker" in repr(Check(Checker()))


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((5,), {}, r"Check\(5\): give a function"),
        ((is_slug,), {"schema": "slug"}, r"Check\(is_slug\): schema='slug'; give a dict"),
        ((is_slug,), {"type": ""}, r"Check\(is_slug\): type=''; give the name"),
        ((is_slug,), {"type": 5}, r"Check\(is_slug\): type=5; give the name"),
    ],
)
def test_a_mistake_is_told_where_it_is_written(arguments: Any, options: Any, words: str) -> None:
    """When the check is made."""
    with pytest.raises(DeclarationError, match=words):
        Check(*arguments, **options)


def test_the_first_check_that_fails_is_raised() -> None:
    """Those after it may rely on it."""
    checks = (Check(is_slug, type="slug"), Check(Checker()))

    with pytest.raises(InvalidValue, match="Expected a slug") as caught:
        run_checks(checks, "a b")
    assert caught.value.type == "slug"
    assert run_checks(checks[:1], "a") == "a"
