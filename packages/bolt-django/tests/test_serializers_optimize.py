"""`optimize()`: a QuerySet with what a serializer reads, and no query more."""

from typing import Any

import msgspec
import pytest
from bolt_serializers import LazyLoadError, Serializer, field
from boltsite.library.models import Author, Book, Country, Mark, Portrait, Publisher, Tag
from django.db.models import Count, Prefetch

pytestmark = pytest.mark.django_db


class CountryOut(Serializer):
    code: str


class PublisherOut(Serializer):
    name: str
    country: CountryOut | None


class AuthorOut(Serializer):
    name: str
    publisher: PublisherOut | None


class TagOut(Serializer):
    name: str
    owner: AuthorOut | None


class BookOut(Serializer):
    title: str
    author: AuthorOut
    editor: int | None
    shown: str = field(source="get_status_display")
    publisher: str | None = field(source="author.publisher.name")
    tags: list[TagOut]
    tag_keys: list[int] = field(source="tags")


@pytest.fixture(autouse=True)
def library() -> None:
    """Two books of one author with tags."""
    publisher = Publisher.objects.create(name="P", country=Country.objects.create(code="de", name="Germany"))
    author = Author.objects.create(name="Ann", email="ann@example.org", publisher=publisher)
    tags = [Tag.objects.create(name="one", owner=author), Tag.objects.create(name="two")]
    for title in ("First", "Second"):
        Book.objects.create(title=title, author=author).tags.set(tags)


def read(serializer: Any, queryset: Any) -> list[Any]:
    """What is read where nothing else may be loaded."""
    made: list[Any] = serializer.from_models(serializer.optimize(queryset), strict=True)
    return made


def columns(sql: str) -> set[str]:
    """The columns that a query selects."""
    listed = sql.removeprefix("SELECT ").removeprefix("DISTINCT ").split(" FROM ")[0]
    return {part.split(" AS ")[0].strip().replace('"', "") for part in listed.split(",")}


def test_joins_prefetches_and_columns(django_assert_num_queries: Any) -> None:
    """Relations to one object are joined, those to many prefetched; nothing else is selected."""
    with django_assert_num_queries(2) as queries:
        first, second = read(BookOut, Book.objects.order_by("title"))

    assert (first.title, second.title) == ("First", "Second")
    assert first.author.publisher.country.code == first.tags[0].owner.publisher.country.code == "de"
    assert (first.publisher, first.shown, len(first.tag_keys)) == ("P", "A draft", 2)
    books, tags = (columns(query["sql"]) for query in queries.captured_queries)
    assert books == {
        *(f"library_book.{name}" for name in ("id", "title", "author_id", "editor_id", "status")),
        *(f"library_author.{name}" for name in ("id", "name", "publisher_id")),
        *(f"library_publisher.{name}" for name in ("id", "name", "country_id")),
        "library_country.code",
    }
    assert {"library_tag.name", "library_tag.owner_id"} <= tags
    assert not {"library_tag.parent_id", "library_author.email"} & tags


def test_from_the_other_side(django_assert_num_queries: Any) -> None:
    """Relations that other models have: one is joined, many come with the key that leads back."""

    class PortraitOut(Serializer):
        picture: str

    class Titled(Serializer):
        title: str

    class Out(Serializer):
        portrait: PortraitOut | None
        portrait_key: int | None = field(source="portrait")
        books: list[Titled]
        edited: list[int]

    with django_assert_num_queries(3) as queries:
        (made,) = read(Out, Author.objects.all())

    assert (made.portrait, made.portrait_key, [one.title for one in made.books]) == (None, None, ["First", "Second"])
    assert columns(queries.captured_queries[1]["sql"]) == {
        "library_book.id",
        "library_book.title",
        "library_book.author_id",
    }
    assert columns(queries.captured_queries[2]["sql"]) == {"library_book.id", "library_book.editor_id"}
    Portrait.objects.create(author=Author.objects.get(), picture="a.png")
    assert read(Out, Author.objects.all())[0].portrait == PortraitOut("/media/a.png")


def test_keys_alone(django_assert_num_queries: Any) -> None:
    """A key needs no join."""

    class Out(Serializer):
        author: int
        by_path: int = field(source="author.pk")

    with django_assert_num_queries(1) as queries:
        read(Out, Book.objects)

    assert columns(queries.captured_queries[0]["sql"]) == {"library_book.id", "library_book.author_id"}


def test_code_reads_what_it_likes(django_assert_num_queries: Any) -> None:
    """All columns stay where a property or a method is read; of other models the chosen ones."""

    class Writer(Serializer):
        initials: str

    class Out(Serializer):
        title: str
        author: Writer

    class Plain(Serializer):
        greeting: str

    with django_assert_num_queries(1) as queries:
        assert [made.author.initials for made in read(Out, Book.objects.all())] == ["A", "A"]
    selected = columns(queries.captured_queries[0]["sql"])
    assert {"library_author.biography", "library_author.email"} <= selected
    assert "library_book.price" not in selected
    assert read(Plain, Author.objects.all())[0].greeting == "Dear Ann"


def test_code_that_queries() -> None:
    """What a property loads itself cannot be planned, and is an error where reading is strict."""

    class Out(Serializer):
        book_count: int

    with pytest.raises(LazyLoadError, match="book_count is not loaded"):
        read(Out, Author.objects.all())


def test_annotations(django_assert_num_queries: Any) -> None:
    """An annotation is no property: the columns are still chosen."""

    class Out(Serializer):
        title: str
        tag_count: int

    with django_assert_num_queries(1) as queries:
        made = read(Out, Book.objects.annotate(tag_count=Count("tags")))

    assert [one.tag_count for one in made] == [2, 2]
    assert "library_book.price" not in columns(queries.captured_queries[0]["sql"])


