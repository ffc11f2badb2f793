"""JSON of what leaves."""

import datetime as dt
import enum
import math
import uuid
from decimal import Decimal
from typing import Any

import pytest
from bolt_core.encoding import JSON_ENCODER, register_encoder


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.50"), b'"1.50"'),
        (math.nan, b"null"),
        (math.inf, b"null"),
        (2**80, b"1208925819614629174706176"),
        (uuid.UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        (dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), b'"2026-01-02T03:04:05Z"'),
        (dt.timedelta(minutes=90), b'"PT5400S"'),
        (Colour.RED, b'"red"'),
        ((1, 2), b"[1,2]"),
        ("é", '"é"'.encode()),
        (type("Frozen", (dt.datetime,), {})(2026, 1, 2, tzinfo=dt.UTC), b'"2026-01-02T00:00:00Z"'),
        (type("Frozen", (dt.datetime,), {})(2026, 1, 2), b'"2026-01-02T00:00:00"'),
        (type("Frozen", (dt.date,), {})(2026, 1, 2), b'"2026-01-02"'),
        (type("Amount", (Decimal,), {})("1.50"), b'"1.50"'),
    ],
)
def test_values_are_written_as_documented(value: Any, text: bytes) -> None:
    """Numbers that JSON cannot hold are `null`, decimals keep their digits."""
    assert JSON_ENCODER.encode(value) == text


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents


class Price(Money):
    pass


@pytest.mark.usefixtures("registries")
def test_a_registered_type_is_written_by_its_function() -> None:
    """So are its subclasses, at any depth of the data."""
    register_encoder(Money, lambda money: money.cents / 100)

    assert JSON_ENCODER.encode({"a": [Money(150), Price(250)]}) == b'{"a":[1.5,2.5]}'


def test_an_unknown_type_is_refused_with_the_remedy() -> None:
    """The message goes to the log, for its author."""
    with pytest.raises(TypeError, match=r"register_encoder\(Money"):
        JSON_ENCODER.encode([Money(1)])
