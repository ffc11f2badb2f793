"""Readers of values that come as text: strict about what counts as one.

The engine reads plain int, float, bool, str and lists of them itself (`coerce` of the crate `bolt-http`); the readers
here accept the same texts and serve unions, items with limits and every other type.
"""

import datetime as dt
import functools
import math
import re
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, get_args, get_origin

import msgspec
from bolt_serializers.choices import as_text, choice_error, choices_of
from bolt_serializers.hints import describe, is_union
from bolt_serializers.invalid import InvalidValue
from bolt_serializers.limits import Constraints, compile_check, misplaced_limits
from bolt_serializers.metadata import Check, run_checks

from bolt_core.binding.hints import Hint, peel
from bolt_core.exceptions import ConfigError
from bolt_core.invalid import InvalidItems
from bolt_core.plan import Kind

type Reader = Callable[[str], Any]
type ListReader = Callable[[list[Any]], Any]

KINDS: dict[Any, Kind] = {int: "int", float: "float", bool: "bool", str: "str"}
"""What the engine reads itself."""
REFUSALS = {
    "int": ("Expected an integer", "int_parsing"),
    "float": ("Expected a finite number", "float_parsing"),
    "bool": ("Expected true or false", "bool_parsing"),
    "str": ("Expected text in UTF-8", "string_unicode"),
}
"""Message and type of error for a text that is no value of a plain type."""

_INT = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WEEKS = re.compile(r"([+-]?)[Pp]([0-9]+(?:\.[0-9]+)?)[Ww]")
_DURATION = ("Expected an ISO 8601 duration such as PT1H30M", "duration_parsing")
_BOOLS = {
    **dict.fromkeys(("true", "1", "on", "yes"), True),
    **dict.fromkeys(("false", "0", "off", "no"), False),
}
_LIST_TYPES = (list, set, tuple, frozenset)


def read_int(text: str) -> int:
    """An integer in decimal digits."""
    if _INT.fullmatch(text) is None:
        raise InvalidValue(*REFUSALS["int"])
    try:
        return int(text)
    except ValueError:
        # Python refuses to convert thousands of digits, a known denial of service.
        raise InvalidValue("The integer has too many digits", "int_parsing") from None


def read_float(text: str) -> float:
    """A finite number; `nan` and the infinities are refused."""
    value = float(text) if _DECIMAL.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise InvalidValue(*REFUSALS["float"])
    return value


def read_bool(text: str) -> bool:
    """`true`, `1`, `on`, `yes`, or `false`, `0`, `off`, `no`, in any case."""
    try:
        return _BOOLS[text.lower()]
    except KeyError:
        raise InvalidValue(*REFUSALS["bool"]) from None


def read_decimal(text: str) -> Decimal:
    """A finite decimal number with every digit kept."""
    if _DECIMAL.fullmatch(text) is None:
        raise InvalidValue("Expected a decimal number", "decimal_parsing")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidValue("The decimal number is out of range", "decimal_parsing") from None


def _read_by_msgspec(type_: Any, expected: str, error: str) -> Reader:
    def read(text: str) -> Any:
        try:
            return msgspec.convert(text, type_)
        except msgspec.ValidationError:
            raise InvalidValue(expected, error) from None

    return read


_read_days = _read_by_msgspec(dt.timedelta, *_DURATION)


def read_duration(text: str) -> dt.timedelta:
    """An ISO 8601 duration of fixed length: weeks alone, or days and parts of a day; not months or years."""
    # ISO 8601-1 takes the comma as the decimal sign, too. msgspec takes neither it nor weeks.
    text = text.replace(",", ".")
    if (weeks := _WEEKS.fullmatch(text)) is None:
        days: dt.timedelta = _read_days(text)
        return days
    sign, number = weeks.groups()
    try:
        length = dt.timedelta(weeks=float(number) if "." in number else int(number))
        return -length if sign == "-" else length
    except (OverflowError, ValueError):
        raise InvalidValue(*_DURATION) from None


def _no_change(text: str) -> str:
    return text


_READERS: dict[Any, Reader] = {
    int: read_int,
    float: read_float,
    bool: read_bool,
    str: _no_change,
    Decimal: read_decimal,
    uuid.UUID: _read_by_msgspec(uuid.UUID, "Expected a UUID", "uuid_parsing"),
    dt.date: _read_by_msgspec(dt.date, "Expected a date as YYYY-MM-DD", "date_parsing"),
    dt.time: _read_by_msgspec(dt.time, "Expected a time as HH:MM:SS", "time_parsing"),
    dt.datetime: _read_by_msgspec(
        dt.datetime, "Expected a date and time as YYYY-MM-DDTHH:MM:SS with an optional zone", "datetime_parsing"
    ),
    dt.timedelta: read_duration,
}


