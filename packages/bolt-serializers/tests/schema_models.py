"""Models whose JSON Schemas several test modules look at."""

import datetime as dt
import enum
from typing import Annotated, Any, NamedTuple, NotRequired, TypedDict

from bolt_serializers import Meta, Serializer, computed_field, field, json_schema


class Kind(enum.Enum):
    """What it is."""

    NEWS = "news"
    OPINION = "opinion"


class Author(Serializer):
    name: str


class Article(Serializer):
    """What is published."""

    id: int = field(read_only=True)
    title: Annotated[str, Meta(min_length=1, max_length=50)]
    author: Author
    secret: str = field(write_only=True)
    internal: str = field(default="x", exclude=True)
    kind: Kind = Kind.NEWS
    tags: list[str] = field(default_factory=list)
    published: dt.datetime | None = None

    @computed_field
    def slug(self) -> str:
        return self.title.lower()


class Cat(Serializer, tag="cat"):
    lives: int


class Dog(Serializer, tag="dog"):
    name: str


class Owner(Serializer):
    pet: Cat | Dog
    other: Cat | Dog | None = None


class Page[T](Serializer):
    items: list[T]
    total: int


class Node(Serializer):
    value: int
    children: "list[Node]" = []


class Film(TypedDict):
    title: str
    year: NotRequired[int]


class Row(NamedTuple):
    key: str
    value: int = 0


def plain(annotation: Any, **options: Any) -> Any:
    """Without the name of the dialect."""
    made = json_schema(annotation, **options)
    assert made.pop("$schema") == "https://json-schema.org/draft/2020-12/schema"
    return made
