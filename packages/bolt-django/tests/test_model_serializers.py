"""`ModelSerializer`: fields that a model says, and rows that are made of data."""

import datetime
from decimal import Decimal
from typing import Any, Literal
from unittest import mock

import pytest
from bolt_django.in_tests import client_session
from bolt_django.serializers import ModelSerializer
from bolt_serializers import UNSET, DeclarationError, Partial, ValidationError, computed_field, field
from boltsite.library.models import Author, Book, Country, Mark, Portrait, Publisher, Tag
from django.contrib.auth.models import User
from django.db import IntegrityError

pytestmark = pytest.mark.django_db


class BookSerializer(ModelSerializer):
    class Meta:
        model = Book
        fields = "__all__"


class ShortBook(ModelSerializer):
    class Meta:
        model = Book
        fields = ("id", "title", "author", "tags", "pages", "status")


@pytest.fixture
def author() -> Author:
    """Somebody who writes."""
    return Author.objects.create(name="Ann", email="ann@example.org")


def errors(serializer: Any, data: dict[str, Any]) -> list[tuple[Any, str]]:
    """Place and type of what is wrong with *data*."""
    with pytest.raises(ValidationError) as raised:
        serializer.validate(data)
    return [(error["loc"], error["type"]) for error in raised.value.errors()]


def saved_errors(made: Any, *args: Any) -> list[tuple[Any, str]]:
    """Place and type of what saving refuses."""
    with pytest.raises(ValidationError) as raised:
        made.save(*args)
    return [(error["loc"], error["type"]) for error in raised.value.errors()]


def test_types() -> None:
    """Each column has the type of its values, None where it can be null, and the choices that there are."""
    hints = {one.name: one.hint for one in BookSerializer.__serializer__.fields}

    assert hints["published"] == datetime.date | None
    assert hints["duration"] == datetime.timedelta | None
    assert hints["status"] == Literal["draft", "out"]
    assert (hints["author"], hints["editor"], hints["tags"]) == (int, int | None, list[int])
    assert hints["cover"] is str


def test_what_is_required_and_what_is_read_only() -> None:
    """Required is what has neither default, null nor blank; keys, dates of the database and files are read-only."""
    fields = BookSerializer.__serializer__.fields

    assert {one.name for one in fields if one.required} == {"title", "author"}
    assert {one.name for one in fields if one.read_only} == {"id", "code", "cover", "created"}


@pytest.mark.parametrize(
    ("wrong", "loc"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 41}, "title"),
        ({"title": "LOUD"}, "title"),
        ({"slug": "no slug"}, "slug"),
        ({"isbn": "12"}, "isbn"),
        ({"status": "lost"}, "status"),
        ({"pages": 0}, "pages"),
        ({"pages": 5001}, "pages"),
        ({"price": "12345.00"}, "price"),
        ({"price": "1.005"}, "price"),
        ({"published": "soon"}, "published"),
        ({"author": "nobody"}, "author"),
        ({"tags": ["x"]}, "tags"),
    ],
)
def test_limits_and_validators(wrong: dict[str, Any], loc: str) -> None:
    """Limits, choices and the validators of a column hold without a database."""
    found = errors(BookSerializer, {"title": "Fine", "author": 1} | wrong)

    assert [place[0] for place, _ in found] == [loc]


def test_own_validators_say_what_they_say() -> None:
    """The text and the code are the validator's."""
    with pytest.raises(ValidationError, match="Do not shout") as raised:
        ShortBook.validate({"title": "LOUD", "author": 1})

    assert raised.value.errors()[0]["type"] == "shouting"


def test_create_and_read_again(author: Author) -> None:
    """Data becomes a row with its relations, and the row data."""
    tag = Tag.objects.create(name="one")
    made = BookSerializer.validate(
        {"title": "First", "author": author.pk, "tags": [tag.pk], "price": "9.50", "details": {"a": 1}}
    )

    book = made.create()

    assert (book.pk is not None, book.author, list(book.tags.all())) == (True, author, [tag])
    shown = BookSerializer.from_model(Book.objects.get()).dump()
    assert (shown["price"], shown["tags"], shown["status"], shown["cover"]) == (Decimal("9.50"), [tag.pk], "draft", "")
    assert BookSerializer.from_model(book).status == "draft"


def test_update(author: Author) -> None:
    """All of it, or with Partial what the data has; other columns are not written."""
    book = ShortBook.validate({"title": "First", "author": author.pk, "pages": 7}).create()
    tag = Tag.objects.create(name="one")
    Book.objects.update(isbn="1234567890123")

    Partial[ShortBook].validate({"title": "Second", "tags": [tag.pk]}).update(book)
    again = Book.objects.get()
    assert (again.title, again.pages, again.isbn, list(again.tags.all())) == ("Second", 7, "1234567890123", [tag])

    ShortBook.validate({"title": "Third", "author": author.pk}).save(again)
    again.refresh_from_db()
    assert (again.title, again.pages, list(again.tags.all())) == ("Third", 1, [])
    ShortBook.only("title").validate({"title": "Fourth"}).update(again)
    assert Book.objects.get().title == "Fourth"


