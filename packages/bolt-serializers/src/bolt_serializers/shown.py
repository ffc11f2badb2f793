"""What msgspec is shown in place of a field's type, and what is left to check of its values."""

import collections.abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeAliasType, get_args, get_origin

import msgspec

from bolt_serializers.checks import Finder, readable
from bolt_serializers.foreign import foreign_reader
from bolt_serializers.hints import is_union, union_of
from bolt_serializers.limits import LEAST_INT, MOST_INT

_CONTAINERS = (
    list, set, frozenset, tuple, dict,
    collections.abc.Sequence, collections.abc.Collection, collections.abc.Iterable, collections.abc.Set,
    collections.abc.Mapping, collections.abc.MutableMapping, collections.abc.MutableSequence,
)  # fmt: skip


class Unbounded:
    """Metadata of an `int` that may have any number of digits."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How a field's values are decoded."""

    type: Any
    """What msgspec decodes from data."""
    taken: Any
    """What the program's own values are converted to: `type`, unless that is anything because data is not taken."""
    find: Finder | None = None
    """What finds what msgspec cannot check."""
    late: Callable[[Any], Any] | None = None
    """What makes the value of what msgspec decoded; raises `ValueError`."""


def show(hint: Any, *, taken_from_data: bool, unset: bool) -> Shown:
    """How to decode values of *hint*, `UNSET` among them where *unset*. Raises TypeError for an impossible type."""
    late = foreign_reader(hint)
    left = readable(hint, finite=True)
    taken = Any if late is not None else bounded(left.type)
    if unset:
        taken = Any if taken is Any else taken | msgspec.UnsetType
    return Shown(taken if taken_from_data else Any, taken, left.find, late)


def bounded(hint: Any, meta: tuple[Any, ...] = ()) -> Any:
    """*hint*, its integers held to 64 bits, at any depth of builtin containers."""
    if hint is int:
        return _with_bounds(int, meta, LEAST_INT, MOST_INT)
    if get_origin(hint) is Annotated:
        metadata = (*hint.__metadata__, *meta)
        if Unbounded in metadata or any(isinstance(item, Unbounded) for item in metadata):
            return hint
        inner = bounded(hint.__origin__, metadata)
        # Bounds of a number include what was said of it; of anything else that is said again.
        return inner if hint.__origin__ is int else Annotated[(inner, *hint.__metadata__)]
    if isinstance(hint, TypeAliasType):
        # It may hold itself; only one of a plain number is worth following.
        return bounded(hint.__value__, meta) if hint.__value__ is int else hint
    arguments = get_args(hint)
    if is_union(hint):
        return union_of([bounded(argument) for argument in arguments])
    origin = get_origin(hint)
    if origin not in _CONTAINERS or not arguments:
        return hint
    shown = [argument if argument is Ellipsis else bounded(argument) for argument in arguments]
    if origin is dict or origin in (collections.abc.Mapping, collections.abc.MutableMapping):
        # Keys are text in JSON, which msgspec reads numbers from.
        shown[0] = arguments[0]
    return origin[tuple(shown)]


def _with_bounds(type_: type, metadata: tuple[Any, ...], least: Any, most: Any) -> Any:
    said = [item for item in metadata if isinstance(item, msgspec.Meta)]
    limits: dict[str, Any] = {}
    if all(item.ge is None and item.gt is None for item in said):
        limits["ge"] = least
    if all(item.le is None and item.lt is None for item in said):
        limits["le"] = most
    more = (*metadata, msgspec.Meta(**limits)) if limits else metadata
    return Annotated[(type_, *more)] if more else type_
