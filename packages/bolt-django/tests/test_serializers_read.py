"""Serializers made of Django's models: what they read, and how many queries that takes."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from bolt_serializers import ConstructionError, DeclarationError, LazyLoadError, Serializer, field, model_validator
from boltsite.library.models import Author, Book, Country, Portrait, Publisher, Tag
from boltsite.library.serializers import ByKey, ByPath, Nested, WithTagKeys, WithTags
from django.db.models import Count, F
from django.utils import translation
from django.utils.translation import gettext_lazy

pytestmark = pytest.mark.django_db


class Scalars(Serializer):
    id: int
    title: str
    price: Decimal
    published: datetime.date | None
    details: dict[str, Any]


def test_scalars(book: Book, django_assert_num_queries: Any) -> None:
    """Columns are read as they are."""
    with django_assert_num_queries(0):
        made = Scalars.from_model(book)

    assert made == Scalars(book.pk, "First", Decimal("9.50"), datetime.date(2026, 1, 2), {"a": [1]})


def test_foreign_key_by_its_column(book: Book, django_assert_num_queries: Any) -> None:
    """Where the key alone is wanted, nothing is queried; no object is None."""
    with django_assert_num_queries(0):
        made = ByKey.from_model(book)

    assert (made.author, made.editor) == (book.author_id, None)


def test_key_of_text_and_key_by_path(author: Author, django_assert_num_queries: Any) -> None:
    """Also where the key is text, and where the path asks for the key itself."""

    class Out(Serializer):
        country: str | None
        code: str = field(source="country.code")
        by_pk: str = field(source="country.pk")

    publisher = Publisher.objects.get()
    with django_assert_num_queries(0):
        made = Out.from_model(publisher)

    assert made == Out("de", "de", "de")


def test_nested(book: Book, django_assert_num_queries: Any) -> None:
    """Related objects are read as the serializer of the field says, by joins where there are any."""
    joined = Book.objects.select_related("author__publisher").get()
    with django_assert_num_queries(0):
        made = Nested.from_model(joined)

    assert made.author.publisher is not None
    assert (made.author.name, made.author.publisher.name) == ("Ann Bee", "Good Books")
    with django_assert_num_queries(2):
        assert Nested.from_model(book) == made


def test_paths(book: Book, django_assert_num_queries: Any) -> None:
    """A path follows relations; None on the way is None."""
    with django_assert_num_queries(2):
        made = ByPath.from_model(book)

    assert made == ByPath("Ann Bee", None, "Good Books")


def test_none_where_none_cannot_be(book: Book) -> None:
    """None for a field that takes none is the program's mistake, with the place."""

    class Out(Serializer):
        editor: str = field(source="editor.name")

    with pytest.raises(ConstructionError) as raised:
        Out.from_model(book)

    assert raised.value.errors()[0]["loc"] == ("editor",)


def test_many_to_many(book: Book, django_assert_num_queries: Any) -> None:
    """Nested in one query, in none where they are prefetched."""
    with django_assert_num_queries(1):
        made = WithTags.from_model(book)
    prefetched = Book.objects.prefetch_related("tags").get()
    with django_assert_num_queries(0):
        again = WithTags.from_model(prefetched)

    assert [tag.name for tag in made.tags] == ["one", "two"]
    assert made == again


def test_many_to_many_by_keys(book: Book, django_assert_num_queries: Any) -> None:
    """Keys alone are queried; what is prefetched is not queried again."""
    keys = sorted(tag.pk for tag in Tag.objects.all())
    with django_assert_num_queries(1) as queries:
        made = WithTagKeys.from_model(book)
    prefetched = Book.objects.prefetch_related("tags").get()
    with django_assert_num_queries(0):
        again = WithTagKeys.from_model(prefetched)

    assert sorted(made.tags) == sorted(again.tags) == keys
    assert "name" not in queries.captured_queries[0]["sql"]


def test_keys_of_text(author: Author) -> None:
    """Many by keys that are text."""

    class Out(Serializer):
        countries: set[str]

    class Holder:
        countries = Country.objects.all()

    assert Out.from_model(Holder()).countries == {"de"}


def test_reverse_foreign_key(book: Book, author: Author, django_assert_num_queries: Any) -> None:
    """Relations that other models have are read by their accessors."""

    class Out(Serializer):
        books: list[ByKey]

    with django_assert_num_queries(1):
        assert [one.title for one in Out.from_model(author).books] == ["First"]


