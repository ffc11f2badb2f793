"""Keywords of a JSON Schema that stand beside a type: limits, titles, what a `Check` says, what `field()` says."""

import inspect
import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from bolt_serializers.fields import NO_DEFAULT, FieldOptions
from bolt_serializers.schema_names import Schema
from bolt_serializers.writing import as_json_values

_NUMBERS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_LENGTHS = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
_EMPTY: dict[Any, Any] = {list: [], tuple: [], set: [], frozenset: [], dict: {}}


def with_metadata(schema: Schema, item: Any) -> Schema:
    """*schema* with what *item*, which stands in `Annotated`, adds to it."""
    if isinstance(item, msgspec.Meta):
        made = _with_limits(schema, item)
        told = {"title": item.title, "description": item.description, "examples": _as_json(item.examples)}
        made |= {name: value for name, value in told.items() if value is not None}
        return made | (item.extra_json_schema or {})
    more = getattr(item, "schema", None)
    return _with_check(schema, more) if isinstance(more, Mapping) else schema


def _with_check(schema: Schema, more: Mapping[str, Any]) -> Schema:
    """A check holds for values, and None beside them is none of its."""
    null = {"type": "null"}
    if "type" not in schema and null in schema.get("anyOf", ()):
        return schema | {"anyOf": [one if one == null else one | dict(more) for one in schema["anyOf"]]}
    return schema | dict(more)


def _with_limits(schema: Schema, meta: msgspec.Meta) -> Schema:
    """*schema* with limits where they hold: of a union, for those members that have them."""
    if "anyOf" in schema and "type" not in schema:
        return schema | {"anyOf": [_with_limits(member, meta) for member in schema["anyOf"]]}
    type_ = schema.get("type")
    made = dict(schema)
    if type_ in ("integer", "number"):
        made |= {word: getattr(meta, name) for name, word in _NUMBERS.items() if getattr(meta, name) is not None}
    if type_ in _LENGTHS:
        for word, length in zip(_LENGTHS[type_], (meta.min_length, meta.max_length), strict=True):
            if length is not None:
                # Base64 (RFC 4648 §4) writes three bytes as four characters.
                made[word] = math.ceil(length / 3) * 4 if "contentEncoding" in schema else length
    if type_ == "string" and meta.pattern is not None:
        made["pattern"] = ecma_pattern(meta.pattern)
    if meta.tz is False and schema.get("format") in ("date-time", "time"):
        # RFC 3339 §5.6, which these formats stand for, has no time without an offset.
        del made["format"]
    return made


def ecma_pattern(pattern: str) -> str:
    """Python's regular *pattern* as ECMA-262 writes it, which JSON Schema asks for (Core §6.4)."""
    translated = {r"\A": "^", r"\Z": "$", "(?P<": "(?<"}
    return re.sub(r"\\.|\(\?P<", lambda found: translated.get(found[0], found[0]), pattern, flags=re.DOTALL)


def with_options(schema: Schema, options: FieldOptions, default: Any, factory: Any) -> Schema:
    """*schema* with what was said of the field that has it."""
    made = dict(schema)
    if options.title is not None:
        made["title"] = options.title
    if options.description is not None:
        # It may be translated lazily.
        made["description"] = str(options.description)
    if options.examples:
        made["examples"] = _as_json(list(options.examples))
    if options.deprecated:
        made["deprecated"] = True
    if factory in _EMPTY:
        made["default"] = _EMPTY[factory]
    elif default is not NO_DEFAULT and default is not msgspec.UNSET:
        made |= _default(default)
    return made


def _default(value: Any) -> Schema:
    try:
        return {"default": _as_json(value)}
    except (TypeError, ValueError):
        # The encoders do not know it: a value that only the program can have.
        return {}


def _as_json(value: Any) -> Any:
    return None if value is None else as_json_values(value)


def description_of(class_: Any) -> Schema:
    """The docstring that *class_* itself has, as a `description`; not one that Python wrote for it."""
    text = getattr(class_, "__dict__", {}).get("__doc__")
    if not isinstance(text, str) or re.match(rf"{re.escape(class_.__name__)}\(", text):
        return {}
    return {"description": inspect.cleandoc(text)}
