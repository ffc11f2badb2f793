"""Every problem of a refused body."""

import dataclasses
from typing import Annotated, Any, NotRequired, TypedDict

import msgspec
import pytest
from bolt_core.binding.body_errors import MOST_VALUES, find_problems, parse_message, take_apart


class Address(msgspec.Struct):
    street: str
    number: int


class Person(msgspec.Struct, rename="camel"):
    first_name: str
    age: Annotated[int, msgspec.Meta(ge=0)]
    addresses: list[Address] = []
    scores: dict[str, int] = {}
    home: Address | None = None


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Node(msgspec.Struct):
    value: int
    children: list["Node"] = []


def problems(annotation: Any, value: Any) -> list[tuple[Any, ...]]:
    return list(find_problems(take_apart(annotation), value))


def test_a_right_value_has_no_problems() -> None:
    """Nothing is reported where nothing is wrong."""
    assert problems(Person, {"firstName": "a", "age": 1}) == []


def test_every_problem_is_found_with_its_place() -> None:
    """Missing fields, wrong types and broken limits, at any depth, by the names of JSON."""
    value = {
        "age": -1,
        "addresses": [{"street": 5}, {"street": "a", "number": 1}, "x"],
        "scores": {"a": 1, "b": "c"},
        "home": {"street": "a"},
    }

    assert problems(Person, value) == [
        (("firstName",), "Field required", "missing"),
        (("age",), "Expected `int` >= 0", "value_error"),
        (("addresses", 0, "street"), "Expected `str`, got `int`", "type_error"),
        (("addresses", 0, "number"), "Field required", "missing"),
        (("addresses", 2), "Expected `object`, got `str`", "type_error"),
        (("scores", "b"), "Expected `int`, got `str`", "type_error"),
        (("home", "number"), "Field required", "missing"),
    ]


@pytest.mark.parametrize(
    ("annotation", "value", "places"),
    [
        (Point, {"x": "a", "y": "b"}, [("x",), ("y",)]),
        (Point, {}, [("x",)]),
        (Movie, {"year": "x"}, [("title",), ("year",)]),
        (list[Point], [{"x": 1}, {}], [(1, "x")]),
        (tuple[Point, ...], [{}, {}], [(0, "x"), (1, "x")]),
        (dict[int, Point], {"1": {}}, [("1", "x")]),
        (dict[int, int], {"a": 1}, [()]),
        (Node, {"value": "a", "children": [{"value": "b"}]}, [("value",), ("children", 0, "value")]),
        (Person, [], [()]),
    ],
)
def test_problems_are_placed_in_every_kind_of_type(annotation: Any, value: Any, places: list[Any]) -> None:
    """Records, lists, dicts and types that hold themselves."""
    assert [place for place, _, _ in problems(annotation, value)] == places


def test_a_types_own_check_is_told_where_nothing_else_is_wrong() -> None:
    """What `__post_init__` raises becomes a problem of the whole record."""

    class Range(msgspec.Struct):
        low: int
        high: int

        def __post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError("low must not exceed high")

    assert problems(Range, {"low": 2, "high": 1}) == [((), "low must not exceed high", "value_error")]


def test_a_large_body_is_not_searched_to_its_end() -> None:
    """Its sender must not make us work for seconds."""
    value: list[Any] = [0] * MOST_VALUES + ["x"]

    assert problems(list[int], value) == []
    assert problems(list[int], ["y", *value]) == [((0,), "Expected `int`, got `str`", "type_error")]


def test_a_deep_body_is_not_searched_to_its_ground() -> None:
    """The deepest level looked at tells what is below it, by msgspec's own path."""
    value: dict[str, Any] = {"value": "wrong"}
    for _ in range(20):
        value = {"value": 1, "children": [value]}
    ((place, _, kind),) = problems(Node, value)

    assert kind == "type_error"
    assert place == ("children", 0) * 20 + ("value",)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("Expected `int`, got `str` - at `$.x[0].y`", (("x", 0, "y"), "Expected `int`, got `str`", "type_error")),
        ("Expected `int` >= 6 - at `$[...]`", (("...",), "Expected `int` >= 6", "value_error")),
        ("Expected `int`, got `str` - at `key` in `$.a`", (("a",), "Expected `int`, got `str`", "type_error")),
        ("Object missing required field `x` - at `$.a`", (("a", "x"), "Field required", "missing")),
        ("Object missing required field `x`", (("x",), "Field required", "missing")),
        ("plain words", ((), "plain words", "value_error")),
    ],
)
def test_a_message_of_msgspec_is_taken_apart(message: str, found: tuple[Any, ...]) -> None:
    """Path, text and type."""
    assert parse_message(message) == found
