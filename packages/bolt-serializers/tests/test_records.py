"""The fields of records whose hints are strings."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, NotRequired, Required, TypedDict

import msgspec
from bolt_serializers.checks import readable
from bolt_serializers.problems import find_problems, take_apart
from bolt_serializers.records import record_fields


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
