"""What a type is made of: whether it is a body, whether JSON can express it, what it contains."""

import collections.abc
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from msgspec import inspect as spec

from bolt_core.binding.decimals import readable
from bolt_core.binding.hints import is_union, peel
from bolt_core.binding.records import is_record

_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_SEQUENCES = (list, set, frozenset, tuple, collections.abc.Sequence, collections.abc.Collection)


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
        return spec.type_info(readable(annotation).type)
    except (TypeError, NameError, AttributeError) as error:
        raise TypeError(str(error)) from error


def custom_type(annotation: Any) -> str | None:
    """The name of a type inside *annotation* that JSON cannot be decoded into; `None` if there is none."""
    for part in parts(type_info(annotation)):
        if isinstance(part, spec.CustomType):
            return str(getattr(part.cls, "__qualname__", part.cls))
    return None