def test_reverse_one_to_one(author: Author) -> None:
    """One that is missing is None, nested, by its key and on a path."""

    class PortraitOut(Serializer):
        id: int

    class Out(Serializer):
        portrait: PortraitOut | None
        key: int | None = field(source="portrait")
        file: str | None = field(source="portrait.picture")

    assert Out.from_model(author) == Out(None, None, None)
    portrait = Portrait.objects.create(author=author, picture="ann.png")
    assert Out.from_model(Author.objects.get()) == Out(PortraitOut(portrait.pk), portrait.pk, "/media/ann.png")


def test_properties_and_methods(author: Author) -> None:
    """A property is read, a method without arguments is called."""

    class Out(Serializer):
        initials: str
        greeting: str
        shown: str = field(source="publisher.__str__")

    assert Out.from_model(author) == Out("AB", "Dear Ann Bee", f"Publisher object ({author.publisher_id})")


def test_methods_that_alter_data(author: Author) -> None:
    """A method that Django marks as altering data is not called."""

    class Out(Serializer):
        delete: Any

    with pytest.raises(TypeError, match=r"Author\.delete\(\) alters data"):
        Out.from_model(author)
    assert Author.objects.exists()


def test_choices(book: Book) -> None:
    """The display of a choice, in the language of the moment; a member of the choices is its value."""

    class Out(Serializer):
        status: str
        shown: str = field(source="get_status_display")

    with translation.override("en"):
        assert Out.from_model(book) == Out("draft", "A draft")
    made = Out.from_model(Book(status=Book.Status.OUT))
    assert type(made.status) is str
    assert made.status == "out"


def test_annotations(book: Book) -> None:
    """What a QuerySet adds is read like columns."""

    class Out(Serializer):
        tag_count: int
        writer: str

    rows = Book.objects.annotate(tag_count=Count("tags"), writer=F("author__name"))

    assert Out.from_models(rows) == [Out(2, "Ann Bee")]


def test_rows_of_values(book: Book, django_assert_num_queries: Any) -> None:
    """Rows are read by the names that values() gives them."""

    class Out(ByKey):
        writer: str = field(source="author.name")

    with django_assert_num_queries(1):
        made = Out.from_models(Book.objects.values("title", "author_id", "editor", "author__name"))

    assert made == [Out("First", book.author_id, None, writer="Ann Bee")]


def test_files() -> None:
    """A file is told by its URL; no file is empty, or None where the field can be None."""

    class Out(Serializer):
        cover: str
        maybe: str | None = field(source="cover")

    assert Out.from_model(Book(cover="one.png")) == Out("/media/one.png", "/media/one.png")
    assert Out.from_model(Book()) == Out("", None)


def test_lazily_translated_text() -> None:
    """Text that is translated when it is read leaves as text."""

    class Out(Serializer):
        name: str

    made = Out.from_model(Country(code="xx"))
    assert (made.name, type(made.name)) == ("Unknown", str)
    assert Out.from_model({"name": gettext_lazy("Unknown")}).name == "Unknown"


def test_deferred_fields(book: Book, django_assert_num_queries: Any) -> None:
    """A column that was deferred is loaded, where that may be."""
    deferred = Book.objects.defer("title").get()
    with django_assert_num_queries(1):
        assert ByKey.from_model(deferred).title == "First"


def test_objects_and_dicts() -> None:
    """No model is needed: attributes, dicts within, and defaults for what is not there."""

    class Writer:
        name = "Ann"

    class Thing:
        writer = Writer()
        data = {"size": 3}

    class Out(Serializer):
        name: str = field(source="writer.name")
        size: int = field(source="data.size")
        colour: str = "red"

    assert Out.from_model(Thing()) == Out("Ann", 3)
    assert Out.from_model({"writer": {"name": "Bob"}, "data": {"size": 4}, "colour": "blue"}) == Out("Bob", 4, "blue")
    assert Out.from_model({"writer": Writer(), "data": {"size": 4}}) == Out("Ann", 4)


def test_an_attribute_that_is_missing(author: Author) -> None:
    """The error names class, field, object and remedy."""

    class Out(Serializer):
        nmae: str

    with pytest.raises(
        AttributeError, match=r"Out\.nmae: Author has no attribute 'nmae'; name the one to read with field"
    ):
        Out.from_model(author)


