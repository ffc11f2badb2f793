"""The fields of records whose hints are strings."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, NotRequired, Required, TypedDict

import msgspec
from bolt_core.binding.bodies import body_decoders
from bolt_core.binding.body_errors import find_problems, take_apart
from bolt_core.binding.records import record_fields


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


def test_bodies_and_their_problems_agree() -> None:
    """An optional member may be left out though its decimal has a limit; a required one is told with the rest."""
    decode, _ = body_decoders(Film)

    assert decode(b'{"title":"a","length":1}') == {"title": "a", "length": 1}
    found = find_problems(take_apart(Film), {"length": "x", "price": -1})
    assert sorted(loc for loc, *_ in found) == [("length",), ("price",), ("title",)]
