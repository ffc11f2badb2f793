"""What columns are in a serializer: types, limits, defaults and words of their own."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
from bolt_django.serializers import ModelSerializer
from bolt_serializers import UNSET, DeclarationError, ValidationError, json_schema
from boltsite.columns.models import Bakery, CornerShop, Desk, Place, Sample, Seat
from django.utils import translation


class SampleSerializer(ModelSerializer):
    class Meta:
        model = Sample
        fields = "__all__"


def serializer_of(model: Any, fields: Any = "__all__", **options: Any) -> Any:
    """A serializer of *model*, made as a class statement makes it."""
    meta = type("Meta", (), {"model": model, "fields": fields, **options})
    return type(ModelSerializer)("Made", (ModelSerializer,), {"__module__": __name__, "Meta": meta})


def hints(class_: Any) -> dict[str, Any]:
    """Types by field."""
    return {one.name: one.hint for one in class_.__serializer__.fields}


def refused(**data: Any) -> list[tuple[str, str]]:
    """Text and type of what is wrong with *data* of a sample."""
    with pytest.raises(ValidationError) as raised:
        SampleSerializer.validate(data)
    return [(one["msg"], one["type"]) for one in raised.value.errors()]


def test_what_the_database_computes_is_read_only() -> None:
    """Data does not set a generated column, nor one with auto_now."""
    made = SampleSerializer.validate({"twice": 9, "changed": "2026-01-01T00:00:00Z"})

    assert (made.twice, made.changed) == (UNSET, UNSET)
    assert hints(SampleSerializer)["twice"] is int


def test_a_default_of_the_database() -> None:
    """What the data leaves out is left to the database."""
    assert SampleSerializer.validate({}).rank is UNSET
    assert SampleSerializer.validate({"rank": 3}).rank == 3


def test_texts_of_validators_are_their_own() -> None:
    """A message given to a validator, and its parameters, are what the client is told."""
    assert refused(number=3) == [("3 is odd", "odd")]
    assert refused(number=200) == [("At most 100, not 200", "max_value")]


def test_texts_of_columns_are_their_own() -> None:
    """`error_messages` of a column take the place of those of its validators and choices."""
    assert refused(code="toolong") == [("Five at most", "max_length")]
    assert refused(share="0.70") == [("No such share", "invalid_choice")]


def test_choices() -> None:
    """Those of integers, those that a program makes, and those of decimals; None where the column has it."""
    assert SampleSerializer.validate({"level": 2, "shift": "night", "share": None}).level == 2
    assert SampleSerializer.validate({"level": None}).level is None
    assert [kind for _, kind in refused(level=3)] == ["enum"]
    assert refused(shift="noon")[0][1] == "invalid_choice"


def test_choices_that_change() -> None:
    """Choices that a program makes are asked for each time."""
    column = Sample._meta.get_field("shift")
    before = column.choices
    column.choices = lambda: [("noon", "Noon")]
    try:
        made = serializer_of(Sample, ("shift",))
        assert made.validate({"shift": "noon"}).shift == "noon"
        column.choices = lambda: [("dawn", "Dawn")]
        assert made.validate({"shift": "dawn"}).shift == "dawn"
    finally:
        column.choices = before


def test_own_classes_of_columns() -> None:
    """One that derives from a class of Django's has its type; of another the type is to be declared."""
    assert SampleSerializer.validate({"title": "abc"}).title == "abc"
    with pytest.raises(DeclarationError, match=r"Made\.Meta: point is a Point, .* declare it in the class, as point: "):
        serializer_of(Place)

    class Declared(ModelSerializer):
        point: str

        class Meta:
            model = Place
            fields = ("name", "point")

    assert Declared.validate({"name": "x", "point": "1,2"}).point == "1,2"


def test_times_have_no_zone() -> None:
    """Django keeps no time with an offset, so the client is told."""
    assert SampleSerializer.validate({"time": "10:00:00"}).time == datetime.time(10)
    assert refused(time="10:00:00Z")[0][1] == "timezone_naive"


def test_inherited_models() -> None:
    """Columns of a parent are those of the child, without the link between them; a proxy has those of its model."""
    assert list(hints(serializer_of(Bakery))) == ["id", "name", "ovens"]
    assert list(hints(serializer_of(CornerShop))) == ["id", "name"]


def test_keys() -> None:
    """A relation to a column has its type, and a key of several columns is a tuple."""
    assert hints(serializer_of(Desk))["room"] is str
    assert hints(serializer_of(Desk, ("room_id", "lead_id"))) == {"room_id": str, "lead_id": int | None}
    assert hints(serializer_of(Seat, ("pk",))) == {"pk": tuple[int, int]}


def test_help_text_waits_for_the_language() -> None:
    """A description is translated when the schema is made, not when the class is."""
    with translation.override("de"):
        described = json_schema(SampleSerializer)["properties"]["number"]["description"]

    assert described == "An even number"
    assert not isinstance(SampleSerializer.__serializer__.by_name["number"].options.description, str)


def test_limits_of_numbers() -> None:
    """Digits count, as the column's precision has it."""
    assert SampleSerializer.validate({"share": "1.00"}).share == Decimal("1.00")
    assert "max_digits" in [kind for _, kind in refused(share="100.00")]
