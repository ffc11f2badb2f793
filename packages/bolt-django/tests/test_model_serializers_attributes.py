"""What of a model is no column: relations from elsewhere, keys, methods, and what cannot be read."""

from typing import Any

import pytest
from bolt_django.serializers import ModelSerializer
from bolt_serializers import DeclarationError, Serializer, field
from boltsite.columns.models import Desk, Place, Room, Sample, Sticker, Visit
from boltsite.library.models import Author, Book, Mark, Portrait

pytestmark = pytest.mark.django_db


def serializer_of(model: Any, *fields: str, **options: Any) -> Any:
    """A serializer of *model*, made as a class statement makes it."""
    meta = type("Meta", (), {"model": model, "fields": fields, **options})
    return type(ModelSerializer)("Made", (ModelSerializer,), {"__module__": __name__, "Meta": meta})


@pytest.mark.parametrize(
    ("model", "name", "message"),
    [
        (Room, "objects", "objects is a manager, which is not read"),
        (Room, "delete", "delete is a method that alters data"),
        (Sticker, "describe", r"describe\(\) takes arguments"),
        (Sticker, "target", r"target leads to objects of any model; declare it .* field\(read_only=True\)"),
        (Place, "point", "point is a Point"),
    ],
)
def test_what_cannot_be_read(model: Any, name: str, message: str) -> None:
    """It is told when the class is made, with what to do."""
    with pytest.raises(DeclarationError, match=rf"Made\.Meta: {message}"):
        serializer_of(model, name)


@pytest.mark.parametrize("depth", [-1, 11, "1", True, None])
def test_depth_is_a_number_of_levels(depth: Any) -> None:
    """Anything else is told when the class is made."""
    with pytest.raises(DeclarationError, match=r"Made\.Meta: depth is a number of levels from 0 to 10, not "):
        serializer_of(Room, "name", depth=depth)


def test_keys_of_relations() -> None:
    """A key may be named by its column; it is read."""
    made = serializer_of(Desk, "room_id", "lead_id")
    desk = Desk.objects.create(room=Room.objects.create(name="hall"))

    assert made.from_model(desk).dump() == {"room_id": "hall", "lead_id": None}


def test_generic_relations(book: Book) -> None:
    """The objects of a generic relation are told by their keys, and one that leads anywhere as it is declared."""

    class TitleOut(Serializer):
        title: str

    class MarkOut(ModelSerializer):
        target: TitleOut | None = field(read_only=True)

        class Meta:
            model = Mark
            fields = ("text", "target")

    mark = Mark.objects.create(target=book, text="good")

    assert serializer_of(Book, "marks").from_model(book).dump() == {"marks": [mark.pk]}
    assert MarkOut.from_model(mark).dump() == {"text": "good", "target": {"title": "First"}}


def test_depth_of_relations_from_elsewhere(author: Author, book: Book) -> None:
    """They are nested as the model's own relations are."""
    made = serializer_of(Author, "name", "books", "portrait", depth=1)
    shown = made.from_model(author).dump()

    assert [one["title"] for one in shown["books"]] == ["First"]
    assert shown["portrait"] is None
    Portrait.objects.create(author=author)
    assert made.from_model(Author.objects.get()).dump()["portrait"]["picture"] == ""


def test_unknown_columns_of_nested_objects() -> None:
    """They have no class to be declared in, and are what they are."""

    visit = Visit.objects.create(place=Place.objects.create(point="1,2", name="here"))

    shown = serializer_of(Visit, "place", depth=1).from_model(visit).dump()

    assert shown == {"place": {"id": visit.place_id, "point": "1,2", "name": "here"}}


def test_samples_are_read_without_changes() -> None:
    """What is read-only leaves as the row has it."""
    sample = Sample.objects.create(number=4)

    assert serializer_of(Sample, "number", "twice").from_model(sample).dump() == {"number": 4, "twice": 8}
