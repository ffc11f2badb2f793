"""Serializers of models on a real PostgreSQL, beside the default database: arrays, races, several databases."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("psycopg", reason="needs psycopg, the extra bolt-django[postgresql]")

from bolt_django.serializers import ModelSerializer
from bolt_serializers import DeclarationError, ValidationError
from boltsite.columns.models import Desk, Room, Sample, Shop, Team, even
from boltsite.settings import database_of
from django.contrib.postgres.fields import ArrayField, HStoreField, IntegerRangeField
from django.db import connections, models, transaction
from django.db.models.signals import post_save
from pytest_django import DjangoDbBlocker, Settings

ALIAS = "postgres"


class Arrays(models.Model):
    """Columns that PostgreSQL alone has; the table is made here."""

    numbers = ArrayField(models.IntegerField(validators=[even]), size=3, default=list)
    words = ArrayField(models.CharField(max_length=3), null=True, blank=True)
    grid = ArrayField(ArrayField(models.IntegerField()), default=list, blank=True)

    class Meta:
        app_label = "columns"
        managed = False


class Labels(models.Model):
    """Others of PostgreSQL's, whose table nothing needs."""

    labels = HStoreField(default=dict)
    span = IntegerRangeField(null=True)

    class Meta:
        app_label = "columns"
        managed = False


class ToPostgres:
    """A router that writes there."""

    def db_for_write(self, model: Any, **hints: Any) -> str:
        """For every model."""
        return ALIAS


class ArraysSerializer(ModelSerializer):
    class Meta:
        model = Arrays
        fields = "__all__"


class ShopSerializer(ModelSerializer):
    class Meta:
        model = Shop
        fields = ("id", "name")


class SampleSerializer(ModelSerializer):
    class Meta:
        model = Sample
        fields = "__all__"


@pytest.fixture(scope="module")
def server(postgres: dict[str, str], django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The server as a further database; its tables are migrated, but for that of Arrays."""
    default = connections.databases["default"]
    connections.databases[ALIAS] = {**default, **database_of(postgres["DATABASE_URL"])}
    with django_db_blocker.unblock():
        with connections[ALIAS].schema_editor() as editor:
            editor.create_model(Arrays)
        yield
        connections[ALIAS].close()
    del connections[ALIAS]
    del connections.databases[ALIAS]


@pytest.fixture(autouse=True)
def on_postgres(server: None, settings: Settings, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Everything is written there, and gone after the test."""
    settings.DATABASE_ROUTERS = [ToPostgres()]
    with django_db_blocker.unblock():
        yield
        for model in (Desk, Room, Team, Sample, Shop, Arrays):
            model._base_manager.using(ALIAS).all().delete()


def refused(made: Any, *args: Any) -> list[tuple[Any, str]]:
    """Place and type of what saving refuses."""
    with pytest.raises(ValidationError) as raised:
        made.save(*args)
    return [(error["loc"], error["type"]) for error in raised.value.errors()]


def test_arrays() -> None:
    """Values have the type of the array's; its items are checked as the column has it."""
    hints = {one.name: one.hint for one in ArraysSerializer.__serializer__.fields}
    assert (hints["numbers"], hints["words"], hints["grid"]) == (list[int], list[str] | None, list[list[int]])

    made = ArraysSerializer.validate({"numbers": [2, 4], "words": ["a"], "grid": [[1], [2]]}).create()
    assert ArraysSerializer.from_model(Arrays.objects.using(ALIAS).get(pk=made.pk)).dump() == {
        "id": made.pk,
        "numbers": [2, 4],
        "words": ["a"],
        "grid": [[1], [2]],
    }


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"numbers": [3]}, "item_invalid"),
        ({"numbers": [2, 2, 2, 2]}, "max_length"),
        ({"words": ["long"]}, "item_invalid"),
        ({"words": ["a\0"]}, "null_characters_not_allowed"),
        ({"grid": [[1], [2, 3]]}, "nested_array_mismatch"),
    ],
)
def test_wrong_arrays(data: dict[str, Any], kind: str) -> None:
    """What the column's own checks refuse is told with its name."""
    with pytest.raises(ValidationError) as raised:
        ArraysSerializer.validate(data).create()

    assert [(one["loc"], one["type"]) for one in raised.value.errors()] == [((*data,), kind)]


