"""bolt-serializers by its methods, as a program without the framework calls them."""

from benchmarks.serializers.apps import data
from benchmarks.serializers.apps.bolt import ONE, CheckedPerson, Order, Person


def work():
    return {
        "in-one": lambda: Person.validate_json(data.ONE_JSON),
        "in-list": lambda: Person.validate_many(data.MANY_JSON),
        "in-nested": lambda: Order.validate_json(data.NESTED_JSON),
        "in-one-validated": lambda: CheckedPerson.validate_json(data.ONE_JSON),
        "in-list-validated": lambda: CheckedPerson.validate_many(data.MANY_JSON),
        "out-one": lambda: ONE.to_json(),
    }