def test_unique(author: Author) -> None:
    """Uniqueness of a column, of several together, and a constraint; an object is no rival of itself."""
    book = BookSerializer.validate({"title": "First", "slug": "first", "author": author.pk}).create()

    other = {"title": "Second", "author": author.pk}
    assert saved_errors(BookSerializer.validate(other | {"slug": "first"})) == [(("slug",), "unique")]
    assert [loc for loc, _ in saved_errors(BookSerializer.validate(other | {"title": "First"}))] == [()]
    assert [loc for loc, _ in saved_errors(BookSerializer.validate(other | {"price": "-1"}))] == [()]
    BookSerializer.validate({"title": "First", "slug": "first", "author": author.pk}).update(book)
    second = BookSerializer.validate(other).create()
    assert [loc for loc, _ in saved_errors(Partial[BookSerializer].validate({"title": "First"}), second)] == [()]


def test_clean(author: Author) -> None:
    """The model's clean() has its say."""
    made = ShortBook.validate({"title": "First", "author": author.pk, "status": "out"})

    assert saved_errors(made) == [(("pages",), "too_short")]


def test_objects_that_do_not_exist(author: Author) -> None:
    """Keys that lead nowhere are told with their places, and nothing is written."""
    tag = Tag.objects.create(name="one")

    assert saved_errors(ShortBook.validate({"title": "First", "author": 99})) == [(("author",), "does_not_exist")]
    made = ShortBook.validate({"title": "First", "author": author.pk, "tags": [tag.pk, 98]})
    assert saved_errors(made) == [(("tags", 1), "does_not_exist")]
    assert not Book.objects.exists()


def test_a_race(author: Author) -> None:
    """Where another transaction is quicker than the checks, the answer is the same."""
    Author.objects.create(name="Bob", email="bob@example.org")

    class Out(ModelSerializer):
        class Meta:
            model = Author
            fields = ("name", "email")

    made = Out.validate({"name": "Bob", "email": "bob@example.org"})
    checks = Author.validate_unique
    with mock.patch.object(Author, "validate_unique", autospec=True, side_effect=[None, mock.DEFAULT]) as unique:
        unique.side_effect = lambda self, exclude: None if unique.call_count == 1 else checks(self, exclude)
        assert saved_errors(made) == [(("email",), "unique")]
    with mock.patch.object(Author, "save", side_effect=IntegrityError), pytest.raises(IntegrityError):
        Out.validate({"name": "C", "email": "c@example.org"}).save()


def test_extra_columns(author: Author) -> None:
    """What the data does not say is given to create()."""

    class Titled(ModelSerializer):
        class Meta:
            model = Book
            fields = ("title",)

    assert Titled.validate({"title": "First"}).create(author=author, pages=3).pages == 3
    assert Titled.validate({"title": "Other"}).create(author=author.pk).author == author


def test_passwords() -> None:
    """A password is taken, hashed, and never written."""

    class UserSerializer(ModelSerializer):
        class Meta:
            model = User
            fields = ("id", "username", "password")

    user = UserSerializer.validate({"username": "ann", "password": "secret word"}).create()

    assert user.check_password("secret word")
    assert UserSerializer.from_model(user).dump() == {"id": user.pk, "username": "ann"}
    with pytest.raises(DeclarationError, match="password is sensitive and read-only"):

        class Wrong(ModelSerializer):
            class Meta:
                model = User
                fields = ("password",)
                read_only_fields = ("password",)


def test_declared_fields(author: Author) -> None:
    """What the class declares stands; computed fields, renamed ones and more of the model besides."""

    class Out(ModelSerializer):
        title: str = field(alias="name")
        writer: str = field(source="author.name", read_only=True)

        @computed_field
        def shout(self) -> str:
            return self.title.upper()

        class Meta:
            model = Book
            fields = ("id", "title", "shout")

    book = Book.objects.create(title="First", author=author)

    assert Out.from_model(book).dump(by_alias=True) == {
        "id": book.pk,
        "name": "First",
        "shout": "FIRST",
        "writer": "Ann",
    }


def test_attributes_of_the_model(author: Author) -> None:
    """Relations from the other side, properties and methods are read."""

    class Out(ModelSerializer):
        class Meta:
            model = Author
            fields = ("pk", "initials", "greeting", "books", "portrait")

    book = Book.objects.create(title="First", author=author)
    assert Out.from_model(author).dump() == {
        "pk": author.pk,
        "initials": "A",
        "greeting": "Dear Ann",
        "books": [book.pk],
        "portrait": None,
    }
    assert Out.__serializer__.by_name["initials"].hint is str


