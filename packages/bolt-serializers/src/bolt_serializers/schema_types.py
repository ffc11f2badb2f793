"""JSON Schemas of types: what `Builder` writes of any annotation, with keys for what has a name of its own."""

import collections.abc
import datetime as dt
import enum
import typing
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, Literal, NewType, TypeAliasType, TypeVar, get_args, get_origin

import msgspec

from bolt_serializers.encoding import is_foreign
from bolt_serializers.hints import fill, is_union
from bolt_serializers.information import information_of
from bolt_serializers.records import is_record
from bolt_serializers.schema_keywords import description_of, with_metadata
from bolt_serializers.schema_names import Key, Mode, Schema, foreign_definitions, name_of
from bolt_serializers.schema_records import record_schema, tag_of

NULL: Schema = {"type": "null"}
_PREFIX = "#/$defs/"

_PLAIN: dict[Any, Schema] = {
    None: NULL,
    NoneType: NULL,
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    bytes: {"type": "string", "contentEncoding": "base64"},
    bytearray: {"type": "string", "contentEncoding": "base64"},
    memoryview: {"type": "string", "contentEncoding": "base64"},
    dt.datetime: {"type": "string", "format": "date-time"},
    dt.date: {"type": "string", "format": "date"},
    dt.time: {"type": "string", "format": "time"},
    dt.timedelta: {"type": "string", "format": "duration"},
    uuid.UUID: {"type": "string", "format": "uuid"},
    # Every digit of it is kept as text, and limits of numbers are none of text.
    Decimal: {"type": "string", "format": "decimal"},
}
_SETS = (set, frozenset, collections.abc.Set, collections.abc.MutableSet)
_ARRAYS = (
    list, tuple, collections.abc.Sequence, collections.abc.MutableSequence, collections.abc.Collection,
    collections.abc.Iterable, collections.abc.Iterator,
)  # fmt: skip
_BARE_TUPLES = (tuple, typing.Tuple)  # noqa: UP006 — which is not the same object.
_OBJECTS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_KINDS = {bool: "boolean", int: "integer", float: "number", str: "string", NoneType: "null"}
_WHOLE_NUMBER = "^-?[0-9]+$"


