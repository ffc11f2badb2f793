"""Readers of path and query values: from text to a Python value, strict about what counts as one.

The engine reads plain int, float, bool and str itself (`crates/bolt-http/src/coerce.rs`); the readers here accept the
same texts and serve lists, unions and every other type.
"""

import datetime as dt
import enum
import math
import re
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, get_args, get_origin

import msgspec

from bolt_core.binding.hints import Hint, describe, is_union, peel
from bolt_core.exceptions import ConfigError
from bolt_core.markers import Constraints

type Reader = Callable[[str], Any]

_INT = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_BOOLS = {
    **dict.fromkeys(("true", "1", "on", "yes"), True),
    **dict.fromkeys(("false", "0", "off", "no"), False),
}
_LIST_TYPES = (list, set, tuple, frozenset)
_NUMBERS = (int, float, Decimal)
_ORDERED = (*_NUMBERS, dt.date, dt.time, dt.datetime, dt.timedelta)
_SIZED = (*_LIST_TYPES, dict, str, bytes)
_ZONED = (dt.datetime, dt.time)

MESSAGES = {
    "int": "Expected an integer",
    "float": "Expected a finite number",
    "bool": "Expected true or false",
    "str": "Expected text in UTF-8",
}


def read_int(text: str) -> int:
    """An integer in decimal digits."""
    if _INT.fullmatch(text) is None:
        raise ValueError(MESSAGES["int"])
    try:
        return int(text)
    except ValueError:
        # Python refuses to convert thousands of digits, a known denial of service.
        raise ValueError("The integer has too many digits") from None


def read_float(text: str) -> float:
    """A finite number; `nan` and the infinities are refused."""
    value = float(text) if _DECIMAL.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise ValueError(MESSAGES["float"])
    return value


def read_bool(text: str) -> bool:
    """`true`, `1`, `on`, `yes`, or `false`, `0`, `off`, `no`, in any case."""
    try:
        return _BOOLS[text.lower()]
    except KeyError:
        raise ValueError(MESSAGES["bool"]) from None


def read_decimal(text: str) -> Decimal:
    """A finite decimal number with every digit kept."""
    if _DECIMAL.fullmatch(text) is None:
        raise ValueError("Expected a decimal number")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("The decimal number is out of range") from None


def _read_by_msgspec(type_: Any, expected: str) -> Reader:
    def read(text: str) -> Any:
        try:
            return msgspec.convert(text, type_)
        except msgspec.ValidationError:
            raise ValueError(expected) from None

    return read


def _no_change(text: str) -> str:
    return text


_READERS: dict[Any, Reader] = {
    int: read_int,
    float: read_float,
    bool: read_bool,
    str: _no_change,
    Decimal: read_decimal,
    uuid.UUID: _read_by_msgspec(uuid.UUID, "Expected a UUID"),
    dt.date: _read_by_msgspec(dt.date, "Expected a date as YYYY-MM-DD"),
    dt.time: _read_by_msgspec(dt.time, "Expected a time as HH:MM:SS"),
    dt.datetime: _read_by_msgspec(dt.datetime, "Expected a date and time as YYYY-MM-DDTHH:MM:SS with an optional zone"),
    dt.timedelta: _read_by_msgspec(dt.timedelta, "Expected an ISO 8601 duration such as PT1H30M"),
}


def _choice_reader(choices: dict[str, Any]) -> Reader:
    listed = ", ".join(choices)
    message = f"Expected one of: {listed}" if len(listed) <= 200 else f"Expected one of {len(choices)} values"

    def read(text: str) -> Any:
        try:
            return choices[text]
        except KeyError:
            raise ValueError(message) from None

    return read


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _enum_reader(type_: type[enum.Enum]) -> Reader:
    by_text = {_as_text(member.value): member for member in type_.__members__.values()}
    return _choice_reader(by_text)