def test_depth(author: Author, django_assert_num_queries: Any) -> None:
    """Related objects are nested for reading, and planned."""

    class Deep(ModelSerializer):
        class Meta:
            model = Book
            fields = ("title", "author", "editor", "tags")
            depth = 2

    author.publisher = Publisher.objects.create(name="P")
    author.save()
    Book.objects.create(title="First", author=author).tags.add(Tag.objects.create(name="one"))
    with django_assert_num_queries(2):
        (made,) = Deep.from_models(Deep.optimize(Book.objects.all()), strict=True)

    assert made.dump()["author"]["publisher"]["name"] == "P"
    assert (made.editor, made.tags[0].name, made.tags[0].owner) == (None, "one", None)
    assert Deep.validate({"title": "x1", "author": 3}).author is UNSET


def test_keys_of_text_and_exclude() -> None:
    """A key that is no number is taken; exclude takes the rest."""

    class Out(ModelSerializer):
        class Meta:
            model = Publisher
            exclude = ("notes",)

    Country.objects.create(code="de")
    made = Out.validate({"name": "P", "country": "de"}).create()

    assert Out.from_model(made).dump() == {"id": made.pk, "name": "P", "country": "de"}


def test_the_key_stays() -> None:
    """An update cannot make another row."""

    class Out(ModelSerializer):
        class Meta:
            model = Country
            fields = ("code", "name")

    country = Out.validate({"code": "de", "name": "Germany"}).create()

    assert saved_errors(Out.validate({"code": "fr", "name": "France"}), country) == [(("code",), "read_only")]
    Out.validate({"code": "de", "name": "Deutschland"}).update(country)
    assert [one.name for one in Country.objects.all()] == ["Deutschland"]


def test_derived_classes() -> None:
    """A Meta of its own counts for all fields; it cannot take away what a base has."""

    class Fixed(ShortBook):
        class Meta(ShortBook.Meta):
            read_only_fields = ("author",)

    assert Fixed.validate({"title": "First", "author": 3}).author is UNSET
    assert ShortBook.validate({"title": "First", "author": 3}).author == 3
    with pytest.raises(
        DeclarationError, match="fields leaves out author, id, pages, status, tags, which a base class has"
    ):

        class Fewer(ShortBook):
            class Meta(ShortBook.Meta):
                fields = ("title",)


def test_partials_hold_limits() -> None:
    """Validators and limits hold for what a partial update has."""
    assert errors(Partial[ShortBook], {"title": "LOUD", "pages": 0}) == [
        (("title",), "shouting"),
        (("pages",), "greater_than_equal"),
    ]
    assert Partial[ShortBook].validate({}).title is UNSET


def test_a_name_of_a_method() -> None:
    """A field that would hide a method is refused."""
    with pytest.raises(DeclarationError, match=r"update is a method of every ModelSerializer"):

        class Wrong(ModelSerializer):
            class Meta:
                model = Book
                fields = ("title", "update")


def test_fields_of_others() -> None:
    """What is no column of the model cannot be saved, and is told as the program's mistake."""

    class Out(ModelSerializer):
        again: str

        class Meta:
            model = Country
            fields = ("code",)

    with pytest.raises(DeclarationError, match=r"Out\.again is no column of Country; make it read_only"):
        Out.validate({"code": "de", "again": "x"}).create()


async def test_async() -> None:
    """The same in coroutines."""
    with client_session():
        author = await Author.objects.acreate(name="Ann", email="ann@example.org")
        book = await ShortBook.validate({"title": "First", "author": author.pk}).acreate()
        await Partial[ShortBook].validate({"title": "Second"}).aupdate(book)
        await ShortBook.validate({"title": "Third", "author": author.pk}).asave(book)

        assert [one.title async for one in Book.objects.all()] == ["Third"]


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ({}, "model is no model class"),
        ({"model": Book}, "fields is missing; name them"),
        ({"model": Book, "fields": ("titel",)}, "fields names 'titel'; Book has: id, title"),
        ({"model": Book, "fields": "title"}, "fields is a tuple of names, not 'title'"),
        ({"model": Book, "exclude": ("titel",)}, "exclude names titel"),
        ({"model": Book, "fields": ("title",), "exclude": ("id",)}, "keep one"),
        ({"model": Book, "fields": ("title",), "read_only_fields": ("id",)}, "read_only_fields names id"),
        ({"model": Book, "fields": ("title",), "filds": ()}, "unknown option filds"),
    ],
)
def test_mistakes(meta: dict[str, Any], message: str) -> None:
    """A wrong Meta is told when the class is made, with class and remedy."""
    with pytest.raises(DeclarationError, match=rf"Wrong\.Meta: .*{message}"):
        type(ModelSerializer)("Wrong", (ModelSerializer,), {"__module__": __name__, "Meta": type("Meta", (), meta)})


def test_other_models() -> None:
    """Generic relations, one-to-one relations and relations to itself."""
    for model in (Mark, Portrait, Tag, Country, User):
        made = type(ModelSerializer)(
            "Made",
            (ModelSerializer,),
            {"__module__": __name__, "Meta": type("Meta", (), {"model": model, "fields": "__all__"})},
        )
        assert made.__serializer__.fields
