"""The data of every case, and what each has to come to."""

import datetime as dt
import json

JOINED = dt.datetime(2026, 1, 31, 10, 30, tzinfo=dt.UTC)


def person(number: int) -> dict:
    """One record, as plain data; the validator writes its address in small letters."""
    return {
        "id": number,
        "name": f"Ann Example {number}",
        "email": f"Ann.{number}@Example.com",
        "score": number + 0.5,
        "joined": JOINED,
    }


def checked(record: dict) -> dict:
    """*record* as the validator leaves it."""
    return {**record, "email": record["email"].lower()}


def on_wire(value):
    """*value* as JSON has it."""
    return json.loads(encoded(value))


def encoded(value) -> bytes:
    return json.dumps(value, default=lambda moment: moment.isoformat().replace("+00:00", "Z")).encode()


def check(value: str) -> str:
    """The one validator in Python."""
    if "@" not in value:
        raise ValueError("Not an address")
    return value.lower()


ONE = person(7)
MANY = [person(number) for number in range(100)]
NESTED = {
    "id": 12,
    "customer": ONE,
    "lines": [{"sku": f"sku-{number}", "quantity": number + 1, "price": number * 1.25} for number in range(10)],
    "note": None,
}
ONE_JSON, MANY_JSON, NESTED_JSON = encoded(ONE), encoded(MANY), encoded(NESTED)

EXPECTED = {
    "in-one": ONE,
    "in-list": MANY,
    "in-nested": NESTED,
    "in-one-validated": checked(ONE),
    "in-list-validated": [checked(record) for record in MANY],
    "out-one": on_wire(ONE),
    "out-list": on_wire(MANY),
    "dict-one": ONE,
    "dict-nested": NESTED,
    "models": on_wire(MANY),
}
