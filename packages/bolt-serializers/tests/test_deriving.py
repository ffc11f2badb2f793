"""Classes made of a class."""

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Annotated, Generic, TypeVar

import pytest
from bolt_serializers import (
    UNSET,
    DeclarationError,
    Meta,
    Partial,
    Serializer,
    ValidationError,
    computed_field,
    field,
    field_validator,
    model_validator,
)


class Article(Serializer):
    id: int = field(read_only=True)
    title: str
    body: Annotated[str, Meta(max_length=5)] = ""
    token: str = field(write_only=True, default="")
    field_sets = {"list": ("id", "title")}

    @field_validator("title")
    def strip(cls, value):
        return value.strip()

    @model_validator
    def check(self):
        if self.title == self.body:
            raise ValueError("same")

    @computed_field
    def upper(self) -> str:
        return self.title.upper()

    def method(self):
        return self.title


def test_only():
    """A projection has the fields named, is the same each time, and is named after them."""
    made = Article.only("id", "title")
    assert made is Article.only("title", "id")
    assert made.__name__ == "Article_id_title"
    assert made.validate({"title": " a "}).title == "a"
    assert made(1, "x").dump() == {"id": 1, "title": "x"}
    assert made(1, "body").method() == "body"


def test_exclude():
    """A projection without some fields."""
    assert Article.exclude("body", "token") is Article.only("id", "title", "upper")
    assert Article.exclude("body")(title="a").dump() == {"title": "a", "upper": "A"}


def test_model_validators_stay_where_their_fields_do():
    """A model validator is kept by a projection with all fields it uses, and dropped by others."""
    with pytest.raises(ValueError, match="same"):
        Article.only("title", "body")("a", "a")
    assert Article.only("title")("a").title == "a"


def test_field_sets():
    """A named field set is a class named after it."""
    made = Article.field_set("list")
    assert made is Article.field_set("list")
    assert made.__name__ == "Article_list"
    assert made(1, "a").dump() == {"id": 1, "title": "a"}
    with pytest.raises(DeclarationError, match="list"):
        Article.field_set("nope")


@pytest.mark.parametrize(
    "derive",
    [
        lambda: Article.only("nope"),
        lambda: Article.exclude("nope"),
        lambda: Article.only(),
        lambda: Article.only("upper"),
        lambda: Article.exclude("id", "title", "body", "token", "upper"),
    ],
)
def test_impossible_projections(derive):
    """A projection of unknown fields, of none, or without what a computed field uses, is a DeclarationError."""
    with pytest.raises(DeclarationError, match="Article"):
        derive()


def test_hidden_stays_hidden():
    """Options of fields are those of the class."""
    made = Article.only("title", "token")("a", token="geheim")
    assert b"geheim" not in made.to_json()
    assert Article.only("id").validate({"id": 3}).id is UNSET


def test_partial():
    """In a partial class every field may be left out; those given are validated."""
    made = Partial[Article]
    assert made is Partial[Article] is Article.partial()
    assert issubclass(made, Article)
    assert made.__name__ == "PartialArticle"
    empty = made()
    assert empty.title is UNSET
    assert empty.fields_set == frozenset()
    assert made.validate({"title": " a "}).to_dict() == {"title": "a"}
    assert made.validate_json(b'{"body":""}').fields_set == {"body"}
    for data in ({"title": 3}, {"body": "too long"}, {"title": None}):
        with pytest.raises(ValidationError):
            made.validate(data)
    with pytest.raises(TypeError):
        Partial[int]


def test_partial_knows_none_from_unset():
    """None is a value, `UNSET` is none given."""

    class Item(Serializer):
        name: str | None = "x"

    made = Partial[Item]
    assert made.validate({"name": None}).to_dict() == {"name": None}
    assert made.validate({}).to_dict() == {}
    assert made.validate({}).to_json() == b"{}"


class Page[T](Serializer):
    items: list[T]
    total: int = 0

    @field_validator("total")
    def check(cls, value):
        assert value >= 0
        return value


class Item(Serializer):
    a: int

    @field_validator("a")
    def plus(cls, value):
        return value + 1


def test_generics():
    """A generic class with arguments is a class of its own, the same each time, with a stable name."""
    made = Page[Item]
    assert made is Page[Item]
    assert made.__name__ == "Page_Item"
    assert made.validate_json(b'{"items":[{"a":1}]}').items == [Item(1)]
    with pytest.raises(ValidationError) as caught:
        made.validate({"items": [{"a": "x"}]})
    assert caught.value.errors()[0]["loc"] == ("items", 0, "a")
    assert Page[int | None].validate({"items": [1, None]}).items == [1, None]


def test_nested_generics():
    """Generic classes nest in each other and in fields, and can be inherited from."""

    class Box[T](Serializer):
        page: Page[T]

    class Ints(Page[int]):
        name: str = ""

    assert Box[int].validate({"page": {"items": [1]}}).page.items == [1]
    with pytest.raises(ValidationError) as caught:
        Box[int].validate({"page": {"items": ["x"]}})
    assert caught.value.errors()[0]["loc"] == ("page", "items", 0)
    assert Page[Page[int]].validate({"items": [{"items": [1]}]}).items[0].items == [1]
    with pytest.raises(ValidationError):
        Ints.validate({"items": ["x"]})
    assert Ints.validate({"items": [1], "name": "n"}).name == "n"


T = TypeVar("T")


class OldStyle(Serializer, Generic[T]):  # noqa: UP046
    value: T
    others: dict[str, T] = {}


def test_type_variables():
    """Generic classes may be written with TypeVar, too."""
    assert OldStyle[int].validate({"value": 1, "others": {"a": 2}}).others == {"a": 2}
    with pytest.raises(ValidationError):
        OldStyle[int].validate({"value": "x"})
    assert OldStyle.validate({"value": "anything"}).value == "anything"


class Boxed[T](Serializer):
    value: T
    inner: "Boxed[T] | None" = None
    others: "list[Boxed[T]]" = []


class Shelf[T](Serializer):
    box: Boxed[T]
    spare: Boxed[T] | None = None


def test_a_generic_class_may_hold_itself():
    """Every level is of the class with the arguments filled in, and wrong values are told at their place."""
    made = Boxed[int].validate({"value": 1, "inner": {"value": 2}, "others": [{"value": 3}]})

    assert type(made.inner) is Boxed[int]
    assert type(made.others[0]) is Boxed[int]
    with pytest.raises(ValidationError) as caught:
        Boxed[int].validate({"value": 1, "inner": {"value": "x"}, "others": [{}]})
    assert [error["loc"] for error in caught.value.errors()] == [("inner", "value"), ("others", 0, "value")]


def test_a_generic_class_inside_another_is_filled_in():
    """The argument reaches the inner class, which is the very class that its own name gives."""
    made = Shelf[str].validate({"box": {"value": "a"}})

    assert type(made.box) is Boxed[str]
    with pytest.raises(ValidationError):
        Shelf[str].validate({"box": {"value": 1}})


def test_threads_get_the_same_class():
    """A class that several threads ask for at once is made once, and given to none before it is."""

    class Page(Serializer, Generic[T]):
        item: T

    class Item(Serializer):
        n: int
        text: str = ""

    def derive(_):
        start.wait()
        return Page[Item], Item.only("n"), Item.partial()

    start = Barrier(8)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(derive, range(8)))
    finally:
        sys.setswitchinterval(before)
    assert set(made) == {(Page[Item], Item.only("n"), Item.partial())}
    assert all(issubclass(one, Serializer) for one in made[0])
