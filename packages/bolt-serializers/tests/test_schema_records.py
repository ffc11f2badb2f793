"""JSON Schemas of classes with fields that are no serializers."""

import dataclasses

import msgspec
import pytest
from bolt_serializers import (
    UNSET,
    DeclarationError,
    UnsetType,
    json_schema,
)
from schema_models import Film, Row, plain


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0
    label: str = dataclasses.field(default="", init=False)


@dataclasses.dataclass
class Box[T]:
    inside: T


class Line(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    unit_price: int
    note: str | UnsetType = UNSET


class Sized(msgspec.Struct, array_like=True):
    width: int
    height: int = 1


def test_other_records() -> None:
    """Dataclasses, TypedDicts, NamedTuples and Structs, which have no read-only fields and yet two modes."""
    assert plain(Point)["required"] == ["x"]
    assert "label" not in plain(Point)["properties"]
    assert "description" not in plain(Point)
    assert plain(Point, mode="output")["required"] == ["x", "y", "label"]
    assert plain(Film) == plain(Film, mode="output")
    assert plain(Film)["required"] == ["title"]
    assert plain(Line)["properties"] == {"unitPrice": {"type": "integer"}, "note": {"type": "string"}}
    assert plain(Line)["additionalProperties"] is False
    assert plain(Line, mode="output")["required"] == ["unitPrice"]
    row = plain(Row)
    assert (row["type"], row["minItems"], row["maxItems"]) == ("array", 1, 2)
    assert row["prefixItems"] == [{"type": "string"}, {"type": "integer", "default": 0}]
    assert plain(Sized)["minItems"] == 1
    assert "maxItems" not in plain(Sized)
    assert plain(Box[int]) == {
        "title": "Box_int",
        "type": "object",
        "properties": {"inside": {"type": "integer"}},
        "required": ["inside"],
    }


def test_attrs() -> None:
    """Classes of attrs, where it is installed."""
    attrs = pytest.importorskip("attrs")

    @attrs.define
    class Color:
        red: int
        names: list[str] = attrs.field(factory=list)
        alpha: float = 1.0

    made = plain(Color)
    assert made["required"] == ["red"]
    assert made["properties"]["names"] == {"type": "array", "items": {"type": "string"}, "default": []}
    assert made["properties"]["alpha"] == {"type": "number", "default": 1.0}


def test_what_does_not_resolve() -> None:
    """A struct that names what does not exist is an error that says which."""

    class Broken(msgspec.Struct):
        other: "Nowhere"  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(
        DeclarationError, match=r"Broken: a type in it cannot be resolved \(.*Nowhere.*import or define"
    ):
        json_schema(Broken)