def _choice_reader(choices: dict[Any, Any]) -> Reader:
    by_text = {as_text(value): meant for value, meant in choices.items()}

    def read(text: str) -> Any:
        try:
            return by_text[text]
        except KeyError:
            raise choice_error(choices) from None

    return read


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
        raise InvalidValue(message, "union")

    return read


def item_reader(annotation: Any) -> Reader | None:
    """The reader of one value of type *annotation*, its limits included; `None` if it is no scalar."""
    hint = peel(annotation)
    if hint.markers:
        raise ConfigError(f"marks what is inside its type with {hint.markers[0].shown}; mark the parameter itself")
    reader = type_reader(hint.type)
    if reader is None or not (hint.limits or hint.checks):
        return reader
    limits = Constraints(**hint.limits)
    if names := misplaced_limits(hint.type, limits):
        raise ConfigError(
            f"limits what is inside its type by {names}, which {describe(hint.type)} does not have; remove the limit"
        )
    return checked(reader, limits, hint.checks)


def type_reader(type_: Any) -> Reader | None:
    """The reader of one value of a peeled type; `None` if it is no scalar."""
    if (choices := choices_of(type_)) is not None:
        if not choices:
            raise ConfigError(f"can have no value, as {describe(type_)} has no members; name an Enum that has some")
        return _choice_reader(choices)
    if is_union(type_):
        return _union_reader(get_args(type_))
    try:
        return _READERS.get(type_)
    except TypeError:
        return None


def checked(
    read: Callable[[Any], Any] | None, limits: Constraints, checks: tuple[Check, ...] = ()
) -> Callable[[Any], Any] | None:
    """*read*, its values held against *limits* and *checks*; `None` where there is nothing to call."""
    steps = [read, compile_check(limits), functools.partial(run_checks, checks) if checks else None]
    return functools.reduce(_then, steps)


def _then(first: Callable[[Any], Any] | None, second: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    if first is None or second is None:
        return first or second
    return lambda value: second(first(value))


def with_checks(make: Callable[[Any], Any], checks: tuple[Check, ...]) -> Callable[[Any], Any]:
    """*make*, what it makes looked at by *checks*."""
    return (lambda value: run_checks(checks, make(value))) if checks else make


def list_reader(hint: Hint) -> tuple[Kind, ListReader | None] | None:
    """How several values become a list, set, tuple or frozenset; `None` if *hint* is none of these.

    First what the engine makes of each text, then the reader of the list of them; none where that list is the value.
    """
    container = get_origin(hint.type) or hint.type
    if container not in _LIST_TYPES:
        return None
    arguments = get_args(hint.type)
    if container is tuple and arguments and arguments[1:] != (Ellipsis,):
        reader = _fixed_tuple_reader(arguments)
        return None if reader is None else ("other", reader)
    item = peel(arguments[0] if arguments else str)
    make = None if container is list else container
    if item.type in KINDS and not (item.limits or item.checks or item.markers):
        return KINDS[item.type], make
    read_item = item_reader(arguments[0])
    return None if read_item is None else ("other", sequence_reader(read_item, make))


def _read_items(pairs: Iterable[tuple[Callable[[Any], Any], Any]]) -> list[Any]:
    values: list[Any] = []
    errors: list[tuple[int, ValueError]] = []
    for index, (reader, text) in enumerate(pairs):
        try:
            values.append(reader(text))
        except ValueError as error:
            errors.append((index, error))
    if errors:
        raise InvalidItems(errors)
    return values


def sequence_reader(reader: Callable[[Any], Any], make: Callable[[list[Any]], Any] | None) -> ListReader:
    """The reader of a list of what *reader* reads; *make* turns it into another container."""

    def read(texts: list[Any]) -> Any:
        values = _read_items((reader, text) for text in texts)
        return values if make is None else make(values)

    return read


def _fixed_tuple_reader(arguments: tuple[Any, ...]) -> ListReader | None:
    # `tuple[()]` takes no value at all.
    readers = [reader for argument in arguments if (reader := item_reader(argument)) is not None]
    if len(readers) < len(arguments):
        return None

    def read(texts: list[Any]) -> Any:
        if len(texts) != len(readers):
            counted = {"length": len(readers)}
            raise InvalidValue(f"Expected {len(readers)} values, got {len(texts)}", "wrong_length", counted)
        return tuple(_read_items(zip(readers, texts, strict=True)))

    return read
