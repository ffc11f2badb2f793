"""Values that a database cannot hold, or holds otherwise."""

import datetime

import pytest
from bolt_django.model_values import held, in_zone
from bolt_django.serializers import ModelSerializer
from bolt_serializers import ValidationError
from boltsite.columns.models import Sample
from django.utils import timezone
from pytest_django import Settings

NOON = datetime.datetime(2026, 7, 1, 12)  # noqa: DTZ001 — naive on purpose.


class Moment(ModelSerializer):
    class Meta:
        model = Sample
        fields = ("at", "lasts")


def test_a_time_without_an_offset_is_of_the_current_zone() -> None:
    """As in Django's forms, with USE_TZ."""
    with timezone.override("Europe/Berlin"):
        made = Moment.validate({"at": "2026-07-01T12:00:00"})

    assert made.at is not None
    assert made.at.astimezone(datetime.UTC).hour == 10


@pytest.mark.parametrize("hour", ["2026-03-29T02:30", "2026-10-25T02:30"])
def test_an_hour_that_a_clock_skips_or_has_twice(hour: str) -> None:
    """Refused, as Django's forms refuse it: which moment it is nobody can tell."""
    with timezone.override("Europe/Berlin"), pytest.raises(ValidationError) as raised:
        in_zone(datetime.datetime.fromisoformat(hour))
    assert raised.value.errors()[0]["type"] == "timezone_aware"


def test_without_zones_a_time_is_of_the_project(settings: Settings) -> None:
    """With USE_TZ = False columns hold the time of TIME_ZONE, without an offset."""
    settings.USE_TZ, settings.TIME_ZONE = False, "Europe/Berlin"

    assert in_zone(NOON.replace(tzinfo=datetime.UTC)) == NOON.replace(hour=14)
    assert in_zone(NOON) is NOON


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_before_or_after_all_others(value: str) -> None:
    """What is no year of the calendar in UTC is the client's mistake."""
    with pytest.raises(ValidationError) as raised:
        Moment.validate({"at": value})

    assert [(one["loc"], one["type"]) for one in raised.value.errors()] == [(("at",), "datetime_out_of_range")]


def test_a_duration_that_no_column_holds() -> None:
    """SQLite and others hold microseconds in 64 bits."""
    longest = datetime.timedelta(microseconds=2**63 - 1)

    assert held(longest) is longest
    with pytest.raises(ValidationError) as raised:
        Moment.validate({"lasts": "P999999999D"})
    assert raised.value.errors()[0]["type"] == "duration_out_of_range"
