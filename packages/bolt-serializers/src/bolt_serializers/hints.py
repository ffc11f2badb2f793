"""Type hints taken apart: what is left when `Annotated`, `NewType`, aliases and `None` are peeled off."""

import functools
import operator
import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NewType, TypeAliasType, Union, get_args, get_origin

import msgspec

from bolt_serializers.limits import ConstraintOptions

_LIMITS = tuple(ConstraintOptions.__annotations__)


@dataclass(frozen=True, slots=True)
class Hint:
    """A type hint, peeled."""

    type: Any
    """Without `Annotated` metadata, `NewType` and alias names around it, and without `None`."""
    optional: bool
    """Whether `None` is one of its values."""
    limits: dict[str, Any]
    """From `msgspec.Meta`."""
    metadata: tuple[Any, ...]
    """All other `Annotated` metadata, outermost first."""


def peel(annotation: Any) -> Hint:
    """Take *annotation* apart."""
    inner, metadata = _unwrap(annotation)
    optional = False
    if is_union(inner):
        members = [member for member in get_args(inner) if member is not types.NoneType]
        optional = len(members) < len(get_args(inner))
        if optional:
            inner, more = _unwrap(union_of(members) if members else types.NoneType)
            metadata += more
    elif get_origin(inner) is Literal and None in get_args(inner):
        optional = True
        inner = Literal[tuple(value for value in get_args(inner) if value is not None)]
    limits: dict[str, Any] = {}
    for meta in metadata:
        if isinstance(meta, msgspec.Meta):
            limits |= {name: getattr(meta, name) for name in _LIMITS if getattr(meta, name) is not None}
    return Hint(inner, optional, limits, tuple(item for item in metadata if not isinstance(item, msgspec.Meta)))


def _unwrap(annotation: Any) -> tuple[Any, list[Any]]:
    """The type below `Annotated`, `NewType` and `type` aliases, with all metadata, outermost first."""
    metadata: list[Any] = []
    while True:
        if get_origin(annotation) is typing.Annotated:
            metadata.extend(annotation.__metadata__)
            annotation = annotation.__origin__
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        else:
            return annotation, metadata


def is_union(annotation: Any) -> bool:
    """Whether *annotation* is `X | Y` or `Union[X, Y]`."""
    return get_origin(annotation) in (Union, types.UnionType)


def union_of(members: Iterable[Any]) -> Any:
    """The union of *members*, of which there is at least one."""
    return functools.reduce(operator.or_, members)


def describe(annotation: Any) -> str:
    """*annotation* as one writes it."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation.__qualname__
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(origin, type) and arguments and not is_union(annotation):
        listed = ", ".join("..." if argument is Ellipsis else describe(argument) for argument in arguments)
        return f"{origin.__qualname__}[{listed}]"
    if is_union(annotation):
        return " | ".join("None" if member is types.NoneType else describe(member) for member in arguments)
    return str(annotation).replace("typing.", "")
