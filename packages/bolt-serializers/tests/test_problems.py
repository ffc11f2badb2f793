"""Every problem of a refused body."""

import dataclasses
import enum
from decimal import Decimal
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec
import pytest
from bolt_serializers import Check
from bolt_serializers.invalid import MOST
from bolt_serializers.problems import MOST_VALUES, find_problems, take_apart


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


class Closed(msgspec.Struct, forbid_unknown_fields=True):
    name: str = ""


class Cat(msgspec.Struct, tag="cat", tag_field="kind"):
    lives: int


class Dog(msgspec.Struct, tag="dog", tag_field="kind", forbid_unknown_fields=True):
    legs: int


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Painted(msgspec.Struct):
    colour: Colour
    size: Literal["s", "m", None] = None


def problems(annotation: Any, value: Any) -> list[tuple[Any, ...]]:
    return list(find_problems(take_apart(annotation), value))


def test_a_right_value_has_no_problems() -> None:
    """Nothing is reported where nothing is wrong."""
    assert problems(Person, {"firstName": "a", "age": 1}) == []


def test_every_unknown_member_is_told() -> None:
    """Of a record that takes no others; the tag is none of them."""
    assert problems(Closed, {"name": "a", "x": 1, "y": 2}) == [
        (("x",), "Unexpected field", "unexpected", None),
        (("y",), "Unexpected field", "unexpected", None),
    ]
    assert problems(Dog, {"kind": "dog", "legs": 4}) == []


def test_an_object_of_a_union_is_known_by_its_tag() -> None:
    """Each is held against its own class, one without a known tag against the union."""
    value = [{"kind": "cat", "lives": "x"}, {"kind": "dog", "legs": 4, "x": 1}, {"kind": "fish"}, {}, {"kind": []}]
    found = problems(list[Cat | Dog], value)

    assert [(loc, kind) for loc, _, kind, _ in found] == [
        ((0, "lives"), "type_error"),
        ((1, "x"), "unexpected"),
        ((2, "kind"), "enum"),
        ((3, "kind"), "missing"),
        ((4, "kind"), "type_error"),
    ]


def test_choices_are_listed() -> None:
    """Of an enum and of a literal; what was sent is not repeated."""
    assert problems(Painted, {"colour": "mauve", "size": "xxl"}) == [
        (("colour",), "Expected one of: red, blue", "enum", {"expected": ["red", "blue"]}),
        (("size",), "Expected one of: s, m, None", "enum", {"expected": ["s", "m", None]}),
    ]


def test_no_more_than_a_hundred_problems_are_listed() -> None:
    """Wherever they are."""
    assert len(problems(list[int], ["x"] * 1000)) == MOST
    assert len(problems(dict[str, int], {str(number): "x" for number in range(1000)})) == MOST
    assert len(problems(Closed, {str(number): "x" for number in range(1000)})) == MOST


def test_every_problem_is_found_with_its_place() -> None:
    """Missing fields, wrong types and broken limits, at any depth, by the names of JSON."""
    value = {
        "age": -1,
        "addresses": [{"street": 5}, {"street": "a", "number": 1}, "x"],
        "scores": {"a": 1, "b": "c"},
        "home": {"street": "a"},
    }

    assert problems(Person, value) == [
        (("firstName",), "Field required", "missing", None),
        (("age",), "Must be at least 0", "greater_than_equal", {"ge": 0}),
        (("addresses", 0, "street"), "Expected `str`, got `int`", "type_error", None),
        (("addresses", 0, "number"), "Field required", "missing", None),
        (("addresses", 2), "Expected `object`, got `str`", "type_error", None),
        (("scores", "b"), "Expected `int`, got `str`", "type_error", None),
        (("home", "number"), "Field required", "missing", None),
    ]


@pytest.mark.parametrize("plain", [str, int, float, bool, str | None, int | None, float | None, bool | None])
def test_a_plain_value_of_another_class_is_told_in_msgspec_s_words(plain: Any) -> None:
    """Each time anew, also where values of a class are sometimes right and sometimes wrong."""
    values = ["a", "1", True, 1, 2**70, 1.0, 1.5, None, {}, {"a": 1}, [], [1]]
    expected = {}
    for index, value in enumerate(values):
        try:
            msgspec.convert(value, plain)
        except msgspec.ValidationError as error:
            expected[(index,)] = str(error)

    piece = take_apart(list[plain])
    for _ in range(2):
        assert {place: message for place, message, *_ in find_problems(piece, values)} == expected


