"""From instances to dicts and JSON."""

import datetime as dt
import json
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from bolt_serializers import UNSET, Serializer, UnsetType, field


class Inner(Serializer, rename="camel"):
    the_name: str | None = None
    n: int = 1


class Outer(Serializer, rename="camel"):
    the_inner: Inner
    all_of: list[Inner] = []
    by: dict[str, Inner] = {}
    day: dt.date = dt.date(2020, 1, 1)
    price: Decimal = Decimal("1.50")
    left: int | UnsetType = UNSET
    tags: set[str] = field(default_factory=set)


def test_to_dict_is_deep_and_copies():
    """`to_dict` makes dicts of nested records and new lists, by Python names."""
    numbers = [[1]]

    class Made(Serializer):
        lists: list[list[int]]
        inner: Inner

    made = Made(numbers, Inner("a"))
    given = made.to_dict()
    assert given == {"lists": [[1]], "inner": {"the_name": "a", "n": 1}}
    given["lists"][0].append(2)
    assert made.lists == [[1]]


def test_dump_options_hold_at_depth():
    """Options of dump hold for nested instances, too."""
    made = Outer(Inner(), [Inner("a", 2)], {"k": Inner(n=3)})
    assert made.dump(exclude_none=True)["the_inner"] == {"n": 1}
    assert made.dump(exclude_defaults=True) == {
        "the_inner": {},
        "all_of": [{"the_name": "a", "n": 2}],
        "by": {"k": {"n": 3}},
    }
    assert made.dump(by_alias=True)["theInner"] == {"theName": None, "n": 1}
    assert "left" not in made.dump()
    assert made.dump(json=True)["day"] == "2020-01-01"
    assert made.dump(json=True)["price"] == "1.50"
    assert made.dump()["day"] == dt.date(2020, 1, 1)


def test_dump_many():
    """`dump_many` dumps each, with the same options."""
    assert Inner.dump_many([Inner("a"), Inner()], exclude_none=True) == [{"the_name": "a", "n": 1}, {"n": 1}]


def test_json_by_alias():
    """JSON has the names of JSON and lists for sets."""
    assert Inner("a").to_json() == b'{"theName":"a","n":1}'
    assert b'"tags":["x"]' in Outer(Inner(), tags={"x"}).to_json()


def test_instances_that_hold_themselves():
    """A cyclic instance cannot be written and says so."""

    class Node(Serializer):
        other: Any = None

    node = Node()
    node.other = [node]
    for write in (node.to_json, node.to_dict, node.dump):
        with pytest.raises(ValueError, match=r"Node.*holds itself"):
            write()


def test_fields_set():
    """`fields_set` has the names of what has a value."""

    class Draft(Serializer):
        a: int | UnsetType = UNSET
        b: int = 1

    assert Draft().fields_set == {"b"}
    assert Draft(1).fields_set == {"a", "b"}
    assert Draft().dump(exclude_unset=True) == {"b": 1}


def test_a_to_dict_of_the_author_s_own_is_used_wherever_the_class_stands():
    """It is called for nested instances, in projections, and from a derived class through super()."""

    class Point(Serializer):
        x: int
        y: int = 0

        def to_dict(self) -> dict[str, Any]:
            return {**super().to_dict(), "own": True}

    class Deep(Point):
        z: int = 0

    class Line(Serializer):
        start: Point
        ends: list[Point] = []

    own = {"x": 1, "y": 0, "own": True}
    assert Line(Point(1), [Point(1)]).to_dict() == {"start": own, "ends": [own]}
    assert Deep(1).to_dict() == {**own, "z": 0}
    assert Point.only("x")(1).to_dict() == {"x": 1, "own": True}


class Point(msgspec.Struct, tag="point", rename="camel"):
    x_at: int = 0
    more: list[int] = []


class Size(msgspec.Struct, array_like=True, tag="size"):
    n: int = 1


class Short(msgspec.Struct, omit_defaults=True):
    n: int = 1


@dataclass
class Label:
    text: str = ""
    lines: list[str] = dataclass_field(default_factory=list)


class Drawing(Serializer):
    at: Point
    size: Size = field(default_factory=Size)
    short: Short = field(default_factory=Short)
    label: Label = field(default_factory=Label)


def test_dump_of_other_records_is_what_leaves():
    """Tags, arrays and left-out defaults of plain Structs are those of JSON."""
    for made in (Drawing(Point()), Drawing(Point(3, [1]), Size(2), Short(2), Label("a"))):
        assert made.dump(by_alias=True) == json.loads(made.to_json())
    assert Drawing(Point(3)).dump()["at"] == {"type": "point", "x_at": 3, "more": []}


def test_defaults_are_left_out_at_any_depth():
    """Those of plain Structs and dataclasses as well."""
    made = Drawing(Point(3), Size(2), Short(2), Label(lines=["a"])).dump(exclude_defaults=True)
    assert made == {
        "at": {"type": "point", "x_at": 3},
        "size": ["size", 2],
        "short": {"n": 2},
        "label": {"lines": ["a"]},
    }


def test_dump_omits_defaults_where_the_class_does():
    """What `to_json` leaves out for the class's `omit_defaults` is not in `dump` either."""

    class Made(Serializer, omit_defaults=True):
        a: int = 1
        b: list[int] = []

    for made in (Made(), Made(2), Made(b=[1])):
        assert made.dump() == json.loads(made.to_json())


def test_a_serializer_called_as_an_immutable_type():
    """`to_dict` goes by classes, not by their names."""
    named = type(Serializer)("date", (Serializer,), {"__annotations__": {"n": int}})
    holder = type(Serializer)("Holder", (Serializer,), {"__annotations__": {"day": named}})
    assert holder(named(1)).to_dict() == {"day": {"n": 1}}
