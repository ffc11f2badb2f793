"""Bare msgspec: nothing is checked but types."""

import datetime as dt

import msgspec

from benchmarks.serializers.apps import data
from benchmarks.serializers.apps.django_models import OBJECTS


class Person(msgspec.Struct):
    id: int
    name: str
    email: str
    score: float
    joined: dt.datetime


class Line(msgspec.Struct):
    sku: str
    quantity: int
    price: float


class Order(msgspec.Struct):
    id: int
    customer: Person
    lines: list[Line]
    note: str | None


def work():
    one, many = msgspec.json.Decoder(Person).decode, msgspec.json.Decoder(list[Person]).decode
    nested = msgspec.json.Decoder(Order).decode
    encode = msgspec.json.Encoder().encode
    person, people, order = one(data.ONE_JSON), many(data.MANY_JSON), nested(data.NESTED_JSON)
    kept = (dt.datetime,)
    return {
        "in-one": lambda: one(data.ONE_JSON),
        "in-list": lambda: many(data.MANY_JSON),
        "in-nested": lambda: nested(data.NESTED_JSON),
        "out-one": lambda: encode(person),
        "out-list": lambda: encode(people),
        "dict-one": lambda: msgspec.structs.asdict(person),
        "dict-nested": lambda: msgspec.to_builtins(order, builtin_types=kept),
        "models": lambda: encode([Person(o.id, o.name, o.email, o.score, o.joined) for o in OBJECTS]),
    }
