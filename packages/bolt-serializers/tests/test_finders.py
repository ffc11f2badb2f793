"""Checks inside of types."""
# mypy: disable-error-code="type-arg"

import collections.abc
import dataclasses
import datetime as dt
import enum
from decimal import Decimal
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Required,
    TypedDict,
    TypeVar,
)

import msgspec
import pytest
from bolt_serializers import Check
from bolt_serializers.checks import readable
from msgspec import UNSET, Meta, UnsetType

T = TypeVar("T")
KINDS = (str, int, float, bool, bytes, list, dict)


def no_x(value: Any) -> None:
    """Breaks where it is given anything but text, as a check for text may."""
    if "x" in value.lower():
        raise ValueError("has an x")


def not_empty(value: Any) -> None:
    if len(value) == 0:
        raise ValueError("is empty")


def no_nine(value: int | Decimal) -> None:
    if value + 0 == 9:
        raise ValueError("is nine")


def untouched(value: Any) -> None:
    raise AssertionError(f"asked about {value!r}")


Text = Annotated[str, Check(no_x, type="x")]
type Named = Text
New = NewType("New", Text)  # type: ignore[valid-newtype]
type Many[A] = dict[int, list[Annotated[A, Check(no_x)]]]
Never = Check(untouched)
Price = Annotated[Decimal, Meta(ge=0), Check(no_nine)]


class Colour(enum.Enum):
    RED = "red"
    AXED = "axed"


class Line(msgspec.Struct, rename="camel"):
    line_text: Text
    other: Text | None = None
    maybe: Text | UnsetType = UNSET
    anything: Annotated[Any, Check(no_x)] = None
    price: Price = Decimal(1)


class Tree(msgspec.Struct):
    text: Text
    children: "list[Annotated[Tree, Check(lambda tree: no_x(tree.text * 2))]]" = []


class Row(msgspec.Struct, array_like=True):
    count: int
    text: Text


class Box(msgspec.Struct, Generic[T]):  # noqa: UP046 - what older code has
    value: T
    more: Annotated[T, Check(not_empty)]


class Boxed(Box[Text]):
    pass


@dataclasses.dataclass
class Data[A]:
    text: Text
    value: A
    values: list[A]


@dataclasses.dataclass
class Inherited[A](Data[Annotated[A, Check(no_x)]]):
    own: A


@dataclasses.dataclass
class Plain(Inherited[Annotated[str, Check(not_empty)]]):
    text: str  # type: ignore[assignment]


class Typed[A](TypedDict):
    text: Required[Text]
    value: NotRequired[A]


class TypedMore(Typed[Text]):
    last: Text


class Pair(NamedTuple):
    count: int
    text: Text = ""


class Fixed(msgspec.Struct):
    text: Final[Text] = ""


class Cat(msgspec.Struct, tag=True):
    name: Text


class Dog(msgspec.Struct, tag=True):
    name: str


def problems(annotation: Any, value: Any) -> list[Any]:
    """Where they are, in what msgspec makes of *value*, which it takes as a value of the type."""
    taken = readable(annotation)
    assert taken.find is not None
    made = msgspec.json.decode(msgspec.json.encode(value), type=taken.type)
    assert made == msgspec.convert(value, taken.type)
    return [loc for loc, *_ in taken.find(made, ())]