class Builder:
    """Writes schemas for one mode; those of what has a name are collected in `components`."""

    def __init__(self, mode: Mode) -> None:
        self.mode: Mode = mode
        self.components: dict[Key, Schema] = {}
        self.models: dict[Any, Schema] = {}
        """References to the models of other libraries."""

    def component(self, type_: Any, make: Callable[[], Schema] | None = None) -> Schema:
        """A reference to the schema of *type_*, which is written where it is not yet."""
        key = Key(type_)
        if key not in self.components:
            # It may hold itself.
            self.components[key] = {}
            self.components[key] = make() if make is not None else self._named(type_)
        return {"$ref": key}

    def _named(self, type_: Any) -> Schema:
        if isinstance(type_, TypeAliasType):
            return self.schema(type_.__value__)
        if isinstance(type_, type) and issubclass(type_, enum.Enum):
            return {"title": name_of(type_), **description_of(type_), **_choices(one.value for one in type_)}
        return record_schema(type_, self.mode, self.schema)

    def schema(self, hint: Any) -> Schema:
        """The schema of *hint*; one that says nothing for a type that is known to no encoder of JSON."""
        if get_origin(hint) is Annotated:
            made = self.schema(hint.__origin__)
            for item in hint.__metadata__:
                made = with_metadata(made, item)
            return made
        if isinstance(hint, NewType):
            return self.schema(hint.__supertype__)
        if isinstance(hint, TypeAliasType):
            return self.component(hint) if _holds_itself(hint) else self.schema(hint.__value__)
        if isinstance(hint, TypeVar):
            return self._of_variable(hint)
        if is_union(hint):
            return self._union(get_args(hint))
        if get_origin(hint) is Literal:
            return _choices(getattr(value, "value", value) for value in get_args(hint))
        return dict(_PLAIN[hint]) if _is_key(hint) and hint in _PLAIN else self._of_class(hint)

    def _of_variable(self, variable: Any) -> Schema:
        if variable.__constraints__:
            return self._union(variable.__constraints__)
        return {} if variable.__bound__ is None else self.schema(variable.__bound__)

    def _of_class(self, hint: Any) -> Schema:
        origin = get_origin(hint) or hint
        if isinstance(origin, TypeAliasType):
            parameters = dict(zip(origin.__type_params__, get_args(hint), strict=True))
            return self.schema(fill(origin.__value__, parameters))
        if is_foreign(origin):
            return self.foreign(origin)
        if is_record(origin):
            return self.component(hint)
        if isinstance(origin, type) and issubclass(origin, enum.Enum):
            # Of flags, any number is a value.
            return {"type": "integer"} if issubclass(origin, enum.Flag) else self.component(origin)
        arguments = get_args(hint)
        if origin in _SETS:
            return {"type": "array", **self._items(arguments[:1]), "uniqueItems": True}
        if origin is tuple and Ellipsis not in arguments and hint not in _BARE_TUPLES:
            return self._tuple(arguments)
        if origin in _ARRAYS:
            return {"type": "array", **self._items(arguments[:1])}
        if origin in _OBJECTS:
            return self._dict(*arguments) if arguments else {"type": "object"}
        return {}

    def _items(self, arguments: Iterable[Any]) -> Schema:
        made = [self.schema(argument) for argument in arguments]
        return {"items": made[0]} if made and made[0] else {}

    def _tuple(self, arguments: tuple[Any, ...]) -> Schema:
        made: Schema = {"type": "array", "minItems": len(arguments), "maxItems": len(arguments)}
        return made | ({"prefixItems": [self.schema(one) for one in arguments]} if arguments else {})

    def _dict(self, key: Any, value: Any) -> Schema:
        made: Schema = {"type": "object"}
        if inner := self.schema(value):
            made["additionalProperties"] = inner
        named = self._property_names(key)
        return made | ({"propertyNames": named} if named and named != {"type": "string"} else {})

    def _property_names(self, key: Any) -> Schema:
        """The schema of keys, which are text whatever they stand for."""
        made = self.schema(key)
        inner = self.components[made["$ref"]] if set(made) == {"$ref"} else made
        if "enum" in inner or "const" in inner:
            values = inner.get("enum", [inner.get("const")])
            return made if all(isinstance(value, str) for value in values) else {"enum": [str(one) for one in values]}
        if inner.get("type") == "integer":
            return {"pattern": _WHOLE_NUMBER}
        return made if inner.get("type") == "string" else {}

    def _union(self, members: Iterable[Any]) -> Schema:
        kept = [member for member in _flat(members) if member is not msgspec.UnsetType]
        tagged = [member for member in kept if tag_of(get_origin(member) or member) is not None]
        made = [self.schema(member) for member in kept if len(tagged) < 2 or member not in tagged]
        if len(tagged) > 1:
            made.insert(0, self._tagged(tagged))
        different = [one for index, one in enumerate(made) if one not in made[:index]]
        if {} in different:
            return {}
        # None is named last, wherever it stands.
        different.sort(key=lambda one: one == NULL)
        return different[0] if len(different) == 1 else {"anyOf": different}

    def _tagged(self, members: list[Any]) -> Schema:
        """`discriminator` is OpenAPI's word (3.1, Discriminator Object); to JSON Schema the tags' `const` says it."""
        mapping = {str(_tag(member)[1]): self.schema(member)["$ref"] for member in members}
        return {
            "oneOf": [self.schema(member) for member in members],
            "discriminator": {"propertyName": _tag(members[0])[0], "mapping": mapping},
        }

    def foreign(self, model: Any) -> Schema:
        """What pydantic itself says of *model*, and of all that is in it."""
        if model not in self.models:
            mode = "validation" if self.mode == "input" else "serialization"
            whole = model.model_json_schema(mode=mode, ref_template=_PREFIX + "{model}")
            definitions = whole.pop("$defs", {})
            name = name_of(model)
            if set(whole) == {"$ref"}:
                name = whole["$ref"].removeprefix(_PREFIX)
            else:
                definitions[name] = whole
            known = foreign_definitions(definitions, _PREFIX)
            self.components |= known
            self.models[model] = {"$ref": next(key for key in known if key.type.name == name)}
        return dict(self.models[model])


def _tag(member: Any) -> tuple[str, str | int]:
    tag = tag_of(get_origin(member) or member)
    assert tag is not None
    return tag


def _flat(members: Iterable[Any]) -> Iterable[Any]:
    for member in members:
        inner = member
        while isinstance(inner, TypeAliasType | NewType) and not (
            isinstance(inner, TypeAliasType) and _holds_itself(inner)
        ):
            inner = inner.__value__ if isinstance(inner, TypeAliasType) else inner.__supertype__
        if is_union(inner):
            yield from _flat(get_args(inner))
        else:
            yield member


def _is_key(hint: Any) -> bool:
    return hint is None or isinstance(hint, type)


def _choices(values: Iterable[Any]) -> Schema:
    listed = list(values)
    kinds = list(dict.fromkeys(_KINDS.get(type(value), "") for value in listed))
    made: Schema = {"const": listed[0]} if len(listed) == 1 else {"enum": listed}
    if kinds and "" not in kinds:
        made["type"] = kinds[0] if len(kinds) == 1 else kinds
    return made


def _holds_itself(alias: TypeAliasType) -> bool:
    """Whether *alias* is in its own value; classes in between have names of their own, and end the search."""
    waiting: list[Any] = [alias.__value__]
    seen: set[int] = set()
    while waiting:
        hint = waiting.pop()
        if hint is alias:
            return True
        if isinstance(hint, TypeAliasType) and id(hint) not in seen:
            seen.add(id(hint))
            waiting.append(hint.__value__)
        elif information_of(hint) is None and not isinstance(hint, TypeAliasType):
            waiting += [one for one in get_args(hint) if typing.get_origin(hint) is not Literal]
    return False
