"""What serializers may not load: anything on an event loop, and anything at all where they are strict."""

import asyncio
import re
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from bolt_django.in_tests import client_session
from bolt_serializers import LazyLoadError, Serializer
from boltsite.library.models import Author, Book, Publisher, Tag
from boltsite.library.serializers import AuthorOut, ByKey, ByPath, Nested, WithTagKeys, WithTags

pytestmark = pytest.mark.django_db


def on_loop(function: Any) -> Any:
    """What *function* returns on an event loop."""

    async def run() -> Any:
        return function()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("serializer", "message"),
    [
        (Nested, "author would query the database on the event loop; add select_related('author') to the QuerySet"),
        (ByPath, "author would query the database on the event loop; add select_related('author') to the QuerySet"),
        (WithTags, "tags would query the database on the event loop; add prefetch_related('tags') to the QuerySet"),
        (WithTagKeys, "tags would query the database on the event loop; add prefetch_related('tags') to the QuerySet"),
    ],
)
def test_on_an_event_loop(book: Book, serializer: Any, message: str) -> None:
    """What is not loaded is an error that names the remedy."""
    with pytest.raises(LazyLoadError, match=re.escape(message)):
        on_loop(lambda: serializer.from_model(book))


@pytest.mark.parametrize("serializer", [Nested, ByPath])
def test_the_full_path_on_an_event_loop(book: Book, serializer: Any) -> None:
    """Of relations of relations the whole path is told."""
    joined = Book.objects.select_related("author").get()

    with pytest.raises(LazyLoadError, match=r"author__publisher would.* select_related\('author__publisher'\)"):
        on_loop(lambda: serializer.from_model(joined))


def test_below_many_on_an_event_loop(book: Book, author: Author) -> None:
    """A join cannot go on from many objects: these are prefetched."""

    class Owned(Serializer):
        owner: AuthorOut | None

    class Out(Serializer):
        tags: list[Owned]

    Tag.objects.update(owner=author)
    prefetched = Book.objects.prefetch_related("tags").get()

    with pytest.raises(LazyLoadError, match=r"prefetch_related\('tags__owner'\)"):
        on_loop(lambda: Out.from_model(prefetched))


def test_other_queries_on_an_event_loop(book: Book, author: Author) -> None:
    """Columns, properties and whole QuerySets have remedies of their own."""

    class Counted(Serializer):
        book_count: int

    deferred = Book.objects.defer("title").get()
    with pytest.raises(LazyLoadError, match=r"title would query.*; name 'title' in the QuerySet's only\(\)"):
        on_loop(lambda: ByKey.from_model(deferred))
    with pytest.raises(LazyLoadError, match=r"book_count would query.*use afrom_model"):
        on_loop(lambda: Counted.from_model(author))
    with pytest.raises(LazyLoadError, match=r"the QuerySet would query.*afrom_models"):
        on_loop(lambda: ByKey.from_models(Book.objects.all()))


@pytest.mark.parametrize("serializer", [Nested, ByPath, WithTags, WithTagKeys])
def test_strict(book: Book, serializer: Any) -> None:
    """Where reading is strict, nothing is loaded off the loop either; the rows themselves are."""
    with pytest.raises(LazyLoadError, match="is not loaded, and reading is strict"):
        serializer.from_model(book, strict=True)
    with pytest.raises(LazyLoadError):
        serializer.from_models(Book.objects.all(), strict=True)
    assert len(ByKey.from_models(Book.objects.all(), strict=True)) == 1


def test_strict_of_code_and_columns(book: Book, author: Author) -> None:
    """No property and no deferred column may query, either."""

    class Counted(Serializer):
        book_count: int

    with pytest.raises(LazyLoadError, match="book_count is not loaded"):
        Counted.from_model(author, strict=True)
    with pytest.raises(LazyLoadError, match="title is not loaded"):
        ByKey.from_model(Book.objects.only("author").get(), strict=True)


def test_strict_of_what_is_loaded(book: Book) -> None:
    """What is loaded is read."""
    loaded = Book.objects.select_related("author__publisher", "editor").prefetch_related("tags").get()

    assert Nested.from_model(loaded, strict=True) == Nested.from_model(book)
    assert ByPath.from_model(loaded, strict=True) == ByPath.from_model(book)
    assert WithTags.from_model(loaded, strict=True) == WithTags.from_model(book)


class Spied(Author):
    """Tells on which thread it is read."""

    class Meta:
        app_label = "library"
        proxy = True

    @property
    def where(self) -> str:
        return threading.current_thread().name


class Where(Serializer):
    where: str


async def test_async_reading_loads() -> None:
    """afrom_model and afrom_models load what is missing, on the thread of Django's own async calls."""
    with client_session():
        publisher = await Publisher.objects.acreate(name="P")
        author = await Author.objects.acreate(name="A", email="a@example.org", publisher=publisher)
        await Book.objects.acreate(title="B", author=author)
        book = await Book.objects.aget()

        assert (await Nested.afrom_model(book)).author.name == "A"
        assert [made.title for made in await Nested.afrom_models(Book.objects.all())] == ["B"]
        assert [made.title for made in await ByKey.afrom_models(Book.objects.all().aiterator())] == ["B"]
        with pytest.raises(LazyLoadError, match="author is not loaded"):
            await Nested.afrom_model(await Book.objects.aget(), strict=True)
        thread = await sync_to_async(threading.current_thread)()
        assert (await Where.afrom_model(Spied())).where == thread.name
