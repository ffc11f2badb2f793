"""Limits of decimals at any depth of a type."""

import dataclasses
from decimal import Decimal
from typing import Annotated, Any, Generic, NotRequired, TypedDict, TypeVar

import msgspec
import pytest
from bolt_serializers import checks
from bolt_serializers.checks import readable
from bolt_serializers.records import all_fields
from msgspec import Meta

T = TypeVar("T")
type Price = Annotated[Decimal, Meta(ge=0)]
type Prices = list[Price]
Step = Annotated[Decimal, Meta(gt=0, multiple_of=0.05)]


class Line(msgspec.Struct, rename="camel"):
    unit_price: Annotated[Decimal, Meta(ge=0)]
    step: Step | None = None


class Derived(Line):
    count: int = 1


class Order(msgspec.Struct):
    lines: list[Line]
    name: str = ""


class Tree(msgspec.Struct):
    price: "Price"
    children: "list[Tree]" = []
    best: "Tree | None" = None


class Itself(msgspec.Struct):
    price: Decimal
    children: "list[Itself]" = []


class Row(msgspec.Struct, array_like=True):
    name: str
    price: Price


class Box(msgspec.Struct, Generic[T]):  # noqa: UP046 - what older code has
    price: Price
    value: T


@dataclasses.dataclass
class Data:
    price: Price


class Typed(TypedDict):
    price: Price
    more: NotRequired[Price]


def problems(annotation: Any, text: str) -> list[tuple[Any, ...]]:
    """What is found in a body, and that msgspec's own reading does not find it."""
    taken = readable(annotation)
    assert taken.find is not None
    return [(loc, kind) for loc, _, kind, _ in taken.find(msgspec.json.decode(text, type=taken.type), ())]


@pytest.mark.parametrize(
    ("annotation", "text", "locs"),
    [
        (Price, '"-1"', [()]),
        (Price | None, "null", []),
        (Annotated[Decimal | None, Meta(ge=0)], "-1", [()]),
        (Line, '{"unitPrice": "-0.01"}', [("unitPrice",)]),
        (Line, '{"unitPrice": "-1", "step": "0.07"}', [("unitPrice",), ("step",)]),
        (Line, '{"unitPrice": "0", "step": "0.15"}', []),
        (Derived, '{"unitPrice": "-1"}', [("unitPrice",)]),
        (tuple[Prices, Prices], '[["1"], ["-1"]]', [(1, 0)]),
        (list[Price], '["1", "-1", -2]', [(1,), (2,)]),
        (tuple[int, Price], '[-1, "-1"]', [(1,)]),
        (tuple[Price, ...], '["-1"]', [(0,)]),
        (set[Price], '["-1"]', [(0,)]),
        (dict[str, Price], '{"a": "-1"}', [("a",)]),
        (Price | list[Price] | dict[str, Price], '{"a": -1}', [("a",)]),
        (Order, '{"lines": [{"unitPrice": "1"}, {"unitPrice": "-1"}]}', [("lines", 1, "unitPrice")]),
        (
            Tree,
            '{"price": 1, "children": [{"price": 1, "best": {"price": -1}}]}',
            [("children", 0, "best", "price")],
        ),
        (Row, '["a", "-1"]', [(1,)]),
        (Box[int], '{"price": "-1", "value": -1}', [("price",)]),
        (Box[Price], '{"price": "1", "value": "1"}', []),
        (Data, '{"price": "-1"}', [("price",)]),
        (Typed, '{"price": "1", "more": "-1"}', [("more",)]),
        (Typed, '{"price": "1"}', []),
    ],
)
def test_limits_are_kept_at_any_depth(annotation: Any, text: str, locs: list[Any]) -> None:
    """By the names and indices of the wire."""
    assert [loc for loc, _ in problems(annotation, text)] == locs


def test_a_class_keeps_its_hints() -> None:
    """What others read of it still names the limit; a type without limited decimals is left as it is."""
    readable(Line)

    assert msgspec.structs.fields(Line)[0].type == Annotated[Decimal, Meta(ge=0)]
    assert readable(list[int]).type == list[int]
    assert readable(list[int]).find is None
    assert readable(Itself).find is None


def test_what_else_is_said_of_a_type_stays() -> None:
    """Its own limits, around those of its decimals; and a decimal without limits as a whole."""
    taken = readable(Annotated[list[Price], Meta(max_length=1)])

    assert taken.type == Annotated[list[Decimal], Meta(max_length=1)]
    described = Annotated[Decimal, Meta(title="Price")]
    assert readable(described, finite=True).type is described


def test_a_class_without_limits_is_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many routes name it: start-up reads its hints once, by itself and inside others."""

    class Inner(msgspec.Struct):
        numbers: list[int]

    class Outer(msgspec.Struct):
        inner: Inner | None

    asked: list[Any] = []

    def counted(type_: Any) -> Any:
        asked.append(type_)
        return all_fields(type_)

    readable(Outer)
    monkeypatch.setattr(checks, "all_fields", counted)

    assert [readable(one).find for one in (Outer, Inner, list[Outer], dict[str, Inner])] == [None] * 4
    assert not {Outer, Inner} & set(asked)


def test_a_class_that_cannot_be_read_yet_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it names, once that is there, may bring a limit to it and to all that hold it."""

    class Outer(msgspec.Struct):
        inner: "NotYet"  # type: ignore[name-defined]  # noqa: F821

    class Holder(msgspec.Struct):
        outers: list[Outer]

    assert readable(Holder).find is None
    monkeypatch.setitem(globals(), "NotYet", Line)

    body = '{"outers": [{"inner": {"unitPrice": -1}}]}'
    assert [loc for loc, _ in problems(Holder, body)] == [("outers", 0, "inner", "unitPrice")]


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity"])
def test_no_number_breaks_every_limit(text: str) -> None:
    """It is refused as one, not compared."""
    assert problems(Price, f'"{text}"') == [((), "finite_number")]


class Limit(msgspec.Struct, Generic[T]):  # noqa: UP046 - what older code has
    value: Annotated[T, Meta(ge=0)]


def test_a_generic_class_is_read_by_its_arguments() -> None:
    """Beside one of the same class whose values are no decimals."""

    class Both(msgspec.Struct):
        prices: Box[list[Price]]
        numbers: Box[int]

    body: Any = {"prices": {"price": 1, "value": ["1", -1]}, "numbers": {"price": 1, "value": 5}}

    assert type(msgspec.convert(body, readable(Both).type).numbers.value) is int
    assert problems(Both, msgspec.json.encode(body).decode()) == [(("prices", "value", 1), "greater_than_equal")]


@pytest.mark.parametrize(
    "annotation", [Annotated[Decimal, Meta(max_length=3)], dict[Price, int], Limit[Decimal], Box[Limit[Decimal]]]
)
def test_limits_that_cannot_be_kept_are_left_to_msgspec(annotation: Any) -> None:
    """It refuses them; they are not forgotten."""
    with pytest.raises(TypeError):
        msgspec.json.Decoder(readable(annotation).type)
