"""A parameter of a signature taken apart, and the checks that hold for every source."""

import datetime as dt
import inspect
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args, get_origin

from bolt_serializers.choices import choices_of
from bolt_serializers.hints import describe, is_union
from bolt_serializers.limits import Constraints, misplaced_limits
from bolt_serializers.records import is_record

from bolt_core.binding.hints import Hint, merge_limits, peel
from bolt_core.exceptions import ConfigError
from bolt_core.markers import UNSET, Marker
from bolt_core.plan import FreshDefault

EMPTY = inspect.Parameter.empty

_NUMBERS = (int, float, Decimal)
# The first that a type is one of; every datetime is a date to Python.
_COMPARED: tuple[tuple[type, tuple[type, ...]], ...] = (
    *((number, _NUMBERS) for number in _NUMBERS),
    (dt.datetime, (dt.datetime,)),
    (dt.date, (dt.date,)),
    (dt.time, (dt.time,)),
    (dt.timedelta, (dt.timedelta,)),
)


@dataclass(frozen=True, slots=True)
class Place:
    """The route that a parameter belongs to."""

    method: str
    path_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """A parameter's or field's hint, marker and default, told apart."""

    name: str
    hint: Hint
    marker: Marker | None = None
    default: Any = UNSET
    keyword: bool = False
    required: bool = True
    model: str | None = None
    """What messages call the parameter that this is a field of."""

    @property
    def constraints(self) -> Constraints:
        """The limits of `msgspec.Meta` and of the marker."""
        return merge_limits(self.hint, self.marker)

    def __str__(self) -> str:
        return f"parameter {self.name!r}" if self.model is None else f"field {self.name!r} of {self.model}"


def take_apart(param: inspect.Parameter) -> Parts:
    """The parts of *param*; raises `ConfigError` where they contradict each other."""
    hint = peel(param.annotation)
    markers = list(hint.markers)
    default = UNSET if param.default is EMPTY else param.default
    if isinstance(default, Marker):
        markers.append(default)
        default = UNSET
    if len(markers) > 1:
        raise ConfigError(
            f"marks parameter {param.name!r} twice, with {markers[0].shown} and {markers[1].shown}; keep one marker"
        )
    marker = markers[0] if markers else None
    if marker is not None and marker.default is not UNSET:
        if default is not UNSET:
            raise ConfigError(f"gives parameter {param.name!r} two defaults; keep one")
        default = marker.default
    keyword = param.kind is param.KEYWORD_ONLY
    return Parts(param.name, hint, marker, default, keyword, required=default is UNSET)


def default_of(parts: Parts) -> dict[str, Any]:
    """The plan's share of a default."""
    default = parts.default
    if default is UNSET:
        return {"required": parts.required}
    mutable = isinstance(default, list | set | dict | bytearray) or is_record(type(default))
    return {"required": False, "default": default, "fresh_default": FreshDefault(default) if mutable else None}


def check_limits(parts: Parts) -> None:
    """Raise `ConfigError` for limits that the type cannot be held against, or that no value keeps."""
    limits, type_ = parts.constraints, parts.hint.type
    if names := misplaced_limits(type_, limits):
        shown = describe(type_)
        raise ConfigError(f"limits {parts} by {names}, which {shown} does not have; remove the limit")
    allowed = next((kinds for known, kinds in _COMPARED if type_ is known), None)
    for name in ("gt", "ge", "lt", "le"):
        limit = getattr(limits, name)
        # To Python a datetime is a date and a bool is an int, but neither is meant.
        other = bool if type_ is not dt.date else dt.datetime
        if limit is not None and allowed and (not isinstance(limit, allowed) or isinstance(limit, other)):
            raise ConfigError(
                f"limits {parts} by {name}={limit!r}, which no {describe(type_)} compares with; give one of its type"
            )
    _check_bounds(parts, limits)


def _check_bounds(parts: Parts, limits: Constraints) -> None:
    low = limits.ge if limits.ge is not None else limits.gt
    high = limits.le if limits.le is not None else limits.lt
    for least, most in ((low, high), (limits.min_length, limits.max_length)):
        try:
            impossible = least is not None and most is not None and least > most
        except TypeError:
            # One with a time zone and one without.
            impossible = True
        if impossible:
            raise ConfigError(
                f"limits {parts} to at least {least!r} and at most {most!r}, which nothing keeps; mend one"
            )


def check_default(parts: Parts) -> None:
    """Raise `ConfigError` for a default that is not of the parameter's own type or breaks its limits."""
    default, hint = parts.default, parts.hint
    if default is UNSET:
        return
    if default is None:
        if not hint.optional:
            shown = describe(hint.full)
            raise ConfigError(f"gives {parts} of type {shown} the default None; annotate it {shown} | None")
        return
    if not fits(default, hint.type):
        raise ConfigError(f"gives {parts} the default {default!r}, which is no {describe(hint.type)}; mend one of them")
    try:
        parts.constraints.check(default)
    except ValueError as error:
        raise ConfigError(f"gives {parts} the default {default!r}, which breaks its own limit ({error})") from error


def fits(value: Any, type_: Any) -> bool:
    """Whether *value* is one of a peeled type, as far as its class tells."""
    if is_union(type_):
        return any(fits(value, member) for member in get_args(type_))
    if (choices := choices_of(type_)) is not None:
        return any(value is meant or value == meant for meant in choices.values())
    origin, arguments = get_origin(type_) or type_, get_args(type_)
    if origin in (list, set, frozenset, tuple):
        if not isinstance(value, list | set | frozenset | tuple):
            return False
        items = [argument for argument in arguments if argument is not Ellipsis]
        return len(items) != 1 or all(_fits_hint(item, items[0]) for item in value)
    if not isinstance(origin, type) or not inspect.isclass(origin):
        return True
    if origin is float or origin is Decimal:
        return isinstance(value, int | origin)
    try:
        return isinstance(value, origin)
    except TypeError:
        # A TypedDict; its values are dicts.
        return isinstance(value, dict)


def _fits_hint(value: Any, annotation: Any) -> bool:
    hint = peel(annotation)
    return (value is None and hint.optional) or fits(value, hint.type)
