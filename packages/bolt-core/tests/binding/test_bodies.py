"""Decoders of bodies."""
# mypy: disable-error-code="type-arg"

import dataclasses
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict

import msgspec
import pytest
from bolt_core.binding.bodies import body_decoders
from bolt_core.binding.serializers import InvalidBody
from bolt_core.binding.shapes import is_body
from bolt_core.markers import Constraints


class Item(msgspec.Struct):
    name: str
    price: Decimal = Decimal(0)


@dataclasses.dataclass
class Point:
    x: int
    y: int


class Movie(TypedDict):
    title: str


class Pair(NamedTuple):
    left: int
    right: int


class Cat(msgspec.Struct, tag="cat"):
    name: str


class Dog(msgspec.Struct, tag="dog"):
    name: str


class Page[T](msgspec.Struct):
    items: list[T]


@pytest.mark.parametrize(
    ("annotation", "data", "value"),
    [
        (Item, b'{"name":"a","price":"1.5"}', Item("a", Decimal("1.5"))),
        (Point, b'{"x":1,"y":2}', Point(1, 2)),
        (Movie, b'{"title":"a","more":1}', {"title": "a"}),
        (Pair, b"[1,2]", Pair(1, 2)),
        (list[Item], b'[{"name":"a"}]', [Item("a")]),
        (dict[str, Point], b'{"a":{"x":1,"y":2}}', {"a": Point(1, 2)}),
        (dict, b'{"a":1}', {"a": 1}),
        (Cat | Dog, b'{"type":"dog","name":"a"}', Dog("a")),
        (Page[Item], b'{"items":[{"name":"a"}]}', Page([Item("a")])),
        (Item | None, b"null", None),
        (int, b"5", 5),
    ],
)
def test_json_becomes_the_annotated_type(annotation: Any, data: bytes, value: Any) -> None:
    """For every kind of type that a body may have."""
    from_json, _ = body_decoders(annotation)

    assert from_json(data) == value


def test_attrs_classes_are_bodies() -> None:
    """Where attrs is installed."""
    attrs = pytest.importorskip("attrs")
    account = attrs.make_class("Account", {"balance": attrs.field(type=Decimal)})
    from_json, _ = body_decoders(account)

    assert is_body(account)
    assert from_json(b'{"balance":"1.5"}').balance == Decimal("1.5")
    with pytest.raises(msgspec.ValidationError, match="finite number"):
        from_json(b'{"balance":"NaN"}')


@pytest.mark.parametrize("annotation", [Item, Point, Movie, dict, list[Item]])
def test_messagepack_becomes_the_same(annotation: Any) -> None:
    """Both decoders read the same values."""
    value: Any = {"name": "a", "x": 1, "y": 2, "title": "t"}
    value = [value] if annotation == list[Item] else value
    from_json, from_msgpack = body_decoders(annotation)

    assert from_msgpack(msgspec.msgpack.encode(value)) == from_json(msgspec.json.encode(value))


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-inf", "sNaN"])
def test_a_decimal_of_a_body_is_finite(text: str) -> None:
    """msgspec alone would read NaN from a string."""
    from_json, from_msgpack = body_decoders(Item)

    with pytest.raises(InvalidBody, match="finite number") as caught:
        from_json(msgspec.json.encode({"name": "a", "price": text}))
    assert caught.value.found == [(("price",), "Expected a finite number", "finite_number", None)]
    with pytest.raises(msgspec.ValidationError, match="finite number"):
        from_msgpack(msgspec.msgpack.encode({"name": "a", "price": text}))


@pytest.mark.parametrize("annotation", [dict, list[dict], dict[str, float], dict[str, Any]])
def test_a_float_of_messagepack_is_finite(annotation: Any) -> None:
    """MessagePack can carry NaN, JSON cannot."""
    value: Any = {"a": float("nan")}
    _, from_msgpack = body_decoders(annotation)

    with pytest.raises(msgspec.ValidationError, match="finite number"):
        from_msgpack(msgspec.msgpack.encode([value] if annotation == list[dict] else value))


def test_a_decimal_may_exceed_every_float() -> None:
    """1E+400 is finite, though no float holds it."""
    from_json, _ = body_decoders(Item)

    assert from_json(b'{"name":"a","price":"1e400"}').price == Decimal("1e400")


def test_finite_numbers_are_looked_for_everywhere() -> None:
    """In attributes, items, keys and values."""

    @dataclasses.dataclass
    class Deep:
        rows: list[dict[Decimal, tuple[Decimal, ...]]]

    from_json, _ = body_decoders(Deep)

    assert from_json(b'{"rows":[{"1":["2"]}]}') == Deep([{Decimal(1): (Decimal(2),)}])
    for data in (b'{"rows":[{"NaN":[]}]}', b'{"rows":[{"sNaN":[]}]}', b'{"rows":[{"1":["NaN"]}]}'):
        with pytest.raises(msgspec.ValidationError):
            from_json(data)


def test_all_that_is_not_finite_is_told_by_the_names_of_the_wire() -> None:
    """Not by those that fields have in Python."""

    class Row(msgspec.Struct, rename="camel"):
        unit_price: Decimal

    from_json, from_msgpack = body_decoders(dict[str, list[Row]])
    body = {"a": [{"unitPrice": "1"}, {"unitPrice": "NaN"}, {"unitPrice": "Infinity"}]}

    for decode, data in ((from_json, msgspec.json.encode(body)), (from_msgpack, msgspec.msgpack.encode(body))):
        with pytest.raises(InvalidBody) as caught:
            decode(data)
        assert [loc for loc, *_ in caught.value.found] == [("a", 1, "unitPrice"), ("a", 2, "unitPrice")]


def test_a_limit_of_the_whole_body_is_a_matter_of_validation() -> None:
    """422, where what is no JSON is 400."""
    for decode, data in zip(
        body_decoders(list[int], Constraints(max_length=1).check), (b"[1,2]", b"\x92\x01\x02"), strict=True
    ):
        with pytest.raises(msgspec.ValidationError, match="length of at most 1"):
            decode(data)


def test_a_type_that_json_cannot_express_is_refused() -> None:
    """At registration, naming the type."""

    class Plain:
        pass

    class Holder(msgspec.Struct):
        plain: Plain

    with pytest.raises(TypeError, match="Plain"):
        body_decoders(Holder)


def test_structs_that_cannot_be_told_apart_are_refused() -> None:
    """msgspec says that they need tags."""

    class One(msgspec.Struct):
        a: int

    class Two(msgspec.Struct):
        b: int

    with pytest.raises(TypeError, match="tag"):
        body_decoders(One | Two)


@pytest.mark.parametrize(
    "annotation",
    [
        Item,
        Point,
        Movie,
        Pair,
        Page[Item],
        list[Item],
        dict,
        dict[str, int],
        Cat | Dog,
        Item | None,
        list[dict],
        set[Pair],
    ],
)
def test_bodies_are_recognised(annotation: Any) -> None:
    """Without a marker."""
    assert is_body(annotation)


@pytest.mark.parametrize(
    "annotation", [int, list[int], str | None, list, tuple[int, str], list[int] | None, object, Any]
)
def test_other_types_are_no_bodies(annotation: Any) -> None:
    """A list of scalars belongs to the query."""
    assert not is_body(annotation)
