"""JSON of what leaves."""

import datetime as dt
import enum
import math
import uuid
from decimal import Decimal
from typing import Any

import pytest
from bolt_serializers import encoding
from bolt_serializers.encoding import JSON_ENCODER, before_iterators, encode_strict, register_encoder


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


@pytest.mark.usefixtures("registries")
def test_what_has_to_happen_before_an_iterator_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it raises leaves the iterator unread; other values are none of its business."""
    monkeypatch.setattr(encoding, "_before_iterators", [])
    iterator = iter([1, 2])
    register_encoder(type(iterator), list)

    def refuse() -> None:
        raise RuntimeError("not here")

    before_iterators(refuse)
    with pytest.raises(RuntimeError, match="not here"):
        JSON_ENCODER.encode([iterator])
    assert JSON_ENCODER.encode(range(2)) == b"[0,1]"
    before_iterators(lambda: None)
    assert JSON_ENCODER.encode(iterator) == b"[1,2]"


@pytest.mark.parametrize(
    ("value", "place"),
    [({"a": [1.5, math.nan]}, r"\$\.a\[1\]"), (math.inf, r"\$"), ({"a": {"b": -math.inf}}, r"\$\.a\.b")],
)
def test_strict_json_has_no_null_for_a_number(value: Any, place: str) -> None:
    """It says where the number is that JSON cannot express, and what the caller knows to do about it."""
    with pytest.raises(ValueError, match=rf"at {place}, which JSON cannot express.*; round it$"):
        encode_strict(value, "round it")
    with pytest.raises(ValueError, match=r"\(RFC 8259 §6\)$"):
        encode_strict(value)


def test_strict_json_takes_a_null_that_is_meant() -> None:
    """And numbers that are."""
    assert encode_strict({"a": None, "b": 1.5}) == b'{"a":null,"b":1.5}'
