"""Type hints taken apart: what is left when `Annotated`, `NewType`, aliases and `None` are peeled off."""

import functools
import operator
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NewType, TypeAliasType, Union, get_args, get_origin

import msgspec

from bolt_serializers.limits import ConstraintOptions
from bolt_serializers.metadata import Check

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
    checks: tuple[Check, ...]
    """Those of the metadata, innermost first, as they are made."""


def peel(annotation: Any) -> Hint:
    """Take *annotation* apart."""
    inner, layers = _unwrap(annotation)
    optional = False
    if is_union(inner):
        members = [member for member in get_args(inner) if member is not types.NoneType]
        optional = len(members) < len(get_args(inner))
        if optional:
            inner, more = _unwrap(union_of(members) if members else types.NoneType)
            layers += more
    elif get_origin(inner) is Literal and None in get_args(inner):
        optional = True
        inner = Literal[tuple(value for value in get_args(inner) if value is not None)]
    metadata = [item for layer in layers for item in layer]
    limits: dict[str, Any] = {}
    for meta in metadata:
        if isinstance(meta, msgspec.Meta):
            limits |= {name: getattr(meta, name) for name in _LIMITS if getattr(meta, name) is not None}
    others = tuple(item for item in metadata if not isinstance(item, msgspec.Meta))
    checks = tuple(item for layer in reversed(layers) for item in layer if isinstance(item, Check))
    return Hint(inner, optional, limits, others, checks)


def _unwrap(annotation: Any) -> tuple[Any, list[tuple[Any, ...]]]:
    """The type below `Annotated` and names, with the metadata of each `Annotated`, outermost first."""
    layers: list[tuple[Any, ...]] = []
    while True:
        if get_origin(annotation) is typing.Annotated:
            layers.append(annotation.__metadata__)
            annotation = annotation.__origin__
        elif (named := named_by(annotation)) is not annotation:
            annotation = named
        else:
            return annotation, layers


def named_by(annotation: Any) -> Any:
    """What a `NewType`, a `type` alias or `Final[…]` stands for; every other annotation is itself."""
    if isinstance(annotation, NewType):
        return annotation.__supertype__
    if isinstance(annotation, TypeAliasType):
        return annotation.__value__
    origin = get_origin(annotation)
    if isinstance(origin, TypeAliasType):
        return fill(origin.__value__, dict(zip(origin.__type_params__, get_args(annotation), strict=False)))
    if origin is Final:
        return get_args(annotation)[0]
    return annotation


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


def fill(hint: Any, given: Mapping[Any, Any]) -> Any:
    """*hint* with what is *given* in place of type variables; itself where it has none of them.

    A generic serializer in it becomes the class that it stands for, or its name where that is just being made.
    """
    if isinstance(hint, typing.TypeVar):
        return given.get(hint, hint)
    origin = typing.get_origin(hint)
    if origin is None or not any(one in given for one in getattr(hint, "__parameters__", ())):
        return hint
    if origin is typing.Annotated:
        return typing.Annotated[(fill(hint.__origin__, given), *hint.__metadata__)]
    arguments = tuple(fill(argument, given) for argument in typing.get_args(hint))
    if is_union(hint):
        return typing.Union[arguments]  # noqa: UP007 - a name of a class is no type yet
    return origin[arguments if len(arguments) > 1 else arguments[0]]