def test_a_limit_of_integers_is_told_as_declared() -> None:
    """`gt=0`, where msgspec would say at least 1."""
    annotation = dict[str, Annotated[int, msgspec.Meta(gt=0, lt=9)]]

    assert problems(annotation, {"a": 0, "b": 9, "c": 1}) == [
        (("a",), "Must be greater than 0", "greater_than", {"gt": 0}),
        (("b",), "Must be less than 9", "less_than", {"lt": 9}),
    ]


def test_the_tags_of_a_union_are_choices() -> None:
    """A value that is none of them is told which there are."""

    class Cat(msgspec.Struct, tag="cat"):
        lives: int

    class Dog(msgspec.Struct, tag="dog"):
        age: int

    assert problems(Cat | Dog, {"type": "cow"}) == [
        (("type",), "Expected one of: cat, dog", "enum", {"expected": ["cat", "dog"]})
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
        (dict[int, int], {"a": 1}, [("a",)]),
        (dict[int, int], {"a": 1, "2": "x", "3": 3}, [("a",), ("2",)]),
        (Node, {"value": "a", "children": [{"value": "b"}]}, [("value",), ("children", 0, "value")]),
        (Person, [], [()]),
    ],
)
def test_problems_are_placed_in_every_kind_of_type(annotation: Any, value: Any, places: list[Any]) -> None:
    """Records, lists, dicts and types that hold themselves."""
    assert [place for place, *_ in problems(annotation, value)] == places


def test_a_types_own_check_is_told_where_nothing_else_is_wrong() -> None:
    """What `__post_init__` raises becomes a problem of the whole record."""

    class Range(msgspec.Struct):
        low: int
        high: int

        def __post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError("low must not exceed high")

    assert problems(Range, {"low": 2, "high": 1}) == [((), "low must not exceed high", "value_error", None)]


def test_a_large_body_is_not_searched_to_its_end() -> None:
    """Its sender must not make us work for seconds."""
    value: list[Any] = [0] * MOST_VALUES + ["x"]

    assert problems(list[int], value) == []
    assert problems(list[int], ["y", *value]) == [((0,), "Expected `int`, got `str`", "type_error", None)]


def test_a_deep_body_is_not_searched_to_its_ground() -> None:
    """The deepest level looked at tells what is below it, by msgspec's own path."""
    value: dict[str, Any] = {"value": "wrong"}
    for _ in range(20):
        value = {"value": 1, "children": [value]}
    ((place, _, kind, _),) = problems(Node, value)

    assert kind == "type_error"
    assert place == ("children", 0) * 20 + ("value",)


def no_x(value: str) -> None:
    if "x" in value:
        raise ValueError("has an x")


Text = Annotated[str, Check(no_x, type="x")]


class Crow(msgspec.Struct, tag="crow", tag_field="kind"):
    name: Text


class Named(msgspec.Struct):
    name: Text
    count: int = 0
    tags: list[Text] = []
    notes: dict[Text, Text] = {}
    bird: Annotated[Crow, Check(lambda crow: no_x(crow.name.lower()))] | Cat | None = None


def test_checks_are_told_with_all_that_is_wrong_besides() -> None:
    """At any depth, by their own types of error; where msgspec refuses a value, its checks have nothing to look at."""
    value = {
        "name": "x",
        "count": "a",
        "tags": ["a", "x", 5],
        "notes": {"a": "x", "x": "a", "b": 5},
        "bird": {"kind": "crow", "name": "X"},
    }

    assert [(loc, kind) for loc, _, kind, _ in problems(Named, value)] == [
        (("name",), "x"),
        (("count",), "type_error"),
        (("tags", 1), "x"),
        (("tags", 2), "type_error"),
        (("notes", "a"), "x"),
        (("notes", "x"), "x"),
        (("notes", "b"), "type_error"),
        (("bird",), "value_error"),
    ]


def test_members_of_a_union_may_have_checks() -> None:
    """They are still known by their tags."""
    found = problems(list[Annotated[Crow, Check(no_x)] | Cat], [{"kind": "crow", "name": 5}, {"kind": "cow"}])

    assert [loc for loc, *_ in found] == [(0, "name"), (1, "kind")]
    assert found[1][3] == {"expected": ["crow", "cat"]}


@pytest.mark.parametrize("value", [{"sNaN": 1}, {"1": "a", "sNaN": 1}])
def test_a_key_that_python_cannot_hold_is_told(value: Any) -> None:
    """It is no finite number."""
    assert (("sNaN",), "finite_number") in [(loc, kind) for loc, _, kind, _ in problems(dict[Decimal, int], value)]
