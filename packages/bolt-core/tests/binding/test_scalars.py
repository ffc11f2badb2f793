"""Path and query values: what each type reads and what it refuses."""

import datetime as dt
import enum
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal, NewType

import msgspec
import pytest
from bolt_core.binding.hints import peel
from bolt_core.binding.scalars import item_reader, list_reader
from bolt_core.invalid import InvalidItems
from bolt_serializers.invalid import InvalidValue

UserId = NewType("UserId", int)
type Count = int
ID = uuid.UUID("00000000-0000-0000-0000-00000000002a")


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mixed(enum.Enum):
    TEXT = "x"
    NUMBER = 2
    HALF = 0.5


def reader(annotation: Any) -> Callable[[str], Any]:
    made = item_reader(annotation)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (int, "-7", -7),
        (int, "+7", 7),
        (int, "007", 7),
        (int, "9" * 40, int("9" * 40)),
        (float, "1e3", 1000.0),
        (float, "-.5", -0.5),
        (bool, "true", True),
        (bool, "FALSE", False),
        (bool, "1", True),
        (bool, "On", True),
        (bool, "yes", True),
        (bool, "off", False),
        (bool, "NO", False),
        (bool, "0", False),
        (str, "", ""),
        (str, "null", "null"),
        (Decimal, "1.10", Decimal("1.10")),
        (Decimal, "1E+2", Decimal("100")),
        (uuid.UUID, str(ID), ID),
        (uuid.UUID, ID.hex, ID),
        (dt.date, "2026-02-28", dt.date(2026, 2, 28)),
        (dt.time, "10:30:00", dt.time(10, 30)),
        (dt.datetime, "2026-01-02T03:04:05Z", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)),
        (dt.timedelta, "PT1H30M", dt.timedelta(minutes=90)),
        (dt.timedelta, "-P1D", dt.timedelta(days=-1)),
        (dt.timedelta, "P2W", dt.timedelta(weeks=2)),
        (dt.timedelta, "-p0,5w", dt.timedelta(days=-3.5)),
        (dt.timedelta, "PT1,5S", dt.timedelta(seconds=1.5)),
        (Colour, "red", Colour.RED),
        (Level, "2", Level.HIGH),
        (Mixed, "0.5", Mixed.HALF),
        (Literal["a", 1], "1", 1),
        (Literal["a", None], "a", "a"),
        (UserId, "5", 5),
        (Count, "5", 5),
        (int | None, "5", 5),
        (int | str, "5", 5),
        (int | str, "five", "five"),
        (str | int, "5", 5),
        (dt.date | int, "7", 7),
        (Annotated[int, msgspec.Meta(ge=5)], "5", 5),
        (Annotated[Decimal, msgspec.Meta(multiple_of=1)], "2.0", Decimal("2.0")),
    ],
)
def test_a_text_is_read(annotation: Any, text: str, value: Any) -> None:
    """Value and type are those of the annotation."""
    read = reader(annotation)(text)

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        *((int, text) for text in ("", " 1", "1 ", "1.0", "1e2", "1_000", "0x1", "٣", "9" * 5000, "null")),
        *((float, text) for text in ("", "nan", "NaN", "inf", "-Infinity", "1e999", "1_0", " 1", "0x1p3", "٣")),
        *((bool, text) for text in ("", "y", "2", "t", "null", " true")),
        *((Decimal, text) for text in ("", "NaN", "sNaN", "Infinity", "1_000", " 1", "1e99999999999999999999", "٣")),
        *((uuid.UUID, text) for text in ("", "42", "{" + str(ID) + "}", "urn:uuid:" + str(ID))),
        *((dt.date, text) for text in ("", "2026-02-30", "1600000000", "2026-02-28T00:00:00", "28.02.2026")),
        *((dt.time, text) for text in ("", "25:00:00", "10")),
        *((dt.datetime, text) for text in ("", "1600000000", "2026-01-02", "now")),
        *(
            (dt.timedelta, text)
            for text in ("", "3600", "1.5", "1 day", "P1Y", "PT", "PW", "P1W2D", "PT2W", "P" + "9" * 5000 + "W")
        ),
        *((Colour, text) for text in ("", "RED", "blue")),
        (Level, "3"),
        (Literal["a", "b"], "c"),
        (int | None, ""),
        (int | None, "null"),
        (int | float, "x"),
        (Annotated[int, msgspec.Meta(ge=5)], "4"),
        (Annotated[Decimal, msgspec.Meta(gt=5)], "5"),
    ],
)
def test_a_text_of_another_kind_is_refused(annotation: Any, text: str) -> None:
    """Nothing is guessed, and nothing raises but `ValueError`."""
    with pytest.raises(ValueError) as caught:
        reader(annotation)(text)

    assert len(str(caught.value)) < 200