def test_what_is_returned_as_it_is() -> None:
    """Rows of values() and unions are left alone; what is no QuerySet is refused."""
    values, union = Book.objects.values("title"), Book.objects.all().union(Book.objects.all())

    assert BookOut.optimize(values) is values
    assert BookOut.optimize(union) is union
    with pytest.raises(TypeError, match="optimize\\(\\) takes a QuerySet or a manager, not list"):
        BookOut.optimize([])


def test_what_the_queryset_does_already(django_assert_num_queries: Any) -> None:
    """Joins and prefetches that it has are kept and work; a choice of columns that it made is left."""
    queryset = BookOut.optimize(
        Book.objects.select_related("editor__publisher").prefetch_related(
            Prefetch("tags", queryset=Tag.objects.filter(name="one").select_related("owner__publisher__country"))
        )
    )
    with django_assert_num_queries(2):
        made = BookOut.from_models(queryset, strict=True)
        assert [one.editor.publisher.name for one in queryset if one.editor] == []
    assert [len(one.tags) for one in made] == [1, 1]

    chosen = BookOut.optimize(Book.objects.only("title", "author"))
    assert "price" not in str(chosen.query)
    with pytest.raises(LazyLoadError, match="only"):
        BookOut.from_models(chosen, strict=True)
    assert len(read(BookOut, Book.objects.defer("code"))) == 2


def test_prefetches_of_relations_to_one(django_assert_num_queries: Any) -> None:
    """The key that a prefetch of the QuerySet goes by is loaded, too."""

    class Out(Serializer):
        title: str

    with django_assert_num_queries(2):
        books = list(Out.optimize(Book.objects.prefetch_related("author")))
        assert {book.author.name for book in books} == {"Ann"}


def test_generic_relations(django_assert_num_queries: Any) -> None:
    """Those to any model are prefetched, in both directions."""

    class Titled(Serializer):
        title: str

    class MarkOut(Serializer):
        text: str
        target: Titled

    class Out(Serializer):
        marks: list[MarkOut]

    for book in Book.objects.all():
        Mark.objects.create(target=book, text="good")

    assert {mark.target.title for mark in read(MarkOut, Mark.objects.all())} == {"First", "Second"}
    assert [len(book.marks) for book in read(Out, Book.objects.all())] == [1, 1]


class Tree(Serializer):
    name: str
    parent: "Tree | None" = None
    children: "list[Tree]" = []


class Upwards(Serializer):
    name: str
    parent: "Upwards | None" = None


def test_a_class_inside_itself(django_assert_num_queries: Any) -> None:
    """It is planned once more and no deeper; what is deeper is loaded when it is read, or refused."""
    root = Tag.objects.create(name="root")
    middle = Tag.objects.create(name="middle", parent=root)
    with django_assert_num_queries(1):
        made = read(Upwards, Tag.objects.filter(name="middle"))
    assert made == [Upwards("middle", Upwards("root"))]

    Tag.objects.create(name="leaf", parent=middle)
    with pytest.raises(LazyLoadError, match="parent__parent is not loaded"):
        read(Upwards, Tag.objects.filter(name="leaf"))
    leaf = Upwards.from_models(Upwards.optimize(Tag.objects.filter(name="leaf")))
    assert leaf == [Upwards("leaf", Upwards("middle", Upwards("root")))]
    assert str(Tree.optimize(Tag.objects.all()).query).count("JOIN") == 1


def test_plain_records(django_assert_num_queries: Any) -> None:
    """Structs within a serializer are planned like serializers."""

    class Writer(msgspec.Struct):
        name: str

    class Out(Serializer):
        author: Writer

    with django_assert_num_queries(1) as queries:
        assert {made.author.name for made in read(Out, Book.objects.all())} == {"Ann"}
    assert "library_author.email" not in queries.captured_queries[0]["sql"]


def test_write_only_and_projections(django_assert_num_queries: Any) -> None:
    """What is not read is not planned."""

    class Out(Serializer):
        title: str
        slug: str = field(write_only=True)
        author: AuthorOut

    with django_assert_num_queries(1) as queries:
        read(Out.only("title"), Book.objects.all())
    assert columns(queries.captured_queries[0]["sql"]) == {"library_book.id", "library_book.title"}
    assert "slug" not in str(Out.optimize(Book.objects.all()).query)


@pytest.mark.parametrize(
    "queryset",
    [
        lambda: Book.objects.only("title", "author__name", "status", "editor"),
        lambda: Book.objects.only("title", "status", "editor", "author__publisher"),
        lambda: Book.objects.defer("author", "author__publisher", "pages"),
    ],
)
def test_joins_beside_a_choice_of_columns(queryset: Any) -> None:
    """The keys that joins go by are loaded even where the QuerySet's own choice leaves them out."""

    class Out(Serializer):
        title: str
        author: AuthorOut

    chosen = queryset()
    assert [one.author.publisher.name for one in Out.from_models(Out.optimize(chosen))] == ["P", "P"]
    assert "pages" in Out.optimize(chosen).first().get_deferred_fields()


def test_prefetches_to_attributes_of_their_own() -> None:
    """What is prefetched to another attribute is prefetched for the serializer as well."""

    class Out(Serializer):
        tags: list[int]

    queryset = Book.objects.prefetch_related(Prefetch("tags", queryset=Tag.objects.none(), to_attr="chosen"))
    assert [len(one.tags) for one in read(Out, queryset)] == [2, 2]
