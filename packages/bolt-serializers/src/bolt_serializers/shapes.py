"""What a type is made of: whether JSON can express it, what it contains."""

from collections.abc import Iterator
from typing import Any

from msgspec import inspect as spec

from bolt_serializers.checks import readable


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
