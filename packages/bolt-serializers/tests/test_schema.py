"""JSON Schemas of both modes, and that data which fits them fits the serializer."""

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

import msgspec
import pytest
from bolt_serializers import (
    Meta,
    Partial,
    Serializer,
    ValidationError,
    field,
    json_schema,
    types,
)
from schema_models import Article, Author, Cat, Dog, Film, Kind, Node, Owner, Page, Row, plain


def test_input() -> None:
    """What is read-only or computed is not there; what has a default need not be."""
    made = plain(Article)
    assert list(made["properties"]) == ["title", "author", "secret", "internal", "kind", "tags", "published"]
    assert made["required"] == ["title", "author", "secret"]
    assert made["description"] == "What is published."
    assert made["properties"]["secret"] == {"type": "string", "writeOnly": True}
    assert made["properties"]["kind"] == {"$ref": "#/$defs/Kind", "default": "news"}
    assert made["properties"]["tags"]["default"] == []
    assert made["properties"]["published"]["default"] is None
    assert set(made["$defs"]) == {"Author", "Kind"}


def test_output() -> None:
    """What is write-only is not there; what is always written is required, which what is read-only is not."""
    made = plain(Article, mode="output")
    assert list(made["properties"]) == ["id", "title", "author", "kind", "tags", "published", "slug"]
    assert made["required"] == ["title", "author", "kind", "tags", "published", "slug"]
    assert made["properties"]["id"] == {"type": "integer", "readOnly": True}
    assert made["properties"]["slug"] == {"type": "string", "readOnly": True}
    assert Article.json_schema("output") == json_schema(Article, mode="output")


def test_ref_template() -> None:
    """References are written as asked for."""
    made = plain(list[Node], ref_template="https://example.org/{name}.json")
    assert made["items"] == {"$ref": "https://example.org/NodeInput.json"}


def test_unknown_mode() -> None:
    """There are two."""
    with pytest.raises(ValueError, match="mode='both': give 'input' or 'output'"):
        json_schema(int, mode="both")  # type: ignore[arg-type]


def test_field_options() -> None:
    """What `field()` says comes after what the type says; names are those of JSON."""

    class Sign(Serializer, rename="camel", forbid_unknown_fields=True):
        main_text: Annotated[str, Meta(description="type's")] = field(
            title="Text", description="field's", examples=["Hi"], deprecated=True
        )
        day: dt.date = field(alias="the-day", default=dt.date(2020, 1, 2), examples=[dt.date(2020, 1, 1)])

    made = plain(Sign)
    assert made["properties"] == {
        "mainText": {
            "type": "string", "title": "Text", "description": "field's", "examples": ["Hi"], "deprecated": True,
        },
        "the-day": {"type": "string", "format": "date", "examples": ["2020-01-01"], "default": "2020-01-02"},
    }  # fmt: skip
    assert made["additionalProperties"] is False
    assert "description" not in made


def test_derived_classes() -> None:
    """Projections and partial classes have names and schemas of their own."""
    assert plain(Article.only("title"), mode="output")["required"] == ["title"]
    part = plain(Partial[Author])
    assert part["properties"] == {"name": {"type": "string"}}
    assert "required" not in part
    assert part["title"] == "PartialAuthor"


def test_omitted_defaults_are_not_required() -> None:
    """Where what equals its default is not written."""

    class Sparse(Serializer, omit_defaults=True):
        a: int
        b: int = 0

    assert plain(Sparse, mode="output")["required"] == ["a"]


class Everything(Serializer, forbid_unknown_fields=True):
    name: types.NonEmptyStr
    email: types.Email | None = None
    age: Annotated[int, Meta(ge=0, le=150)] = 0
    color: types.HexColor = "#fff"
    slug: types.Slug = "a"
    page: types.HttpUrl | None = None
    address: types.IPAddress | None = None
    kind: Kind = Kind.NEWS
    mode: Literal["a", "b"] = "a"
    pets: list[Cat | Dog] = []
    pair: tuple[int, str] | None = None
    scores: dict[int, float] = {}
    rows: list[Row] = []
    films: list[Film] = []
    tree: Node | None = None
    token: bytes = b""
    key: uuid.UUID | None = None
    day: dt.date | None = None


