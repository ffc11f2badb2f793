"""What JSON Schemas say of each type."""

import datetime as dt
import enum
import typing
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType

import pytest
from bolt_serializers import (
    Check,
    Meta,
    UnsetType,
    json_schema,
    types,
)
from bolt_serializers.schema import schemas
from schema_models import Kind, Node, Owner, plain

UserId = NewType("UserId", int)


type Tree = dict[str, Tree] | list[Tree] | int | None


type Pair[T] = tuple[T, T]


type Name = Annotated[str, Meta(min_length=1)]


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Any, {}),
        (object, {}),
        (None, {"type": "null"}),
        (bool, {"type": "boolean"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (str, {"type": "string"}),
        (bytes, {"type": "string", "contentEncoding": "base64"}),
        (dt.datetime, {"type": "string", "format": "date-time"}),
        (Annotated[dt.datetime, Meta(tz=False)], {"type": "string"}),
        (dt.date, {"type": "string", "format": "date"}),
        (dt.time, {"type": "string", "format": "time"}),
        (dt.timedelta, {"type": "string", "format": "duration"}),
        (uuid.UUID, {"type": "string", "format": "uuid"}),
        (Decimal, {"type": "string", "format": "decimal"}),
        (Annotated[Decimal, Meta(ge=0)], {"type": "string", "format": "decimal"}),
        (Literal["a"], {"const": "a", "type": "string"}),
        (Literal["a", 1, None], {"enum": ["a", 1, None], "type": ["string", "integer", "null"]}),
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        (None | int | str, {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}),
        (int | UnsetType, {"type": "integer"}),
        (int | Any, {}),
        (list, {"type": "array"}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (set[int], {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
        (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
        (
            tuple[int, str],
            {"type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [{"type": "integer"}, {"type": "string"}]},
        ),
        (tuple[()], {"type": "array", "minItems": 0, "maxItems": 0}),
        (tuple, {"type": "array"}),
        (typing.Tuple, {"type": "array"}),  # noqa: UP006
        (typing.List[int], {"type": "array", "items": {"type": "integer"}}),  # noqa: UP006
        (dict, {"type": "object"}),
        (dict[str, Any], {"type": "object"}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (dict[int, Any], {"type": "object", "propertyNames": {"pattern": "^-?[0-9]+$"}}),
        (dict[uuid.UUID, Any], {"type": "object", "propertyNames": {"type": "string", "format": "uuid"}}),
        (dict[Literal[1, 2], Any], {"type": "object", "propertyNames": {"enum": ["1", "2"]}}),
        (UserId, {"type": "integer"}),
        (Name, {"type": "string", "minLength": 1}),
        (
            Pair[int],
            {"type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [{"type": "integer"}, {"type": "integer"}]},
        ),
        (
            Annotated[int, Meta(ge=1, lt=9, multiple_of=2, title="T", description="D", examples=[4])],
            {
                "type": "integer", "minimum": 1, "exclusiveMaximum": 9, "multipleOf": 2,
                "title": "T", "description": "D", "examples": [4],
            },
        ),
        (Annotated[list[int], Meta(min_length=1)], {"type": "array", "items": {"type": "integer"}, "minItems": 1}),
        (Annotated[dict[str, Any], Meta(max_length=3)], {"type": "object", "maxProperties": 3}),
        (Annotated[bytes, Meta(max_length=4)], {"type": "string", "contentEncoding": "base64", "maxLength": 8}),
        (
            Annotated[str | None, Meta(max_length=3)],
            {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]},
        ),
        (Annotated[str, Meta(extra_json_schema={"format": "x"})], {"type": "string", "format": "x"}),
        (Annotated[str, Check(print, schema={"format": "y"})], {"type": "string", "format": "y"}),
        (
            Annotated[str | None, Check(print, schema={"format": "y"})],
            {"anyOf": [{"type": "string", "format": "y"}, {"type": "null"}]},
        ),
        (types.Email, {"type": "string", "format": "email", "maxLength": 254}),
        (Annotated[types.IPAddress, Meta(max_length=9)],
         {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}], "maxLength": 9}),
        (Level, {"title": "Level", "enum": [1, 2], "type": "integer"}),
        (Kind, {"title": "Kind", "description": "What it is.", "enum": ["news", "opinion"], "type": "string"}),
    ],
)  # fmt: skip
def test_types(annotation: Any, expected: dict[str, Any]) -> None:
    """What stands for each type."""
    assert plain(annotation) == expected
    assert plain(annotation, mode="output") == expected


def test_tagged_union() -> None:
    """One of them, told apart by the tag."""
    made = plain(Owner)
    union = {
        "oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}],
        "discriminator": {"propertyName": "type", "mapping": {"cat": "#/$defs/Cat", "dog": "#/$defs/Dog"}},
    }
    assert made["properties"]["pet"] == union
    assert made["properties"]["other"] == {"anyOf": [union, {"type": "null"}], "default": None}
    assert made["$defs"]["Cat"]["properties"]["type"] == {"const": "cat"}
    assert made["$defs"]["Cat"]["required"] == ["type", "lives"]


def test_recursion() -> None:
    """What holds itself refers to itself, be it a class or an alias."""
    made = plain(Node, mode="output")
    assert made["$ref"] == "#/$defs/NodeOutput"
    items = made["$defs"]["NodeOutput"]["properties"]["children"]["items"]
    assert items == {"$ref": "#/$defs/NodeOutput"}
    made = plain(Tree)
    assert made["$ref"] == "#/$defs/Tree"
    assert made["$defs"]["Tree"]["anyOf"][0]["additionalProperties"] == {"$ref": "#/$defs/Tree"}


class Pydantic:
    """Of the shape of a pydantic model."""

    __pydantic_core_schema__ = None

    @classmethod
    def model_validate(cls, value: Any) -> Any:
        return value

    @classmethod
    def model_json_schema(cls, *, mode: str, ref_template: str) -> dict[str, Any]:
        address = {"type": "object", "properties": {"city": {"type": "string"}}}
        user = {"properties": {"home": {"$ref": ref_template.format(model="Address")}}, "type": "object"}
        if mode == "serialization":
            user["required"] = ["home"]  # type: ignore[assignment]
        return {**user, "$defs": {"Address": address}}


class Recursive(Pydantic):
    @classmethod
    def model_json_schema(cls, *, mode: str, ref_template: str) -> dict[str, Any]:
        me = {"$ref": ref_template.format(model="Recursive")}
        return {**me, "$defs": {"Recursive": {"type": "object", "properties": {"next": me}}}}


def test_models_of_pydantic() -> None:
    """They say it themselves, and their definitions stand among ours."""
    (first, second, third), components = schemas([(Pydantic, "input"), (Pydantic, "output"), (Recursive, "input")])
    assert first == {"$ref": "#/components/schemas/PydanticInput"}
    assert second == {"$ref": "#/components/schemas/PydanticOutput"}
    assert third == {"$ref": "#/components/schemas/Recursive"}
    assert set(components) == {"PydanticInput", "PydanticOutput", "Address", "Recursive"}
    assert components["Recursive"]["properties"]["next"] == third
    assert components["PydanticInput"]["properties"]["home"] == {"$ref": "#/components/schemas/Address"}


@pytest.mark.parametrize("name", types.__all__)
def test_schemas_of_ready_types_are_schemas(name: str) -> None:
    """Their patterns are regular expressions of ECMA-262, too."""
    jsonschema_rs = pytest.importorskip("jsonschema_rs")
    made = json_schema(getattr(types, name))
    jsonschema_rs.meta.validate(made)
    jsonschema_rs.Draft202012Validator(made)