def test_update_instance(book: Book, author: Author) -> None:
    """Attributes are set, foreign keys by their columns; the names are those for save()."""

    class Change(Serializer):
        title: str
        author: int
        id: int = field(read_only=True)
        name: str = field(source="slug")

    other = Author.objects.create(name="C", email="c@example.org")

    changed = Change.update_instance(book, {"title": "New", "author": other.pk, "name": "new"})
    book.save(update_fields=changed)

    assert changed == ["title", "author_id", "slug"]
    assert Book.objects.filter(title="New", author=other, slug="new").exists()
    assert Change.update_instance(book, Change.partial().validate({"title": "X1"})) == ["title"]
    assert Change.update_instance(book, {}) == []


def test_update_instance_of_other_objects(book: Book) -> None:
    """What is no attribute of the object is refused, with a remedy."""
    with pytest.raises(DeclarationError, match=r"tags leads to many objects.*tags\.set\(\)"):
        WithTagKeys.update_instance(book, {"tags": [1]})
    with pytest.raises(DeclarationError, match="author holds the data of another object"):
        Nested.update_instance(book, {"author": {"id": 1, "name": "x", "publisher": None}})
    with pytest.raises(DeclarationError, match=r"comes from author\.name, which belongs to another object"):
        ByPath.update_instance(book, {"author_name": "x"})


def test_update_instance_of_json(book: Book) -> None:
    """What is nested becomes a dict where a column holds JSON."""

    class Details(Serializer):
        pages: list[int]

    class Change(Serializer):
        details: Details

    book.save(update_fields=Change.update_instance(book, {"details": {"pages": [1]}}))

    assert Book.objects.get().details == {"pages": [1]}


def test_none_on_a_path_with_a_default(book: Book) -> None:
    """Where a path ends too early, a field has its default, if it has one."""

    class Out(Serializer):
        editor: str = field(source="editor.name", default="nobody")
        country: str | None = field(source="author.publisher.country.name", default="none")
        code: str | None = field(source="editor.publisher.country.code")

    made = Out.from_model(book)

    assert (made.editor, made.code) == ("nobody", None)
    assert Out.from_model({"editor": None, "author": None}).dump() == {
        "editor": "nobody",
        "country": "none",
        "code": None,
    }


class Columns(Serializer):
    id: int
    title: str
    status: str
    slug: str | None
    editor_id: int | None = None
    pages: int = 7


def test_columns_alone(book: Book, django_assert_num_queries: Any) -> None:
    """Where fields are columns of their names, they are read like any: loaded where they are not, text as text."""
    expected = Columns(book.pk, "First", "draft", None, None, book.pages)
    with django_assert_num_queries(1):
        assert Columns.from_models(Book.objects.all()) == [expected]
    with django_assert_num_queries(3):
        assert Columns.from_models(Book.objects.defer("pages", "slug")) == [expected]
    with pytest.raises(LazyLoadError, match="pages is not loaded"):
        Columns.from_models(Book.objects.defer("pages"), strict=True)
    fresh = Columns.from_model(Book(id=3, title=gettext_lazy("A draft"), status=Book.Status.OUT, pages=2))
    assert [type(value) for value in (fresh.title, fresh.status)] == [str, str]
    assert (fresh.title, fresh.status) == ("A draft", "out")


def test_columns_beside_what_is_not_read(book: Book) -> None:
    """Columns that a class does not read are not taken, and a class is not shown what it would refuse."""

    class Secret(Serializer):
        title: str
        isbn: str = field(write_only=True, default="")

    class Exact(Serializer, forbid_unknown_fields=True):
        title: str

    class Tagged(Serializer, tag="book", tag_field="slug"):
        title: str

    class Early(Serializer):
        title: str

        @model_validator(mode="before")
        def rename(cls, data: dict[str, Any]) -> Any:
            data["title"] += "!"
            return data

    book.isbn, book.slug = "1" * 13, "s"
    assert Secret.from_model(book).isbn == ""
    assert Exact.from_model(book).title == Tagged.from_model(book).title == "First"
    assert Early.from_model(book).title == "First!"
    assert book.title == "First"


def test_columns_with_descriptors_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that gives a column's value otherwise is asked for it."""

    class Out(Serializer):
        name: str

    def loud(tag: Tag) -> str:
        return str(tag.__dict__["name"]).upper()

    monkeypatch.setattr(Tag, "name", property(loud, lambda tag, value: tag.__dict__.update(name=value)))

    assert Out.from_model(Tag(name="a")).name == "A"
