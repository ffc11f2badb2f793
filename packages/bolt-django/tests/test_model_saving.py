"""What is saved of data, and what a row is that code of the model's changes as well."""

import asyncio
from typing import Any

import pytest
from bolt_django.in_tests import client_session
from bolt_django.serializers import ModelSerializer
from bolt_serializers import DeclarationError, Partial, Serializer, ValidationError, field
from boltsite.columns.models import Desk, Place, Room, Sample, Sticker, Team
from django.db import DatabaseError
from django.db.models.signals import m2m_changed, pre_save

pytestmark = pytest.mark.django_db


class SampleSerializer(ModelSerializer):
    class Meta:
        model = Sample
        fields = "__all__"


class RoomSerializer(ModelSerializer):
    class Meta:
        model = Room
        fields = ("name", "door")


class DeskSerializer(ModelSerializer):
    class Meta:
        model = Desk
        fields = ("id", "room", "teams", "lead")


@pytest.fixture
def team() -> Team:
    """One that may have desks."""
    return Team.objects.create(name="one")


@pytest.fixture
def room() -> Room:
    """One that is open."""
    return Room.objects.create(name="hall")


def refused(made: Any, *args: Any, **extra: Any) -> list[tuple[Any, str]]:
    """Place and type of what saving refuses."""
    with pytest.raises(ValidationError) as raised:
        made.save(*args, **extra)
    return [(error["loc"], error["type"]) for error in raised.value.errors()]


def test_what_is_left_out_is_saved_as_the_model_has_it() -> None:
    """Defaults and None are right for the row although Django's forms would not take them from a person."""
    sample = SampleSerializer.validate({}).create()

    sample.refresh_from_db()
    assert (sample.details, sample.notes, sample.level, sample.maybe, sample.rank) == ({}, "", None, None, 7)
    shown = SampleSerializer.from_model(sample)
    assert (shown.twice, shown.notes) == (4, "")


def test_what_the_database_computes_is_there_after_an_update() -> None:
    """A generated column is that of the new values."""
    sample = SampleSerializer.validate({}).create()

    Partial[SampleSerializer].validate({"number": 8}).update(sample)

    assert SampleSerializer.from_model(sample).twice == 16


@pytest.mark.parametrize("data", [{"title": "a\0"}, {"details": {"a": ["\0"]}}, {"details": {"\0": 1}}])
def test_null_characters(data: dict[str, Any]) -> None:
    """PostgreSQL holds none, so no database of a project is given one."""
    assert refused(SampleSerializer.validate(data)) == [((*data,), "null_characters_not_allowed")]


def test_keys_with_null_characters(room: Room, team: Team) -> None:
    """They are no question to a database either."""
    made = DeskSerializer.validate({"room": "\0", "teams": [team.pk]})

    assert refused(made) == [(("room",), "null_characters_not_allowed")]


def test_related_objects_are_those_that_anybody_can_see(room: Room, team: Team) -> None:
    """What the default manager hides, or limit_choices_to leaves out, does not exist for data."""
    Room.objects.create(name="old", closed=True)
    asleep = Team.objects.create(name="two", active=False)
    made = DeskSerializer.validate({"room": "old", "lead": asleep.pk, "teams": [team.pk, asleep.pk]})

    assert refused(made) == [
        (("room",), "does_not_exist"),
        (("lead",), "does_not_exist"),
        (("teams", 1), "does_not_exist"),
    ]


def test_the_program_sees_more_than_its_clients(team: Team) -> None:
    """What is handed to create() may be hidden from everybody else."""
    old = Room.objects.create(name="old", closed=True)

    made = DeskSerializer.validate({"room": "hall", "teams": [team.pk]}).create(room=old)

    assert Desk.objects.values_list("room", flat=True).get(pk=made.pk) == "old"


def test_clean_may_rely_on_relations(team: Team) -> None:
    """A key that leads nowhere is told before clean() asks for the object."""
    assert refused(DeskSerializer.validate({"room": "nowhere", "teams": [team.pk]})) == [(("room",), "does_not_exist")]
    Room.objects.create(name="attic")
    assert refused(DeskSerializer.validate({"room": "attic", "teams": [team.pk]})) == [((), "value_error")]


def test_a_relation_to_many_that_must_not_be_empty(room: Room) -> None:
    """`blank=False` of a many-to-many relation."""
    assert refused(DeskSerializer.validate({"room": "hall", "teams": []})) == [(("teams",), "blank")]


def test_nothing_is_left_where_a_relation_fails(room: Room, team: Team) -> None:
    """Row and relations are one transaction."""

    def fail(action: str, **kwargs: Any) -> None:
        raise ZeroDivisionError(action)

    m2m_changed.connect(fail, sender=Desk.teams.through)
    try:
        with pytest.raises(ZeroDivisionError, match="pre_add"):
            DeskSerializer.validate({"room": "hall", "teams": [team.pk]}).create()
    finally:
        m2m_changed.disconnect(fail, sender=Desk.teams.through)
    assert not Desk.objects.exists()


