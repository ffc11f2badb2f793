"""What a type is made of: whether it is a body, whether JSON can express it, what it contains."""

import collections.abc
import dataclasses
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NotRequired, Required, get_args, get_origin

import msgspec
from msgspec import inspect as spec

from bolt_core.binding.hints import is_union, peel

_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
# `ReadOnly` exists from Python 3.13 on.
_QUALIFIERS = {Required, NotRequired, getattr(typing, "ReadOnly", Required)}
_SEQUENCES = (list, set, frozenset, tuple, collections.abc.Sequence, collections.abc.Collection)


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


def record_fields(type_: Any) -> Iterator[RecordField]:
    """The members of a Struct, dataclass or TypedDict that its constructor takes; nothing for other types."""
    class_ = get_origin(type_) or type_
    if not isinstance(class_, type):
        return
    if issubclass(class_, msgspec.Struct):
        for info in msgspec.structs.fields(type_):
            yield RecordField(info.name, info.encode_name, info.required, info.type)
    elif dataclasses.is_dataclass(class_):
        hints = typing.get_type_hints(class_, include_extras=True)
        missing = dataclasses.MISSING
        for field in dataclasses.fields(class_):
            if field.init:
                required = field.default is missing and field.default_factory is missing
                yield RecordField(field.name, field.name, required, hints[field.name])
    elif typing.is_typeddict(class_):
        for name, hint in typing.get_type_hints(class_, include_extras=True).items():
            while get_origin(hint) in _QUALIFIERS:
                hint = get_args(hint)[0]
            yield RecordField(name, name, name in getattr(class_, "__required_keys__", ()), hint)


def is_body(annotation: Any) -> bool:
    """Whether an unmarked parameter of this type is the request's body."""
    type_ = peel(annotation).type
    if is_record(type_):
        return True
    if is_union(type_):
        return any(is_body(member) for member in get_args(type_))
    origin = get_origin(type_) or type_
    if origin in _MAPPINGS:
        return True
    if origin in _SEQUENCES:
        return any(is_body(argument) for argument in get_args(type_) if argument is not Ellipsis)
    return False


def parts(node: spec.Type) -> Iterator[spec.Type]:
    """*node* and every type inside it, each once."""
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting.extend(_children(current))


def _children(node: spec.Type) -> Iterator[spec.Type]:
    if isinstance(node, spec.StructType | spec.DataclassType | spec.TypedDictType | spec.NamedTupleType):
        yield from (field.type for field in node.fields)
    elif isinstance(node, spec.UnionType):
        yield from node.types
    elif isinstance(node, spec.TupleType):
        yield from node.item_types
    elif isinstance(node, spec.CollectionType):
        yield node.item_type
    elif isinstance(node, spec.DictType):
        yield node.key_type
        yield node.value_type
    elif isinstance(node, spec.Metadata):
        yield node.type


def contains(node: spec.Type, *kinds: type[spec.Type]) -> bool:
    """Whether *node* or a type inside it is of one of *kinds*."""
    return any(isinstance(part, kinds) for part in parts(node))


def type_info(annotation: Any) -> spec.Type:
    """msgspec's description of *annotation*; raises `TypeError` where msgspec cannot handle it."""
    try:
        return spec.type_info(annotation)
    except (TypeError, NameError, AttributeError) as error:
        raise TypeError(str(error)) from error


def custom_type(annotation: Any) -> str | None:
    """The name of a type inside *annotation* that JSON cannot be decoded into; `None` if there is none."""
    for part in parts(type_info(annotation)):
        if isinstance(part, spec.CustomType):
            return str(getattr(part.cls, "__qualname__", part.cls))
    return None
