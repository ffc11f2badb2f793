"""What components of JSON Schemas are called, and how documents share them."""

import re
from typing import Any, Literal

import pytest
from bolt_serializers import (
    Serializer,
    types,
)
from bolt_serializers.schema import schemas
from schema_models import Article, Author, Page, plain


def test_names_differ_where_schemas_do() -> None:
    """Also where only something inside does; a name does not depend on what else is asked for."""
    made = plain(list[Article] | Author)
    assert set(made["$defs"]) == {"ArticleInput", "Author", "Kind"}
    assert set(plain(Page[Article])["$defs"]) == {"ArticleInput", "Author", "Kind"}
    assert "Page_ArticleOutput" in plain(list[Page[Article]], mode="output")["$defs"]
    assert "Page_Author" in plain(list[Page[Author]], mode="output")["$defs"]


def test_components_are_shared() -> None:
    """One set of components for both modes, as OpenAPI has it."""
    (first, second, third), components = schemas([(Article, "input"), (list[Article], "output"), (Author, "output")])
    assert first == {"$ref": "#/components/schemas/ArticleInput"}
    assert second == {"type": "array", "items": {"$ref": "#/components/schemas/ArticleOutput"}}
    assert third == {"$ref": "#/components/schemas/Author"}
    assert set(components) == {"ArticleInput", "ArticleOutput", "Author", "Kind"}


def make_author() -> Any:
    class Author(Serializer):
        age: int

    return Author


def test_two_classes_of_one_name() -> None:
    """Both are named with where they stand, and with a number where even that is the same."""
    _, components = schemas([(Author, "input"), (make_author(), "input")])
    assert len(components) == 2
    assert {re.split("schema_(?:models|names)_", name)[-1] for name in components} == {"Author", "make_author_Author"}
    _, components = schemas([(make_author(), "input"), (make_author(), "input")])
    assert len(components) == 2


def test_a_name_that_another_would_get() -> None:
    """`Article` becomes `ArticleInput`, which a class may be called already."""

    class ArticleInput(Serializer):
        x: int

    _, components = schemas([(Article, "input"), (ArticleInput, "input")])
    assert len(components) == 4
    assert sum(name.endswith("Article_Input") for name in components) == 1


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        (int, "Page_int"),
        (Author, "Page_Author"),
        (list[Author], "Page_list_Author"),
        (int | None, "Page_int_or_None"),
        (Literal["a-b", 1], "Page_Literal_a_b_1"),
        (types.Email, "Page_str"),
    ],
)
def test_names_of_generic_classes(argument: Any, name: str) -> None:
    """Made of their arguments' names; of nothing that another run of the program would show otherwise."""
    assert name in plain(list[Page[argument]], mode="output")["$defs"]


def test_generic_classes_of_one_name() -> None:
    """`Page[str]` and a `Page` of limited text are numbered: their modules are the same."""
    _, components = schemas([(Page[str], "input"), (Page[types.Email], "input")])
    assert len(components) == 2