def test_keys_by_the_names_of_their_columns(room: Room, team: Team) -> None:
    """create() takes `room_id`, as the model's constructor does."""

    class Empty(ModelSerializer):
        class Meta:
            model = Desk
            fields = ("teams",)

    assert Empty.validate({"teams": [team.pk]}).create(room_id="hall").room == room


def test_only_what_is_said_is_written(room: Room, team: Team) -> None:
    """What another has changed meanwhile stays; columns with auto_now are written, also with relations alone."""
    desk = DeskSerializer.validate({"room": "hall", "teams": [team.pk]}).create()
    before = desk.changed
    Desk.objects.update(lead=team)

    Partial[DeskSerializer].validate({"teams": [team.pk]}).update(desk)

    desk.refresh_from_db()
    assert desk.lead == team
    assert desk.changed > before


def test_a_model_that_saves_by_itself(room: Room) -> None:
    """All is written where save() is the model's own: it may have set other columns."""
    made = RoomSerializer.validate({"name": "Cellar"}).create()
    RoomSerializer.validate({"name": "Attic"}).update(made)

    made.refresh_from_db()
    assert made.slug == "attic"


def test_a_row_that_is_gone_stays_gone(room: Room, team: Team) -> None:
    """An update makes no new row, be all of it written or a part."""
    desk = DeskSerializer.validate({"room": "hall", "teams": [team.pk]}).create()
    Desk.objects.all().delete()
    Room.objects.all().delete()

    with pytest.raises(DatabaseError):
        RoomSerializer.validate({"name": "hall"}).update(room)
    with pytest.raises(DatabaseError):
        Partial[DeskSerializer].validate({"lead": team.pk}).update(desk)
    assert not Room.objects.exists()


def test_receivers_may_change_other_columns(team: Team) -> None:
    """All is written where somebody listens to pre_save."""

    class TeamSerializer(ModelSerializer):
        class Meta:
            model = Team
            fields = ("name",)

    def put_to_sleep(instance: Team, **kwargs: Any) -> None:
        instance.active = False

    pre_save.connect(put_to_sleep, sender=Team)
    try:
        TeamSerializer.validate({"name": "two"}).update(team)
    finally:
        pre_save.disconnect(put_to_sleep, sender=Team)

    team.refresh_from_db()
    assert not team.active


def test_columns_that_change_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column of the project's own that says its value before it is saved is written as well."""
    place = Place.objects.create(name="here")
    kind = type(Place._meta.get_field("point"))
    monkeypatch.setattr(kind, "pre_save", lambda self, instance, add: "1,1", raising=False)

    class Named(ModelSerializer):
        class Meta:
            model = Place
            fields = ("name",)

    Named.validate({"name": "there"}).update(place)

    assert Place.objects.values_list("name", "point").get() == ("there", "1,1")


class TeamIn(Serializer):
    name: str


class Nested(ModelSerializer):
    teams: list[TeamIn]

    class Meta:
        model = Desk
        fields = ("room", "teams")


def test_nested_data_is_refused(room: Room) -> None:
    """It is the program's mistake, told with the remedy."""
    made = Nested.validate({"room": "hall", "teams": [{"name": "a"}]})

    with pytest.raises(DeclarationError, match=r"Nested\.teams holds the data .* super\(\)\.create\(teams=saved\)"):
        made.create()


def test_nested_data_that_the_class_saves(room: Room) -> None:
    """The remedy works: create() of the class hands on what it has saved."""

    class Own(Nested):
        class Meta(Nested.Meta):
            pass

        def create(self, **extra: Any) -> Any:
            return super().create(teams=[Team.objects.create(name=one.name) for one in self.teams], **extra)

    desk = Own.validate({"room": "hall", "teams": [{"name": "a"}, {"name": "b"}]}).create()

    assert sorted(one.name for one in desk.teams.all()) == ["a", "b"]


def test_generic_relations(team: Team) -> None:
    """The program hands over the object; data sets the two columns."""

    class Out(ModelSerializer):
        class Meta:
            model = Sticker
            fields = ("text",)

    assert Out.validate({"text": "a"}).create(target=team).target == team


async def test_the_event_loop_is_free() -> None:
    """Coroutines check and save off the loop, and say what is wrong as the rest does."""
    with client_session():
        room, _ = await asyncio.gather(RoomSerializer.validate({"name": "hall"}).acreate(), asyncio.sleep(0))
        await Partial[RoomSerializer].validate({"door": "left"}).aupdate(room)
        with pytest.raises(ValidationError, match="Taken"):
            await RoomSerializer.validate({"name": "attic", "door": "left"}).asave()
        assert [one.door async for one in Room.objects.all()] == ["left"]


def test_declared_sources(room: Room, team: Team) -> None:
    """An alias is the name in errors, a source the column that is set."""

    class Aliased(ModelSerializer):
        place: str = field(source="room", alias="where")

        class Meta:
            model = Desk
            fields = ("place", "teams")

    assert refused(Aliased.validate({"where": "no", "teams": [team.pk]})) == [(("where",), "does_not_exist")]
    assert Aliased.validate({"where": "hall", "teams": [team.pk]}).create().room == room
