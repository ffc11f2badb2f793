"""Columns, relations and constraints that are out of the ordinary."""

import datetime
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy


def even(value: int) -> None:
    """Refuse odd numbers, in words with a parameter."""
    if value % 2:
        raise ValidationError(gettext_lazy("%(value)s is odd"), code="odd", params={"value": value})


def shifts() -> list[tuple[str, str]]:
    """Choices that a program makes."""
    return [("day", "Day"), ("night", "Night")]


class Title(models.CharField):
    """A class of the project's own, derived from one of Django's."""


class Point(models.Field):
    """One that nothing is known of."""

    def db_type(self, connection: Any) -> str:
        """Text."""
        return "text"


class Place(models.Model):
    """Has a column that nothing is known of."""

    point = Point(default="0,0")
    name = models.CharField(max_length=9)


class Visit(models.Model):
    """Of a place."""

    place = models.ForeignKey(Place, models.CASCADE)


class Sample(models.Model):
    """Columns, each with a peculiarity."""

    class Level(models.IntegerChoices):
        """Of a sample."""

        LOW = 1
        HIGH = 2

    title = Title(max_length=5, default="a")
    number = models.IntegerField(
        default=2,
        validators=[even, MaxValueValidator(100, "At most %(limit_value)s, not %(show_value)s")],
        help_text=gettext_lazy("An even number"),
    )
    twice = models.GeneratedField(
        expression=models.F("number") * 2, output_field=models.IntegerField(), db_persist=True
    )
    level = models.IntegerField(choices=Level, null=True)
    shift = models.CharField(max_length=5, choices=shifts, default="day")
    share = models.DecimalField(
        max_digits=3, decimal_places=2, choices=[(Decimal("0.50"), "Half"), (Decimal("1.00"), "All")], null=True,
        error_messages={"invalid_choice": "No such share"},
    )  # fmt: skip
    code = models.SlugField(max_length=5, null=True, blank=True, error_messages={"max_length": "Five at most"})
    maybe = models.BooleanField(null=True)
    details = models.JSONField(default=dict)
    notes = models.CharField(max_length=5, default="")
    at = models.DateTimeField(null=True)
    time = models.TimeField(null=True)
    lasts = models.DurationField(default=datetime.timedelta(hours=1))
    rank = models.IntegerField(db_default=7)
    changed = models.DateTimeField(auto_now=True)


class Visible(models.Manager["Room"]):
    """Hides what is closed."""

    def get_queryset(self) -> models.QuerySet["Room"]:
        """Open rooms."""
        return super().get_queryset().filter(closed=False)


class Room(models.Model):
    """Its default manager hides rows, which are as unique as all others."""

    name = models.CharField(max_length=9, unique=True)
    door = models.CharField(max_length=9, blank=True)
    closed = models.BooleanField(default=False)
    slug = models.SlugField(editable=False)

    objects = Visible()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["door"], condition=~models.Q(door=""), name="one_door", violation_error_message="Taken"
            ),
            models.UniqueConstraint(Lower("name"), name="name_in_any_case"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Set a column that the caller does not know of."""
        self.slug = self.name.lower()
        super().save(*args, **kwargs)


class Desk(models.Model):
    """In a room, and used by teams that exist."""

    room = models.ForeignKey(Room, models.CASCADE, to_field="name", related_name="desks")
    teams = models.ManyToManyField("Team", limit_choices_to={"active": True}, related_name="desks")
    lead = models.ForeignKey("Team", models.SET_NULL, null=True, blank=True, limit_choices_to={"active": True})
    changed = models.DateTimeField(auto_now=True)

    def clean(self) -> None:
        """Asks for the object that a key leads to."""
        if self.room.name == "attic":
            raise ValidationError("Too hot")


class Team(models.Model):
    """Active or not."""

    name = models.CharField(max_length=9)
    active = models.BooleanField(default=True)


class Seat(models.Model):
    """Its key has two columns."""

    pk = models.CompositePrimaryKey("row", "number")
    row = models.IntegerField()
    number = models.IntegerField()
    label = models.CharField(max_length=9, default="free")


class Sticker(models.Model):
    """On anything."""

    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveIntegerField()
    target = GenericForeignKey()
    text = models.CharField(max_length=9)

    def describe(self, language: str) -> str:
        """A method that asks for more."""
        return f"{language}: {self.text}"


class Shop(models.Model):
    """Others derive from it."""

    name = models.CharField(max_length=9, unique=True)


class Bakery(Shop):
    """With a table of its own."""

    ovens = models.IntegerField(default=1)


class CornerShop(Shop):
    """Without one."""

    class Meta:
        proxy = True