def _union_reader(members: tuple[Any, ...]) -> Reader | None:
    # Text fits `str` always, so it is tried last: `int | str` reads 5 as a number.
    ordered = sorted(members, key=lambda member: peel(member).type is str)
    readers = [reader for member in ordered if (reader := item_reader(member)) is not None]
    if len(readers) < len(ordered):
        return None
    message = f"Expected {' or '.join(describe(member) for member in members)}"

    def read(text: str) -> Any:
        for reader in readers:
            try:
                return reader(text)
            except ValueError:
                continue
        raise ValueError(message)

    return read


def item_reader(annotation: Any) -> Reader | None:
    """The reader of one value of type *annotation*, its limits included; `None` if it is no scalar."""
    hint = peel(annotation)
    reader = type_reader(hint.type)
    if reader is None or not hint.limits:
        return reader
    limits = Constraints(**hint.limits)
    if names := misplaced_limits(hint.type, limits):
        raise ConfigError(f"limits items by {names}, which {describe(hint.type)} does not have; remove the limit")
    return then(reader, limits.check)


def misplaced_limits(type_: Any, limits: Constraints) -> str | None:
    """Names of limits that no value of a peeled type can be held against; `None` if all make sense."""
    sized = (get_origin(type_) or type_) in _SIZED
    misplaced = {
        "gt, ge, lt, le": limits.orders and type_ not in _ORDERED,
        "multiple_of": limits.multiple_of is not None and type_ not in _NUMBERS,
        "min_length, max_length": limits.measures and not sized,
        "pattern": limits.pattern is not None and type_ is not str,
        "tz": limits.tz is not None and type_ not in _ZONED,
    }
    return next((names for names, wrong in misplaced.items() if wrong), None)


def type_reader(type_: Any) -> Reader | None:
    """The reader of one value of a peeled type; `None` if it is no scalar."""
    if get_origin(type_) is Literal:
        return _choice_reader({_as_text(getattr(value, "value", value)): value for value in get_args(type_)})
    if is_union(type_):
        return _union_reader(get_args(type_))
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return _enum_reader(type_)
    try:
        return _READERS.get(type_)
    except TypeError:
        return None


def then(first: Callable[[Any], Any], second: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Both functions, one after the other."""

    def chained(value: Any) -> Any:
        return second(first(value))

    return chained


class ItemError(ValueError):
    """An item of a repeated parameter is wrong."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index = index


class ItemErrors(ValueError):
    """Every wrong item of a repeated parameter."""

    def __init__(self, items: list[ItemError]) -> None:
        super().__init__(items[0].args[0])
        self.items = items


def list_reader(hint: Hint) -> Callable[[list[str]], Any] | None:
    """The reader of all values of a repeated key into a list, set, tuple or frozenset; `None` if *hint* is none."""
    container = get_origin(hint.type) or hint.type
    if container not in _LIST_TYPES:
        return None
    arguments = get_args(hint.type)
    if container is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
        return _fixed_tuple_reader(arguments) if arguments else _sequence_reader(_no_change, tuple)
    reader = item_reader(arguments[0]) if arguments else _no_change
    return None if reader is None else _sequence_reader(reader, container)


def _read_items(pairs: Iterable[tuple[Reader, str]]) -> list[Any]:
    values: list[Any] = []
    errors: list[ItemError] = []
    for index, (reader, text) in enumerate(pairs):
        try:
            values.append(reader(text))
        except ValueError as error:
            errors.append(ItemError(index, str(error)))
    if errors:
        raise ItemErrors(errors)
    return values


def _sequence_reader(reader: Reader, container: type) -> Callable[[list[str]], Any]:
    def read(texts: list[str]) -> Any:
        values = _read_items((reader, text) for text in texts)
        return values if container is list else container(values)

    return read


def _fixed_tuple_reader(arguments: tuple[Any, ...]) -> Callable[[list[str]], Any] | None:
    readers = [reader for argument in arguments if (reader := item_reader(argument)) is not None]
    if len(readers) < len(arguments):
        return None

    def read(texts: list[str]) -> Any:
        if len(texts) != len(readers):
            raise ValueError(f"Expected {len(readers)} values, got {len(texts)}")
        return tuple(_read_items(zip(readers, texts, strict=True)))

    return read
