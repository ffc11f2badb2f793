"""Books, their covers and their loans, kept in memory; `openapi.yaml` beside this file describes it by hand."""

import datetime as dt
import enum
import itertools
import uuid
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from django_bolt import BoltAPI, UploadFile
from django_bolt.exceptions import HTTPException, NotFound
from django_bolt.params import Cookie, File, Form, Header, Path, Query
from django_bolt.responses import Response
from msgspec import Meta

api = BoltAPI()

COVER_BYTES = 100_000


class Genre(enum.Enum):
    """What a book is."""

    NOVEL = "novel"
    POETRY = "poetry"
    SCIENCE = "science"


class Book(msgspec.Struct):
    """A book as a client describes it."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    pages: Annotated[int, Meta(ge=1, le=10_000)]
    genre: Genre
    price: Decimal | None = None
    published: dt.date | None = None
    tags: Annotated[list[Annotated[str, Meta(max_length=30)]], Meta(max_length=5)] = []


class StoredBook(Book, kw_only=True):
    """A book that the library has."""

    id: int


class Paging(msgspec.Struct):
    """Which part of a list is wanted."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    offset: Annotated[int, Meta(ge=0)] = 0


class Loan(msgspec.Struct):
    """Who has a book, and for how long."""

    id: uuid.UUID
    reader: str
    days: float


class Cover(msgspec.Struct):
    """What is known of a cover."""

    caption: str
    size: int


class Search(msgspec.Struct):
    """A form that searches."""

    words: Annotated[str, Meta(min_length=1, max_length=100)]
    match: Literal["all", "phrase"] = "all"
    sort: Literal["title", "pages"] = "title"


books: dict[int, StoredBook] = {}
covers: dict[int, tuple[str, bytes]] = {}
loans: dict[uuid.UUID, Loan] = {}
_ids = itertools.count(1)
# A long run must not fill the memory.
_MOST = 1000


def book_of(book_id: int) -> StoredBook:
    """The book of that id, or a 404."""
    if (book := books.get(book_id)) is None:
        raise NotFound(detail="There is no such book.")
    return book


@api.get("/books")
async def list_books(
    paging: Annotated[Paging, Query()],
    genre: Genre | None = None,
    tag: Annotated[list[str], Query(max_length=5)] = [],  # noqa: B006 never changed
    published_after: dt.date | None = None,
    max_price: Annotated[Decimal | None, Query(ge=0)] = None,
) -> list[StoredBook]:
    """The books that pass every filter."""
    found = [
        book
        for book in books.values()
        if (genre is None or book.genre is genre)
        and set(tag) <= set(book.tags)
        and (max_price is None or book.price is None or book.price <= max_price)
        and (published_after is None or (book.published is not None and book.published > published_after))
    ]
    return found[paging.offset : paging.offset + paging.limit]


@api.post("/books", status_code=201)
async def add_book(book: Book) -> StoredBook:
    """Keep a book."""
    stored = StoredBook(id=next(_ids), **msgspec.structs.asdict(book))
    books[stored.id] = stored
    if len(books) > _MOST:
        del books[min(books)]
    return stored


@api.get("/books/{book_id}")
def read_book(book_id: Annotated[int, Path(ge=1)]) -> StoredBook:
    """One book."""
    return book_of(book_id)


@api.put("/books/{book_id}")
async def replace_book(book_id: Annotated[int, Path(ge=1)], book: Book) -> StoredBook:
    """Replace what is known of a book."""
    book_of(book_id)
    books[book_id] = StoredBook(id=book_id, **msgspec.structs.asdict(book))
    return books[book_id]


@api.delete("/books/{book_id}")
async def remove_book(book_id: Annotated[int, Path(ge=1)]) -> None:
    """Remove a book with its cover."""
    book_of(book_id)
    del books[book_id]
    covers.pop(book_id, None)


@api.put("/books/{book_id}/cover")
def add_cover(
    book_id: Annotated[int, Path(ge=1)],
    caption: Annotated[str, Form(max_length=50)],
    image: Annotated[UploadFile, File(max_size=COVER_BYTES)],
) -> Cover:
    """Keep a book's cover."""
    book_of(book_id)
    covers[book_id] = (caption, image.read())
    return Cover(caption, image.size)


@api.get("/books/{book_id}/cover")
async def read_cover(book_id: Annotated[int, Path(ge=1)]) -> Response:
    """Give a book's cover."""
    if book_id not in covers:
        raise NotFound(detail="There is no such cover.")
    return Response(covers[book_id][1], media_type="application/octet-stream")


@api.post("/books/{book_id}/loans", status_code=201)
async def lend(
    book_id: Annotated[int, Path(ge=1)],
    duration: dt.timedelta,
    reader: Annotated[str, Header("X-Reader", min_length=1, max_length=40)],
    branch: Annotated[str | None, Cookie(pattern="^[a-z]+$")] = None,
) -> Loan:
    """Lend a book to the reader that the header names."""
    book_of(book_id)
    if duration <= dt.timedelta():
        raise HTTPException(409, "A loan must end after it began.")
    loan = Loan(uuid.uuid4(), f"{reader} ({branch})", duration / dt.timedelta(days=1))
    loans[loan.id] = loan
    if len(loans) > _MOST:
        del loans[next(iter(loans))]
    return loan


@api.get("/loans/{loan_id}")
async def read_loan(loan_id: uuid.UUID) -> Loan:
    """One loan."""
    if (loan := loans.get(loan_id)) is None:
        raise NotFound(detail="There is no such loan.")
    return loan


@api.post("/search")
def search(query: Annotated[Search, Form()]) -> list[StoredBook]:
    """Search titles by the fields of a form."""
    words = [query.words] if query.match == "phrase" else query.words.split()
    found = [book for book in books.values() if all(word in book.title for word in words)]
    return sorted(found, key=lambda book: book.title if query.sort == "title" else str(book.pages))[:100]