def test_other_types() -> None:
    """An HStore holds texts; of a range nothing is known, so it is to be declared."""
    meta = {"model": Labels, "fields": ("labels",)}
    body = {"__module__": __name__, "Meta": type("Meta", (), meta)}
    made = type(ModelSerializer)("Made", (ModelSerializer,), body)

    assert made.validate({"labels": {"a": "b", "c": None}}).labels == {"a": "b", "c": None}
    with pytest.raises(DeclarationError, match="span is a IntegerRangeField"):
        type(ModelSerializer)(
            "Made", (ModelSerializer,), body | {"Meta": type("Meta", (), meta | {"fields": ("span",)})}
        )


def test_every_column() -> None:
    """Rows come back as they went in."""
    data = {"at": "2026-01-01T00:00:00Z", "time": "10:00:00", "lasts": "P1DT2H", "details": {"a": [None]}, "level": 2}
    made = SampleSerializer.validate(data).create()

    shown = SampleSerializer.from_model(Sample.objects.using(ALIAS).get()).dump()
    assert SampleSerializer.from_model(made).dump() == shown
    assert (shown["details"], shown["twice"], shown["rank"]) == ({"a": [None]}, 4, 7)


def test_the_check_asks_where_the_row_goes() -> None:
    """The database of the object, or the router's, is asked for rivals and for related objects, not the default."""
    shop = ShopSerializer.validate({"name": "here"}).create()

    assert shop._state.db == ALIAS
    assert refused(ShopSerializer.validate({"name": "here"})) == [(("name",), "unique")]
    ShopSerializer.validate({"name": "here"}).update(shop)
    room, team = Room.objects.using(ALIAS).create(name="hall"), Team.objects.using(ALIAS).create(name="one")

    class DeskSerializer(ModelSerializer):
        class Meta:
            model = Desk
            fields = ("room", "teams")

    desk = DeskSerializer.validate({"room": room.name, "teams": [team.pk]}).create()
    assert list(desk.teams.all()) == [team]


def test_two_at_once() -> None:
    """Of two that take a name at the same time one is told as if the other had been there before; both can go on."""
    meet, told = threading.Barrier(2, timeout=30), []
    checks = Shop._perform_unique_checks

    def check_together(self: Any, unique_checks: Any) -> Any:
        found = checks(self, unique_checks)
        if not self.__dict__.pop("_met", False):
            self._met = True
            meet.wait()
        return found

    def take() -> None:
        try:
            with transaction.atomic(using=ALIAS):
                try:
                    ShopSerializer.validate({"name": "corner"}).create()
                    told.append("made")
                except ValidationError as error:
                    told.append(str([(one["loc"], one["type"]) for one in error.errors()]))
                # The transaction is usable after it.
                told.append(str(Shop.objects.using(ALIAS).count()))
        finally:
            connections[ALIAS].close()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Shop, "_perform_unique_checks", check_together)
        threads = [threading.Thread(target=take) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(told) == ["1", "1", "[(('name',), 'unique')]", "made"]


def test_a_related_object_that_goes_meanwhile() -> None:
    """PostgreSQL asks for keys at the end of the transaction; what it refuses then is told as the check does."""
    room, team = Room.objects.using(ALIAS).create(name="hall"), Team.objects.using(ALIAS).create(name="one")

    class DeskSerializer(ModelSerializer):
        class Meta:
            model = Desk
            fields = ("room", "teams")

    def remove_meanwhile(**kwargs: Any) -> None:
        def remove() -> None:
            Team.objects.using(ALIAS).all().delete()
            connections[ALIAS].close()

        thread = threading.Thread(target=remove)
        thread.start()
        thread.join()

    # Sent after all checks, before the relation is written.
    post_save.connect(remove_meanwhile, sender=Desk)
    try:
        assert refused(DeskSerializer.validate({"room": room.name, "teams": [team.pk]})) == [
            (("teams", 0), "does_not_exist")
        ]
    finally:
        post_save.disconnect(remove_meanwhile, sender=Desk)
    assert not Desk.objects.using(ALIAS).exists()
