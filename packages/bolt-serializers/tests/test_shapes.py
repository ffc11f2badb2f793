"""What types are made of."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from bolt_serializers.shapes import contains, custom_type, parts, type_info
from msgspec import inspect as spec


class Plain:
    pass


class Tree(msgspec.Struct):
    prices: dict[str, Annotated[Decimal, msgspec.Meta(ge=0)]]
    children: list["Tree"] = []


@pytest.mark.parametrize(
    ("annotation", "kind", "inside"),
    [
        (Tree, spec.DecimalType, True),
        (Tree, spec.FloatType, False),
        (tuple[int, float], spec.FloatType, True),
        (set[float] | None, spec.FloatType, True),
        (dict[float, int], spec.FloatType, True),
        (Annotated[float, msgspec.Meta(title="x")], spec.FloatType, True),
    ],
)
def test_a_type_is_searched_at_any_depth(annotation: Any, kind: Any, inside: bool) -> None:
    """Also one that holds itself, and decimals with limits."""
    assert contains(type_info(annotation), kind) is inside


def test_each_part_comes_once() -> None:
    """However often it is named."""
    nodes = list(parts(type_info(Tree)))

    assert sum(isinstance(node, spec.StructType) for node in nodes) == 1


def test_what_json_cannot_hold_is_named() -> None:
    """By its class."""
    assert custom_type(list[Plain]) == "Plain"
    assert custom_type(list[int]) is None
    with pytest.raises(TypeError, match="max_length"):
        type_info(Annotated[Decimal, msgspec.Meta(max_length=3)])
