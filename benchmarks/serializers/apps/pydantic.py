"""pydantic 2."""

import datetime as dt

from pydantic import BaseModel, TypeAdapter, field_validator

from benchmarks.serializers.apps import data
from benchmarks.serializers.apps.django_models import OBJECTS


class Person(BaseModel):
    id: int
    name: str
    email: str
    score: float
    joined: dt.datetime


class CheckedPerson(Person):
    @field_validator("email")
    @classmethod
    def check_email(cls, value):
        if "@" not in value:
            raise ValueError("Not an address")
        return value.lower()


class Line(BaseModel):
    sku: str
    quantity: int
    price: float


class Order(BaseModel):
    id: int
    customer: Person
    lines: list[Line]
    note: str | None


def work():
    person, people, checked_people = TypeAdapter(Person), TypeAdapter(list[Person]), TypeAdapter(list[CheckedPerson])
    one, many = Person.model_validate_json(data.ONE_JSON), people.validate_json(data.MANY_JSON)
    nested = Order.model_validate_json(data.NESTED_JSON)
    return {
        "in-one": lambda: Person.model_validate_json(data.ONE_JSON),
        "in-list": lambda: people.validate_json(data.MANY_JSON),
        "in-nested": lambda: Order.model_validate_json(data.NESTED_JSON),
        "in-one-validated": lambda: CheckedPerson.model_validate_json(data.ONE_JSON),
        "in-list-validated": lambda: checked_people.validate_json(data.MANY_JSON),
        # Bytes, as the others write; model_dump_json() gives text.
        "out-one": lambda: person.dump_json(one),
        "out-list": lambda: people.dump_json(many),
        "dict-one": lambda: one.model_dump(),
        "dict-nested": lambda: nested.model_dump(),
        "models": lambda: people.dump_json(people.validate_python(OBJECTS, from_attributes=True)),
    }