CASES: list[tuple[Any, dict[str, Any], list[dict[str, Any]]]] = [
    (
        Everything,
        {
            "name": "Ann", "email": "a@b.co", "age": 3, "color": "#00ff00", "slug": "a-b", "page": "https://a.b/c",
            "address": "::1", "kind": "opinion", "mode": "b", "pets": [{"type": "cat", "lives": 9}],
            "pair": [1, "x"], "scores": {"-1": 0.5}, "rows": [["a"], ["b", 2]], "films": [{"title": "F"}],
            "tree": {"value": 1, "children": [{"value": 2}]}, "token": "YWJj",
            "key": "12345678-1234-5678-1234-567812345678", "day": "2020-02-29",
        },
        [
            {"name": ""}, {"name": " "}, {"name": None}, {"email": "a"}, {"age": -1}, {"age": "3"}, {"color": "red"},
            {"slug": "a b"}, {"slug": "a\n"}, {"page": "ftp://a"}, {"address": "1.2.3"}, {"kind": "x"}, {"mode": "c"},
            {"pets": [{"type": "cow"}]}, {"pets": [{"lives": 1}]}, {"pair": [1]}, {"pair": [1, "x", 2]},
            {"pair": ["x", 1]},
            {"scores": {"a": 1}}, {"scores": {"1": "a"}}, {"rows": [[]]}, {"rows": [["a", 1, 2]]}, {"films": [{}]},
            {"tree": {"value": 1, "children": [{}]}}, {"key": "x"}, {"day": "2020-02-30"}, {"unknown": 1},
        ],
    ),
    (
        Article,
        {"title": "T", "author": {"name": "A"}, "secret": "s", "tags": ["x"], "published": "2020-01-01T00:00:00Z"},
        [{"title": ""}, {"title": "x" * 51}, {"author": {}}, {"secret": 1}, {"tags": [1]}, {"published": "yesterday"}],
    ),
    (Owner, {"pet": {"type": "dog", "name": "Rex"}}, [{"pet": {"type": "cat", "name": "Rex"}}, {"other": {}}]),
    (Page[Cat], {"items": [{"type": "cat", "lives": 1}], "total": 1}, [{"items": [{"type": "cat"}]}, {"total": 0.5}]),
    (Partial[Author], {"name": "A"}, [{"name": None}]),
]  # fmt: skip


@pytest.mark.parametrize(("model", "good", "changes"), CASES)
def test_data_fits_both_or_neither(model: Any, good: dict[str, Any], changes: list[dict[str, Any]]) -> None:
    """What the schema takes, the serializer takes, and what one refuses, the other refuses."""
    jsonschema_rs = pytest.importorskip("jsonschema_rs")
    jsonschema_rs.meta.validate(model.json_schema())
    validator = jsonschema_rs.Draft202012Validator(model.json_schema(), validate_formats=True)
    assert validator.is_valid(good), next(validator.iter_errors(good))
    made = model.validate(good)
    required = model.json_schema().get("required", [])
    for name in good:
        less = {other: value for other, value in good.items() if other != name}
        assert validator.is_valid(less) is (name not in required)
        assert fits(model, less) is (name not in required)
    for change in changes:
        wrong = good | change
        assert not validator.is_valid(wrong), change
        assert not fits(model, wrong), change
    written = model.json_schema("output")
    jsonschema_rs.meta.validate(written)
    answer = jsonschema_rs.Draft202012Validator(written, validate_formats=True)
    data = msgspec.json.decode(made.to_json())
    assert answer.is_valid(data), next(answer.iter_errors(data))
    for name in written.get("required", []):
        assert name in data


def fits(model: Any, data: dict[str, Any]) -> bool:
    try:
        model.validate(data)
    except ValidationError:
        return False
    return True
