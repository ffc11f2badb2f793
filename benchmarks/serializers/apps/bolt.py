"""bolt-serializers, as the framework calls it: a decoder of the class, the encoder of the process."""

import datetime as dt

from bolt_serializers import Serializer, field_validator
from bolt_serializers.decoding import Decoding
from bolt_serializers.encoding import JSON_ENCODER

from benchmarks.serializers.apps import data
from benchmarks.serializers.apps.django_models import OBJECTS


class Person(Serializer):
    id: int
    name: str
    email: str
    score: float
    joined: dt.datetime


class CheckedPerson(Serializer):
    id: int
    name: str
    email: str
    score: float
    joined: dt.datetime

    @field_validator("email")
    def check_email(cls, value):
        if "@" not in value:
            raise ValueError("Not an address")
        return value.lower()


class Line(Serializer):
    sku: str
    quantity: int
    price: float


class Order(Serializer):
    id: int
    customer: Person
    lines: list[Line]
    note: str | None


ONE = Person.validate_json(data.ONE_JSON)
MANY = Person.validate_many(data.MANY_JSON)
NESTED = Order.validate_json(data.NESTED_JSON)


def work():
    def decode(hint):
        return Decoding(hint).decoder("json")

    one, many, nested = decode(Person), decode(list[Person]), decode(Order)
    checked, many_checked = decode(CheckedPerson), decode(list[CheckedPerson])
    encode = JSON_ENCODER.encode
    return {
        "in-one": lambda: one(data.ONE_JSON),
        "in-list": lambda: many(data.MANY_JSON),
        "in-nested": lambda: nested(data.NESTED_JSON),
        "in-one-validated": lambda: checked(data.ONE_JSON),
        "in-list-validated": lambda: many_checked(data.MANY_JSON),
        "out-one": lambda: encode(ONE),
        "out-list": lambda: encode(MANY),
        "dict-one": lambda: ONE.to_dict(),
        "dict-nested": lambda: NESTED.to_dict(),
        "models": lambda: encode(Person.from_models(OBJECTS)),
    }
