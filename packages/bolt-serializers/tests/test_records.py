"""The fields of records whose hints are strings."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Annotated, Generic, NamedTuple, NotRequired, Required, TypedDict, TypeVar

import msgspec
from bolt_serializers.checks import readable
from bolt_serializers.problems import find_problems, take_apart
from bolt_serializers.records import all_fields, record_fields

T = TypeVar("T")


class Mostly(TypedDict, total=False):
    title: Required[str]
    year: int


class Film(Mostly):
    price: NotRequired[Annotated[Decimal, msgspec.Meta(ge=0)]]
    length: int


def test_what_is_required_is_seen_in_strings() -> None:
    """Python itself does not look into them."""
    assert {field.name: field.required for field in record_fields(Film)} == {
        "title": True,
        "year": False,
        "price": False,
        "length": True,
    }


def test_problems_agree() -> None:
    """An optional member may be left out though its decimal has a limit; a required one is told with the rest."""
    assert msgspec.convert({"title": "a", "length": 1}, readable(Film).type) == {"title": "a", "length": 1}
    found = find_problems(take_apart(Film), {"length": "x", "price": -1})
    assert sorted(loc for loc, *_ in found) == [("length",), ("price",), ("title",)]


@dataclasses.dataclass
class Left(Generic[T]):  # noqa: UP046 - both have one variable
    value: T


@dataclasses.dataclass
class Right(Generic[T]):  # noqa: UP046 - both have one variable
    value: T
    right: list[T]


@dataclasses.dataclass
class Both(Left[int], Right[str]):
    own: int


class Point(NamedTuple):
    x: int
    y: str = ""


def test_the_fields_of_generic_classes_are_those_of_their_arguments() -> None:
    """Of bases too, the first of them before the others."""
    assert [(field.name, field.hint) for field in record_fields(Right[int])] == [("value", int), ("right", list[int])]
    assert {field.name: field.hint for field in record_fields(Both)} == {"value": int, "right": list[str], "own": int}
    assert [field.hint for field in record_fields(Right)] == [T, list[T]]


def test_all_fields_are_those_of_tuples_with_names_as_well() -> None:
    """And of every record besides; nothing of other types."""
    assert [(field.name, field.hint) for field in all_fields(Point)] == [("x", int), ("y", str)]
    assert [field.name for field in all_fields(Right[int])] == ["value", "right"]
    assert list(record_fields(Point)) == list(all_fields(int)) == list(all_fields(tuple[int, ...])) == []
