"""msgspec with a validator as one writes it by hand."""

import datetime as dt

import msgspec

from benchmarks.serializers.apps import data


class CheckedPerson(msgspec.Struct):
    id: int
    name: str
    email: str
    score: float
    joined: dt.datetime

    def __post_init__(self):
        if "@" not in self.email:
            raise ValueError("Not an address")
        self.email = self.email.lower()


def work():
    checked, many_checked = msgspec.json.Decoder(CheckedPerson).decode, msgspec.json.Decoder(list[CheckedPerson]).decode
    return {
        "in-one-validated": lambda: checked(data.ONE_JSON),
        "in-list-validated": lambda: many_checked(data.MANY_JSON),
    }