def test_a_refusal_lists_the_choices() -> None:
    """Few choices are named."""
    with pytest.raises(ValueError, match="Expected one of: red, green"):
        reader(Colour)("blue")


def test_many_choices_are_only_counted() -> None:
    """A list of hundreds helps nobody."""
    numbers = enum.Enum("numbers", {f"n{index}": f"value-{index}" for index in range(100)})  # type: ignore[misc]
    with pytest.raises(ValueError, match="Expected one of 100 values"):
        reader(numbers)("x")


@pytest.mark.parametrize("annotation", [dict, list[int], object, bytes, complex, int | dict, msgspec.Struct, "text"])
def test_other_types_are_no_scalars(annotation: Any) -> None:
    """They have no reader, so registration can refuse them."""
    assert item_reader(annotation) is None


@pytest.mark.parametrize(
    ("annotation", "texts", "value"),
    [
        (list[uuid.UUID], [str(ID)], [ID]),
        (list[Annotated[int, msgspec.Meta(ge=1)]], ["1", "2", "2"], [1, 2, 2]),
        (set[Colour], ["red", "red"], {Colour.RED}),
        (frozenset[dt.date], ["2026-01-02"], frozenset({dt.date(2026, 1, 2)})),
        (tuple[Level, ...], ["1", "2"], (Level.LOW, Level.HIGH)),
        (tuple[int, str, float], ["1", "2", "2"], (1, "2", 2.0)),
        (list[int | str], ["1", "b"], [1, "b"]),
        (list[Count] | None, ["1"], ["1"]),
    ],
)
def test_repeated_values_fill_a_container(annotation: Any, texts: list[str], value: Any) -> None:
    """Order stays where the container has one."""
    read = list_reader(peel(annotation))

    assert read is not None
    kind, convert = read
    assert (convert(texts) if convert else texts) == value
    assert (kind == "int") is (convert is None)


@pytest.mark.parametrize(
    ("annotation", "kind", "make"),
    [
        (list, "str", None),
        (list[str], "str", None),
        (list[int | None], "int", None),
        (set[float], "float", set),
        (frozenset[bool], "bool", frozenset),
        (tuple[UserId, ...], "int", tuple),
        (tuple, "str", tuple),
    ],
)
def test_lists_of_plain_types_are_left_to_the_engine(annotation: Any, kind: str, make: Any) -> None:
    """It makes the list; only another container is made of it afterwards."""
    assert list_reader(peel(annotation)) == (kind, make)


def test_every_wrong_item_is_told() -> None:
    """With its index."""
    read = list_reader(peel(list[Annotated[int, msgspec.Meta(ge=1)]]))

    assert read is not None
    assert read[1] is not None
    with pytest.raises(InvalidItems) as caught:
        read[1](["a", "1", "0"])
    assert [(index, str(error)) for index, error in caught.value.items] == [
        (0, "Expected an integer"),
        (2, "Must be at least 1"),
    ]


def test_a_fixed_tuple_counts_its_values() -> None:
    """Too few and too many are refused alike."""
    read = list_reader(peel(tuple[int, int]))

    assert read is not None
    assert read[1] is not None
    with pytest.raises(InvalidValue, match="Expected 2 values, got 1") as caught:
        read[1](["1"])
    assert (caught.value.type, caught.value.ctx) == ("wrong_length", {"length": 2})


@pytest.mark.parametrize(
    "annotation", [list[dict[str, int]], list[list[int]], list[Any], tuple[int, dict[str, int]], int]
)
def test_other_containers_have_no_reader(annotation: Any) -> None:
    """A list of what is no scalar does not come from a query."""
    assert list_reader(peel(annotation)) is None
