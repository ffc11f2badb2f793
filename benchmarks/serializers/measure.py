"""Measures in the environment that has the libraries: `python -m benchmarks.serializers.measure REPEATS CASE…`.

Prints the seconds by case and library as JSON.
"""

import importlib
import importlib.metadata
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.serializers.cases import LIBRARIES
from benchmarks.serializers.timing import Work, minima

PACKAGES = ("msgspec", "pydantic", "cattrs", "djangorestframework", "django")


class WrongResult(Exception):
    """A library does not do what its case says, so its time would mean nothing."""


def normal(value: Any) -> Any:
    """*value* with plain dicts and lists in place of a library's instances; JSON is read."""
    if isinstance(value, bytes):
        return json.loads(value)
    if isinstance(value, Mapping):
        return {name: normal(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [normal(member) for member in value]
    names = next(
        (
            list(found)
            for attribute in ("__struct_fields__", "__pydantic_fields__")
            if (found := getattr(type(value), attribute, None)) is not None
        ),
        [one.name for one in getattr(type(value), "__attrs_attrs__", ())],
    )
    return {name: normal(getattr(value, name)) for name in names} if names else value


def checked(works: Mapping[str, Work], case: str, expected: Any) -> Mapping[str, Work]:
    """*works*, by library, each of which gives what is *expected*; raises `WrongResult`."""
    for library, work in works.items():
        if (got := normal(work())) != expected:
            raise WrongResult(f"{library}, {case}: {got!r} is not {expected!r}")
    return works


def measure(cases: Sequence[str], repeats: int) -> dict[str, dict[str, float]]:
    """Seconds by case and library."""
    every = {
        library: importlib.import_module(f"benchmarks.serializers.apps.{library.replace('-', '_')}").work()
        for library in LIBRARIES
    }
    expected = importlib.import_module("benchmarks.serializers.apps.data").EXPECTED
    found = {}
    for case in cases:
        works = {library: works[case] for library, works in every.items() if case in works}
        found[case] = minima(checked(works, case, expected[case]), repeats)
    return found


def main(arguments: Sequence[str]) -> None:
    repeats, *cases = arguments
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    print(json.dumps({"versions": versions, "seconds": measure(cases, int(repeats))}))


if __name__ == "__main__":
    main(sys.argv[1:])
