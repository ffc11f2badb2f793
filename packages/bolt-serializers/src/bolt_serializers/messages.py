"""msgspec's messages, taken apart: where, what to tell the client, and a type of error that programs can rely on."""

import ast
import functools
import re
from collections.abc import Callable
from typing import Any

from bolt_serializers.invalid import Found, Told
from bolt_serializers.limits import LEAST_INT, MOST_FLOAT, MOST_INT, check_error

_AT = re.compile(r"(?s)(.*) - at `(?:key` in `)?\$(.*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_MISSING = re.compile(r"Object missing required field `(.*)`")
_UNKNOWN = re.compile(r"(?s)Object contains unknown field `(.*)`")
_LIMITS = {">=": "ge", ">": "gt", "<=": "le", "<": "lt"}
_LENGTHS = {">=": "min_length", "<=": "max_length"}
_SHORT = 200
"""Characters; longer messages hold what a client sent, and are not worth remembering."""

INT_OUT_OF_RANGE: Told = ("Expected an integer of at most 64 bits", "int_out_of_range", None)
# Every number is held to these, whatever its declaration says.
_WIDEST_INTS = (str(LEAST_INT), str(MOST_INT))
_WIDEST_FLOATS = (repr(MOST_FLOAT), repr(-MOST_FLOAT))

_KINDS: tuple[tuple[str, str, str | None], ...] = (
    ("Expected a finite number", "finite_number", None),
    ("Integer value out of range", "int_out_of_range", "Expected an integer of at most 64 bits"),
    ("Invalid enum value", "enum", None),
    ("Invalid value", "enum", None),
    ("Invalid UUID", "uuid_parsing", "Expected a UUID"),
    ("Invalid RFC3339 encoded datetime", "datetime_parsing", "Expected a date and time as YYYY-MM-DDTHH:MM:SS"),
    ("Invalid RFC3339 encoded date", "date_parsing", "Expected a date as YYYY-MM-DD"),
    ("Invalid RFC3339 encoded time", "time_parsing", "Expected a time as HH:MM:SS"),
    ("Invalid ISO8601 duration", "duration_parsing", "Expected an ISO 8601 duration such as PT1H30M"),
    ("Invalid decimal string", "decimal_parsing", "Expected a decimal number"),
    ("Invalid base64 encoded string", "base64_parsing", "Expected text in base64"),
)


def parse_message(message: str) -> Found:
    """Path, text, type of error and its context of a `msgspec.ValidationError`'s message."""
    path: list[str | int] = []
    if " - at `" in message and (match := _AT.match(message)) is not None:
        message = match.group(1)
        for name, index in _STEP.findall(match.group(2)):
            path.append(name or (int(index) if index.isdigit() else index))
    if message.startswith("Object "):
        if (missing := _MISSING.fullmatch(message)) is not None:
            return (*path, missing.group(1)), "Field required", "missing", None
        if (unknown := _UNKNOWN.fullmatch(message)) is not None:
            return (*path, unknown.group(1)), "Unexpected field", "unexpected", None
    return tuple(path), *(_remembered(message) if len(message) <= _SHORT else told_of(message))


def told_of(message: str) -> Told:
    """What a client is told instead of *message*, which names no place."""
    for pattern, tell in _PATTERNS:
        if (match := pattern.fullmatch(message)) is not None:
            return tell(match)
    for beginning, type_, words in _KINDS:
        if message.startswith(beginning):
            return words or message, type_, None
    return message, "type_error" if ", got " in message else "value_error", None


_remembered = functools.lru_cache(1024)(told_of)


def _limit(name: str, value: Any) -> Told:
    error = check_error(name, value)
    return str(error), error.type, error.ctx


def _number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _order(match: re.Match[str]) -> Told:
    if match.group(2) in _WIDEST_INTS:
        return INT_OUT_OF_RANGE
    if match.group(2) in _WIDEST_FLOATS:
        return "Expected a finite number", "finite_number", None
    return _limit(_LIMITS[match.group(1)], _number(match.group(2)))


def _length(match: re.Match[str]) -> Told:
    return _limit(_LENGTHS[match.group(1)], int(match.group(2)))


def _counted(match: re.Match[str]) -> Told:
    return f"Expected {match.group(1)} values, got {match.group(2)}", "wrong_length", {"length": int(match.group(1))}


def _pattern(match: re.Match[str]) -> Told:
    return _limit("pattern", ast.literal_eval(match.group(1)))


def _multiple(match: re.Match[str]) -> Told:
    return _limit("multiple_of", _number(match.group(1)))


def _zone(match: re.Match[str]) -> Told:
    return _limit("tz", match.group(1) == "a")


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Told]], ...] = (
    (re.compile(r"Expected `[^`]+` (>=|>|<=|<) (-?[0-9.e+-]+)"), _order),
    (re.compile(r"Expected `[^`]+` of length (>=|<=) ([0-9]+)"), _length),
    (re.compile(r"Expected `array` of length ([0-9]+), got ([0-9]+)"), _counted),
    (re.compile(r"(?s)Expected `str` matching regex (['\"].*['\"])"), _pattern),
    (re.compile(r"Expected `[^`]+` that's a multiple of (-?[0-9.e+-]+)"), _multiple),
    (re.compile(r"Expected `[^`]+` with (a|no) timezone component"), _zone),
)