@pytest.mark.parametrize(
    ("annotation", "value", "locs"),
    [
        (Text, "ax", [()]),
        (Text, "a", []),
        (Named, "x", [()]),
        (New, "x", [()]),
        (Annotated[Named, Meta(max_length=3)], "x", [()]),
        (Text | None, None, []),
        (Text | None, "x", [()]),
        (Annotated[str | None, Check(no_x)], None, []),
        (Annotated[str | None, Check(no_x)], "x", [()]),
        (list[Text], ["a", "x", "X"], [(1,), (2,)]),
        (set[Text], ["x"], [(0,)]),
        (frozenset[Text], ["x"], [(0,)]),
        (tuple[Text, ...], ["a", "x"], [(1,)]),
        (tuple[int, Text, Text], [1, "x", "a"], [(1,)]),
        *((kind[Text], ["x"], [(0,)]) for kind in (collections.abc.Sequence, collections.abc.Collection)),
        *((kind[Text], ["x"], [(0,)]) for kind in (collections.abc.MutableSequence, collections.abc.Iterable)),
        *((kind[Text], ["x"], [(0,)]) for kind in (collections.abc.Set, collections.abc.MutableSet)),
        (dict[str, Text], {"x": "a", "b": "x"}, [("b",)]),
        (dict[Text, str], {"x": "x", "b": "x"}, [("x",)]),
        (dict[Text, Text], {"x": "x"}, [("x",), ("x",)]),
        (collections.abc.Mapping[Text, int], {"x": 1}, [("x",)]),
        (collections.abc.MutableMapping[str, Text], {"a": "x"}, [("a",)]),
        (dict[str, list[Text]], {"a": ["x"]}, [("a", 0)]),
        (Line, {"lineText": "x"}, [("lineText",)]),
        (Line, {"lineText": "a", "other": "x", "maybe": "x", "anything": "x"}, [("other",), ("maybe",), ("anything",)]),
        (
            Tree,
            {"text": "a", "children": [{"text": "a", "children": [{"text": "x"}]}]},
            [("children", 0, "children", 0, "text")],
        ),
        (Row, [1, "x"], [(1,)]),
        (Pair, [1, "x"], [(1,)]),
        (Fixed, {"text": "x"}, [("text",)]),
        (Box[Text], {"value": "x", "more": ""}, [("value",), ("more",)]),
        (Boxed, {"value": "x", "more": "x"}, [("value",), ("more",)]),
        (Data[Text], {"text": "x", "value": "x", "values": ["x"]}, [("text",), ("value",), ("values", 0)]),
        (Data[int], {"text": "x", "value": 1, "values": [1]}, [("text",)]),
        (
            Inherited[str],
            {"text": "a", "value": "x", "values": ["", "x"], "own": "x"},
            [("value",), ("values", 1)],
        ),
        (Plain, {"text": "x", "value": "x", "values": [""], "own": ""}, [("value",), ("values", 0), ("own",)]),
        (Typed[int], {"text": "x", "value": 1}, [("text",)]),
        (Typed[Text], {"text": "a", "value": "x"}, [("value",)]),
        (Typed[Text], {"text": "a"}, []),
        (TypedMore, {"text": "x", "value": "x", "last": "x"}, [("text",), ("value",), ("last",)]),
        (Many[str], {1: ["x"]}, [("1", 0)]),
        (Cat | Dog, {"type": "Cat", "name": "x"}, [("name",)]),
        (Cat | Dog, {"type": "Dog", "name": "x"}, []),
        (Annotated[list[Text], Check(not_empty)], [], [()]),
        (Annotated[list[Text], Check(not_empty)], ["x"], [(0,)]),
    ],
)
def test_checks_hold_at_any_depth(annotation: Any, value: Any, locs: list[Any]) -> None:
    """By the names and indices of the wire."""
    assert sorted(problems(annotation, value), key=str) == sorted(locs, key=str)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Annotated[int, Never] | bool, True),
        (Annotated[int, Never] | float, 1.5),
        (Annotated[float, Never] | int, 1),
        (Annotated[bool, Never] | int, 1),
        (Annotated[str, Never] | int, 1),
        (Annotated[Literal[1, 2], Never] | bool, True),
        (Annotated[Literal["a"], Never] | list[int], [1]),
        (Annotated[list[int], Never] | dict[str, int], {}),
        (Annotated[collections.abc.Sequence[int], Never] | str, "a"),
        (Annotated[collections.abc.Collection[int], Never] | dict[str, int], {}),
        (Annotated[dict[str, int], Never] | list[int], []),
        (Annotated[collections.abc.Mapping[str, int], Never] | list[int], []),
        (Annotated[Typed[int], Never] | list[int], []),
        (Annotated[Cat, Never] | Dog, {"type": "Dog", "name": "x"}),
        (Annotated[Cat, Never] | None, None),
        (Annotated[Colour, Never] | int, 1),
        (Annotated[int | list[int], Never] | str, "a"),
        (Annotated[dt.date, Never] | bool, False),
        (Annotated[Box[int], Never] | int, 1),
    ],
)
def test_a_check_is_not_asked_about_other_members_of_a_union(annotation: Any, value: Any) -> None:
    """Values that are of another type than the one it belongs to."""
    assert problems(annotation, value) == []


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Annotated[int, Check(no_nine)] | str, 9),
        (Annotated[int | str, Check(no_nine)] | list[int], 9),
        (Annotated[float, Check(no_nine)] | str, 9.0),
        (Annotated[Literal[9, 10], Check(no_nine)] | bool, 9),
        (Annotated[Any, Check(no_nine)], 9),
        (Annotated[object, Check(no_nine)], 9),
        (Annotated[list[int], Check(not_empty)] | dict[str, int], []),
        (Annotated[collections.abc.Sequence[int], Check(not_empty)] | str, []),
        (Annotated[set[int], Check(not_empty)] | str, []),
        (Annotated[dict[str, int], Check(not_empty)] | list[int], {}),
        (Annotated[collections.abc.Mapping[str, int], Check(not_empty)] | list[int], {}),
        (Annotated[Cat, Check(lambda cat: no_x(cat.name + "x"))] | Dog, {"type": "Cat", "name": "a"}),
        (Annotated[Typed[int], Check(lambda typed: no_x(typed["text"] + "x"))] | int, {"text": ""}),
        (Annotated[Colour, Check(lambda colour: no_x(colour.value))] | int, "axed"),
        (Annotated[Data[int], Check(lambda data: not_empty(data.values))], {"text": "", "value": 1, "values": []}),
    ],
)
def test_a_check_is_asked_about_its_own_type(annotation: Any, value: Any) -> None:
    """In a union, too."""
    assert problems(annotation, value) == [()]


def test_attrs_classes_are_looked_into() -> None:
    """Where attrs is installed."""
    attrs = pytest.importorskip("attrs")
    account = attrs.make_class("Account", {"owner": attrs.field(type=Text), "price": attrs.field(type=Price)})

    assert problems(account, {"owner": "x", "price": "-1"}) == [("owner",), ("price",)]


