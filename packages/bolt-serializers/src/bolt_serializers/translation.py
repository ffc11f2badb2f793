"""Messages in the language of the moment."""

import re
from collections.abc import Callable, Mapping
from typing import Any

type Translate = Callable[[str], str]

_translate: Translate | None = None

MESSAGES: dict[str, str] = {
    "missing": "Field required",
    "unexpected": "Unexpected field",
    "greater_than": "Must be greater than {gt}",
    "greater_than_equal": "Must be at least {ge}",
    "less_than": "Must be less than {lt}",
    "less_than_equal": "Must be at most {le}",
    "multiple_of": "Must be a multiple of {multiple_of}",
    "too_short": "Must have a length of at least {min_length}",
    "too_long": "Must have a length of at most {max_length}",
    "pattern_mismatch": "Must match the pattern {pattern}",
    "timezone_aware": "Must have a time zone",
    "timezone_naive": "Must have no time zone",
    "int_out_of_range": "Expected an integer of at most 64 bits",
    "int_parsing": "Expected an integer",
    "float_parsing": "Expected a finite number",
    "bool_parsing": "Expected true or false",
    "string_unicode": "Expected text in UTF-8",
    "finite_number": "Expected a finite number",
    "enum": "Expected one of: {expected}",
    "uuid_parsing": "Expected a UUID",
    "date_parsing": "Expected a date as YYYY-MM-DD",
    "time_parsing": "Expected a time as HH:MM:SS",
    "datetime_parsing": "Expected a date and time as YYYY-MM-DDTHH:MM:SS",
    "duration_parsing": "Expected an ISO 8601 duration such as PT1H30M",
    "decimal_parsing": "Expected a decimal number",
    "base64_parsing": "Expected text in base64",
    "too_deep": "The data is nested too deeply, or holds itself",
}
"""The messages of our own, by type of error, as `set_translator` hands them out; the context fills them in."""

_EXPECTED = "Expected {expected}, got {got}"
_GOT = re.compile(r"Expected `(.*)`, got `(.*)`")


def set_translator(translate: Translate | None) -> None:
    """Let *translate* give the messages of `ValidationError.errors()`, as `gettext` does; None for English.

    It is called with the templates in `MESSAGES`, when errors are read. Holds for the whole process. What validators
    raise is their own affair: a lazily translated text stays lazy until then.
    """
    global _translate
    _translate = translate


def translated(message: str, kind: str, ctx: Mapping[str, Any] | None) -> str:
    """*message* of an error of the type *kind* in the language of the moment."""
    if _translate is None:
        return message
    if kind == "type_error" and (match := _GOT.fullmatch(message)):
        template = _translate(_EXPECTED)
        return message if template == _EXPECTED else template.format(expected=match[1], got=match[2])
    known = MESSAGES.get(kind)
    # What a validator says of its own under a known type is not ours to replace.
    if known is None or _filled(known, ctx) != message:
        return message
    return _filled(_translate(known), ctx)


def _filled(template: str, ctx: Mapping[str, Any] | None) -> str:
    shown = {
        name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in (ctx or {}).items()
    }
    try:
        return template.format(**shown)
    except (KeyError, IndexError):
        return template
