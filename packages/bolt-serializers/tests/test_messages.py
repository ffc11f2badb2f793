"""msgspec's messages become types of errors that programs can rely on."""

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
import pytest
from bolt_serializers.messages import parse_message
from msgspec import Meta


class Closed(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class Cat(msgspec.Struct, tag="cat"):
    pass


class Dog(msgspec.Struct, tag="dog"):
    pass


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("annotation", "value", "text", "kind", "ctx"),
    [
        (int, "a", "Expected `int`, got `str`", "type_error", None),
        (Annotated[int, Meta(ge=3)], 2, "Must be at least 3", "greater_than_equal", {"ge": 3}),
        (Annotated[int, Meta(gt=-3)], -3, "Must be at least -2", "greater_than_equal", {"ge": -2}),
        (Annotated[float, Meta(gt=0.5)], 0.5, "Must be greater than 0.5", "greater_than", {"gt": 0.5}),
        (Annotated[float, Meta(lt=1e30)], 1e31, "Must be less than 1e+30", "less_than", {"lt": 1e30}),
        (Annotated[float, Meta(le=5)], 6.0, "Must be at most 5.0", "less_than_equal", {"le": 5.0}),
        (Annotated[int, Meta(multiple_of=5)], 6, "Must be a multiple of 5", "multiple_of", {"multiple_of": 5}),
        (Annotated[str, Meta(min_length=3)], "a", "Must have a length of at least 3", "too_short", {"min_length": 3}),
        (
            Annotated[list[int], Meta(max_length=0)],
            [1],
            "Must have a length of at most 0",
            "too_long",
            {"max_length": 0},
        ),
        (
            Annotated[str, Meta(pattern="^'a\"b\\d$")],
            "x",
            "Must match the pattern ^'a\"b\\d$",
            "pattern_mismatch",
            None,
        ),
        (tuple[int, int], [1], "Expected 2 values, got 1", "wrong_length", {"length": 2}),
        (Annotated[dt.datetime, Meta(tz=True)], "2026-01-01T00:00:00", "Must have a time zone", "timezone_aware", None),
        (Annotated[dt.time, Meta(tz=False)], "10:00:00Z", "Must have no time zone", "timezone_naive", None),
        (Literal["a"], "b", "Invalid enum value 'b'", "enum", None),
        (Colour, "blue", "Invalid enum value 'blue'", "enum", None),
        (uuid.UUID, "x", "Expected a UUID", "uuid_parsing", None),
        (dt.date, "x", "Expected a date as YYYY-MM-DD", "date_parsing", None),
        (dt.time, "x", "Expected a time as HH:MM:SS", "time_parsing", None),
        (dt.datetime, "x", "Expected a date and time as YYYY-MM-DDTHH:MM:SS", "datetime_parsing", None),
        (dt.timedelta, "x", "Expected an ISO 8601 duration such as PT1H30M", "duration_parsing", None),
        (Decimal, "x", "Expected a decimal number", "decimal_parsing", None),
        (bytes, "!", "Expected text in base64", "base64_parsing", None),
        (Cat | Dog, {"type": "fish"}, "Invalid value 'fish'", "enum", None),
    ],
)
def test_each_message_of_msgspec_has_its_type(annotation: Any, value: Any, text: str, kind: str, ctx: Any) -> None:
    """As msgspec words it today, told as of any other parameter."""
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, annotation)
    _, told, type_, context = parse_message(str(caught.value))

    assert (told, type_) == (text, kind)
    if kind == "pattern_mismatch":
        ctx = {"pattern": annotation.__metadata__[0].pattern}
    assert context == ctx


@pytest.mark.parametrize(
    ("message", "path", "text", "kind"),
    [
        ("Expected `int`, got `str` - at `$.x[0].y`", ("x", 0, "y"), "Expected `int`, got `str`", "type_error"),
        ("Expected `int` >= 6 - at `$[...]`", ("...",), "Must be at least 6", "greater_than_equal"),
        ("Expected `int`, got `str` - at `key` in `$.a`", ("a",), "Expected `int`, got `str`", "type_error"),
        ("Object missing required field `x` - at `$.a`", ("a", "x"), "Field required", "missing"),
        ("Object missing required field `x`", ("x",), "Field required", "missing"),
        ("Object contains unknown field `x` - at `$[2]`", (2, "x"), "Unexpected field", "unexpected"),
        ("Expected a finite number - at `$.a`", ("a",), "Expected a finite number", "finite_number"),
        ("plain words", (), "plain words", "value_error"),
        ("x" * 5000, (), "x" * 5000, "value_error"),
    ],
)
def test_a_message_is_taken_apart(message: str, path: tuple[Any, ...], text: str, kind: str) -> None:
    """Path, text and type."""
    assert parse_message(message)[:3] == (path, text, kind)
