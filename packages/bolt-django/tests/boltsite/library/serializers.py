"""What is read of books, in all the ways there are."""

from bolt_serializers import Serializer, field


class PublisherOut(Serializer):
    id: int
    name: str


class AuthorOut(Serializer):
    id: int
    name: str
    publisher: PublisherOut | None


class TagOut(Serializer):
    id: int
    name: str


class ByKey(Serializer):
    title: str
    author: int
    editor: int | None


class Nested(Serializer):
    title: str
    author: AuthorOut


class ByPath(Serializer):
    author_name: str = field(source="author.name")
    editor_name: str | None = field(source="editor.name")
    publisher: str | None = field(source="author.publisher.name")


class WithTags(Serializer):
    tags: list[TagOut]


class WithTagKeys(Serializer):
    tags: list[int]
