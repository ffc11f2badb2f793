"""Rivals of a row, and constraints, as the database knows them."""

from typing import Any

import pytest
from bolt_django.serializers import ModelSerializer
from bolt_serializers import ValidationError
from boltsite.columns.models import Bakery, CornerShop, Room, Seat, Shop
from django.core.exceptions import ValidationError as DjangoValidationError

pytestmark = pytest.mark.django_db


class RoomSerializer(ModelSerializer):
    class Meta:
        model = Room
        fields = ("name", "door")


class SeatSerializer(ModelSerializer):
    class Meta:
        model = Seat
        fields = "__all__"


class ShopSerializer(ModelSerializer):
    class Meta:
        model = Shop
        fields = ("name",)


def refused(made: Any, *args: Any) -> list[tuple[Any, str, str]]:
    """Place, type and text of what saving refuses."""
    with pytest.raises(ValidationError) as raised:
        made.save(*args)
    return [(error["loc"], error["type"], error["msg"]) for error in raised.value.errors()]


@pytest.mark.parametrize("closed", [False, True])
def test_rows_that_the_default_manager_hides_are_rivals(closed: bool) -> None:
    """The answer is the same, be the other row hidden or not."""
    Room.objects.create(name="attic", door="left", closed=closed)

    assert refused(RoomSerializer.validate({"name": "attic"}))[0][:2] == (("name",), "unique")
    assert [one[:2] for one in refused(RoomSerializer.validate({"name": "ATTIC"}))] == [((), "unique")]
    assert refused(RoomSerializer.validate({"name": "hall", "door": "left"})) == [(("door",), "unique", "Taken")]


def test_a_condition_of_uniqueness() -> None:
    """Rows that the condition leaves out are no rivals, and a row is none of itself."""
    RoomSerializer.validate({"name": "attic"}).create()
    RoomSerializer.validate({"name": "hall"}).create()
    room = RoomSerializer.validate({"name": "cellar", "door": "left"}).create()

    RoomSerializer.validate({"name": "CELLAR", "door": "left"}).update(room)
    assert Room.objects.filter(name="CELLAR", door="left").count() == 1


def test_keys_of_several_columns() -> None:
    """They are unique together, stay as they are, and other columns can be updated."""
    seat = SeatSerializer.validate({"row": 1, "number": 2}).create()

    assert [one[:2] for one in refused(SeatSerializer.validate({"row": 1, "number": 2}))] == [((), "unique_together")]
    SeatSerializer.validate({"row": 1, "number": 2, "label": "taken"}).update(seat)
    assert [one.label for one in Seat.objects.all()] == ["taken"]
    moved = SeatSerializer.validate({"row": 1, "number": 3})
    assert [one[:2] for one in refused(moved, seat)] == [(("number",), "read_only")]


def test_parents_and_proxies() -> None:
    """What is unique in a parent's table is so for children and proxies."""
    ShopSerializer.validate({"name": "corner"}).create()

    for model in (Bakery, CornerShop):
        meta = type("Meta", (), {"model": model, "fields": ("name",)})
        made = type(ModelSerializer)("Made", (ModelSerializer,), {"__module__": __name__, "Meta": meta})
        assert refused(made.validate({"name": "corner"}))[0][:2] == (("name",), "unique")
        child = made.validate({"name": "mill"}).create()
        made.validate({"name": "other"}).update(child)
        assert model.objects.get(pk=child.pk).name == "other"
        child.delete()


def test_checks_of_the_models_own_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that overrides validate_unique() or validate_constraints() has its say."""

    def refuse(self: Any, exclude: Any = None) -> None:
        raise DjangoValidationError({"name": "Not that one"})

    for method in ("validate_unique", "validate_constraints"):
        with monkeypatch.context() as patched:
            patched.setattr(Shop, method, refuse)
            assert [one[2] for one in refused(ShopSerializer.validate({"name": "x"}))] == ["Not that one"]
