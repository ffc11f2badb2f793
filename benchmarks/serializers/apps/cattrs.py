"""attrs classes, structured by cattrs, with msgspec for JSON."""

import datetime as dt

import attrs
from cattrs.preconf.msgspec import make_converter

from benchmarks.serializers.apps import data


@attrs.define
class Person:
    id: int
    name: str
    email: str
    score: float
    joined: dt.datetime


@attrs.define
class CheckedPerson:
    id: int
    name: str
    email: str = attrs.field(converter=data.check)
    score: float
    joined: dt.datetime


@attrs.define
class Line:
    sku: str
    quantity: int
    price: float


@attrs.define
class Order:
    id: int
    customer: Person
    lines: list[Line]
    note: str | None


def work():
    converter = make_converter()
    loads, dumps = converter.loads, converter.dumps
    one, many = loads(data.ONE_JSON, Person), loads(data.MANY_JSON, list[Person])
    nested = loads(data.NESTED_JSON, Order)
    return {
        "in-one": lambda: loads(data.ONE_JSON, Person),
        "in-list": lambda: loads(data.MANY_JSON, list[Person]),
        "in-nested": lambda: loads(data.NESTED_JSON, Order),
        "in-one-validated": lambda: loads(data.ONE_JSON, CheckedPerson),
        "in-list-validated": lambda: loads(data.MANY_JSON, list[CheckedPerson]),
        "out-one": lambda: dumps(one),
        "out-list": lambda: dumps(many),
        "dict-one": lambda: attrs.asdict(one),
        "dict-nested": lambda: attrs.asdict(nested),
    }
