"""Numbers that are none."""

import math
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from bolt_serializers.finite import find_infinite
from bolt_serializers.invalid import MOST


class Row(msgspec.Struct, rename="camel"):
    unit_price: Decimal


@pytest.mark.parametrize(
    ("value", "locs"),
    [
        (math.nan, [()]),
        (Decimal("sNaN"), [()]),
        (Decimal("1e400"), []),
        ("NaN", []),
        ({"a": [1.0, math.inf, -math.inf]}, [("a", 1), ("a", 2)]),
        ({Decimal("NaN"): 1}, [("NaN",)]),
        ([Row(Decimal("NaN")), Row(Decimal(1))], [(0, "unitPrice")]),
        ((1, {math.inf}), [(1, 0)]),
    ],
)
def test_every_number_that_is_none_is_found(value: Any, locs: list[Any]) -> None:
    """In attributes, items, keys and values, by the names of the wire."""
    told = ("Expected a finite number", "finite_number", None)

    assert find_infinite(value) == [(loc, *told) for loc in locs]


def test_not_all_of_a_million_are_listed() -> None:
    """Its sender must not make us list them."""
    assert len(find_infinite([math.nan] * (MOST + 5))) == MOST