def test_members_that_are_not_there_are_not_asked_about() -> None:
    """What has no value has none that is wrong."""

    class Open(TypedDict):
        value: NotRequired[Annotated[Any, Never]]

    class Unset(msgspec.Struct):
        value: Annotated[Any, Never] | UnsetType = UNSET

    assert problems(Open, {}) == []
    assert problems(Unset, {}) == []


def test_decimals_may_have_limits_and_checks() -> None:
    """A check relies on the limits."""
    prices = list[Price]

    assert problems(prices, ["-1", "9", "1", "Infinity"]) == [(0,), (1,), (3,)]
    assert problems(list[Annotated[Decimal, Check(no_nine)]], ["9", "1"]) == [(0,)]
    assert problems(Line, {"lineText": "a", "price": "9"}) == [("price",)]
    found = list(readable(Price).find(Decimal(9), ()))  # type: ignore[misc]
    assert found == [((), "is nine", "value_error", None)]


def test_limits_beside_limited_decimals_stay() -> None:
    """Of other types, which msgspec holds values against itself."""

    class Both(msgspec.Struct):
        pair: tuple[Annotated[int, Meta(ge=0)], Price]
        box: Box[tuple[Annotated[str, Meta(min_length=2)], Price]]

    for pair, text in (([-1, "1"], "ab"), ([1, "1"], "a")):
        value = {"pair": pair, "box": {"value": [text, 1], "more": ["ab", 1]}}
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(value, readable(Both).type)


def test_types_with_checks_alone_are_left_as_they_are() -> None:
    """msgspec passes over what it does not know."""
    for annotation in (Text, Line | None, list[Text], Box[Text], Named, Many[str], dict[Text, Text]):
        if annotation != Line | None:
            assert readable(annotation).type is annotation
    assert readable(int | None).find is None
    assert readable(list).find is None
    assert readable(Annotated[int, "note"]).find is None


def test_checks_run_from_the_inside_out_until_one_fails() -> None:
    """A later one may rely on the earlier."""
    asked: list[str] = []

    def note(name: str) -> Check:
        def check(value: Any) -> None:
            asked.append(name)
            if value in (name, "all"):
                raise ValueError(name)

        return Check(check, type=name)

    type Inner = Annotated[str, note("a"), note("b")]
    find = readable(Annotated[Inner, note("c")]).find
    assert find is not None

    assert list(find("z", ())) == []
    assert asked == ["a", "b", "c"]
    asked.clear()
    assert list(find("b", ("at",))) == [(("at",), "b", "b", None)]
    assert asked == ["a", "b"]
    assert [kind for _, _, kind, _ in find("all", ())] == ["a"]


def test_other_exceptions_of_a_check_are_left_alone() -> None:
    """They are mistakes of the program's."""
    find = readable(list[Annotated[int, Never]]).find

    assert find is not None
    with pytest.raises(AssertionError, match="asked about 1"):
        list(find([1], ()))


@pytest.mark.parametrize("number", ["NaN", "-Infinity"])
def test_numbers_that_are_none_are_found_where_it_is_asked_for(number: str) -> None:
    """In decimals without limits, as values and as keys; not where nobody asks."""

    class Numbers(msgspec.Struct):
        plain: Decimal
        maybe: Decimal | None = None
        keys: dict[Decimal, int] = {}

    value = {"plain": number, "maybe": number, "keys": {number: 1}}
    taken = readable(list[Numbers], finite=True)
    assert taken.find is not None
    found = list(taken.find(msgspec.convert([value, {"plain": 1}], taken.type), ()))

    assert [(loc, kind) for loc, _, kind, _ in found] == [
        ((0, "plain"), "finite_number"),
        ((0, "maybe"), "finite_number"),
        ((0, "keys", number), "finite_number"),
    ]
    assert readable(Numbers).find is None
    assert readable(Numbers, finite=True).find is not None
    assert readable(Decimal, finite=True).type is Decimal
    assert readable(int, finite=True).find is None
    checked = readable(Annotated[Decimal, Check(no_nine)], finite=True).find
    assert checked is not None
    assert [kind for _, _, kind, _ in checked(Decimal(number), ())] == ["finite_number"]
    assert [kind for _, _, kind, _ in checked(Decimal(9), ())] == ["value_error"]


def test_serializers_are_taken_as_they_are() -> None:
    """Classes that find their own problems: nothing is looked for in them; around them it is."""

    class Own(msgspec.Struct):
        text: Text
        price: Decimal

    Own.__serializer__ = True  # type: ignore[attr-defined]

    class Derived(Own):
        more: Text = ""

    class Holder(msgspec.Struct):
        text: Text
        inner: Own

    value = {"text": "x", "price": 1}

    for annotation in (Own, Derived, list[Own]):
        assert readable(annotation, finite=True).find is None
    assert problems(Holder, {"text": "x", "inner": value}) == [("text",)]
    assert problems(Annotated[Own, Check(lambda one: no_x(one.text))], value) == [()]
