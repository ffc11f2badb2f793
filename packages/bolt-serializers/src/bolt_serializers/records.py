"""Classes with named, typed fields, and what their fields are."""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, NotRequired, Required, TypeVar, get_args, get_origin

import msgspec

from bolt_serializers.hints import fill

# `ReadOnly` exists from Python 3.13 on.
_QUALIFIERS = {Required, NotRequired, getattr(typing, "ReadOnly", Required)}


def is_record(type_: Any) -> bool:
    """Whether *type_* is a class with named, typed fields: Struct, dataclass, TypedDict, NamedTuple or attrs."""
    type_ = get_origin(type_) or type_
    if not isinstance(type_, type):
        return typing.is_typeddict(type_)
    return (
        issubclass(type_, msgspec.Struct)
        or dataclasses.is_dataclass(type_)
        or typing.is_typeddict(type_)
        or hasattr(type_, "__attrs_attrs__")
        or (issubclass(type_, tuple) and hasattr(type_, "_fields"))
    )


@dataclass(frozen=True, slots=True)
class RecordField:
    """A member of a record."""

    name: str
    """In Python."""
    wire_name: str
    """In JSON and in forms."""
    required: bool
    hint: Any


class Declaration(NamedTuple):
    """What the class of a record that is no Struct says of a member, beside its type."""

    name: str
    default: Any
    """`NODEFAULT` where there is none, or a factory."""
    default_factory: Callable[[], Any] | None
    taken: bool
    """Whether the constructor takes it."""


def declarations(class_: Any) -> list[Declaration] | None:
    """The members of a dataclass, a class of attrs or a NamedTuple; `None` for other classes."""
    if dataclasses.is_dataclass(class_):
        return list(map(_of_dataclass, dataclasses.fields(class_)))
    if (attributes := getattr(class_, "__attrs_attrs__", None)) is not None:
        return list(map(_of_attrs, attributes))
    if isinstance(class_, type) and issubclass(class_, tuple) and hasattr(class_, "_fields"):
        defaults: dict[str, Any] = getattr(class_, "_field_defaults", {})
        return [Declaration(name, defaults.get(name, msgspec.NODEFAULT), None, True) for name in class_._fields]
    return None


def _of_dataclass(field: Any) -> Declaration:
    missing = dataclasses.MISSING
    default = msgspec.NODEFAULT if field.default is missing else field.default
    factory = None if field.default_factory is missing else field.default_factory
    return Declaration(field.name, default, factory, field.init)


def _of_attrs(attribute: Any) -> Declaration:
    default, factory = attribute.default, getattr(attribute.default, "factory", None)
    if getattr(default, "takes_self", False):
        # What it would make is known only to the instance.
        factory = object
    given = factory is None and type(default).__name__ != "_Nothing"
    return Declaration(attribute.name, default if given else msgspec.NODEFAULT, factory, attribute.init)


def record_fields(type_: Any) -> Iterator[RecordField]:
    """The members of a Struct, dataclass or TypedDict that its constructor takes; nothing for other types."""
    class_ = get_origin(type_) or type_
    if not isinstance(class_, type):
        return
    if (information := getattr(class_, "__serializer__", None)) is not None:
        for field in information.fields:
            if field.taken:
                yield RecordField(field.name, field.wire_name, field.required, field.hint)
    elif issubclass(class_, msgspec.Struct):
        for info in msgspec.structs.fields(type_):
            yield RecordField(info.name, info.encode_name, info.required, info.type)
    elif dataclasses.is_dataclass(class_):
        hints = _hints(type_)
        missing = dataclasses.MISSING
        for field in dataclasses.fields(class_):
            if field.init:
                required = field.default is missing and field.default_factory is missing
                yield RecordField(field.name, field.name, required, hints[field.name])
    elif typing.is_typeddict(class_):
        for name, hint in _hints(type_).items():
            # Where hints are strings, the class itself has not seen what stands around them.
            required = name in getattr(class_, "__required_keys__", ())
            while (qualifier := get_origin(hint)) in _QUALIFIERS:
                required = qualifier is Required or (required and qualifier is not NotRequired)
                hint = get_args(hint)[0]
            yield RecordField(name, name, required, hint)


def all_fields(type_: Any) -> Iterator[RecordField]:
    """As `record_fields`, and the members of NamedTuples and attrs classes, all of them as if required."""
    class_ = get_origin(type_) or type_
    if not isinstance(class_, type):
        return
    names: list[str] = [attribute.name for attribute in getattr(class_, "__attrs_attrs__", ())]
    if issubclass(class_, tuple):
        names = list(getattr(class_, "_fields", ()))
    if not names:
        yield from record_fields(type_)
        return
    hints = _hints(type_)
    yield from (RecordField(name, name, True, hints.get(name, Any)) for name in names)


def _hints(type_: Any) -> dict[str, Any]:
    """The hints of a class, with what a generic one, or a generic base of it, is given for its type variables."""
    class_ = get_origin(type_) or type_
    written = typing.get_type_hints(class_, include_extras=True)
    if not any(isinstance(hint, TypeVar) or getattr(hint, "__parameters__", ()) for hint in written.values()):
        return written
    given = dict(zip(getattr(class_, "__parameters__", ()), get_args(type_), strict=False))
    hints = {name: fill(hint, given) for name, hint in written.items()}
    for base in filter(is_record, reversed(types.get_original_bases(class_))):
        inherited = typing.get_type_hints(get_origin(base) or base, include_extras=True)
        filled = _hints(fill(base, given))
        hints |= {name: filled[name] for name in filled if written[name] == inherited[name]}
    return hints
