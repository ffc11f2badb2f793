"""Where a parameter is read from, and what is compiled for each source."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from bolt_core._native import Request
from bolt_core.binding.bodies import body_decoders
from bolt_core.binding.body_errors import find_problems, take_apart
from bolt_core.binding.hints import Hint, describe, merge_limits, peel
from bolt_core.binding.scalars import list_reader, misplaced_limits, then, type_reader
from bolt_core.binding.shapes import is_body, is_record
from bolt_core.exceptions import ConfigError
from bolt_core.markers import UNSET, Constraints, Marker, Source
from bolt_core.plan import FreshDefault, Kind, ParamPlan

# RFC 9110 §9.3.1, §9.3.2: content in these has no defined meaning, so none is inferred.
BODYLESS = frozenset({"GET", "HEAD", "TRACE"})
_KINDS: dict[Any, Kind] = {int: "int", float: "float", bool: "bool", str: "str"}
_LATER = {Source.HEADER: "Header()", Source.COOKIE: "Cookie()", Source.FORM: "Form()", Source.FILE: "File()"}
_EMPTY = inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Place:
    """The route that a parameter belongs to."""

    method: str
    path_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    """A parameter's hint, marker and default, told apart."""

    name: str
    hint: Hint
    marker: Marker | None
    default: Any
    keyword: bool
    constraints: Constraints


def plan_param(param: inspect.Parameter, place: Place) -> ParamPlan:
    """Plan one parameter; raises `ConfigError` with what is wrong and the remedy, without the route's name."""
    if _is_request(param, place):
        keyword = param.kind is param.KEYWORD_ONLY
        return ParamPlan(name=param.name, keyword=keyword, source=Source.REQUEST, wire_name=param.name)
    parts = _take_apart(param)
    match source_of(parts.name, parts.hint, parts.marker, place):
        case Source.BODY:
            return _plan_body(parts)
        case Source.PATH:
            return _plan_path(parts, place)
        case _:
            return _plan_query(parts)


def source_of(name: str, hint: Hint, marker: Marker | None, place: Place) -> Source:
    """Decide where parameter *name* is read from; an explicit marker always wins."""
    if marker is not None:
        if marker.source in _LATER or marker.source is Source.DEPENDENCY:
            raise ConfigError(
                f"marks parameter {name!r} with {_LATER.get(marker.source, 'Depends()')}, which is not supported yet; "
                "take request and read it from there"
            )
        return marker.source
    if name in place.path_names:
        return Source.PATH
    if hint.type in (_EMPTY, Any, object):
        shown = "no type hint" if hint.type is _EMPTY else f"the type hint {describe(hint.type)}"
        raise ConfigError(
            f"has parameter {name!r} with {shown}, so its source is unknown; annotate it, "
            f"or mark it with Body() or Query()"
        )
    if not is_body(hint.full):
        return Source.QUERY
    if place.method in BODYLESS:
        raise ConfigError(
            f"has parameter {name!r} of type {describe(hint.type)}, which is read from the body, but a {place.method} "
            "request's body has no defined meaning (RFC 9110 §9.3.1); use POST, single query parameters, or mark it "
            "with Body()"
        )
    return Source.BODY


def _is_request(param: inspect.Parameter, place: Place) -> bool:
    annotation = param.annotation
    if annotation is Request:
        return True
    if param.name != "request" or param.name in place.path_names or isinstance(param.default, Marker):
        return False
    hint = peel(annotation)
    # A parameter that happens to be called request but is typed as data is that data.
    return not hint.markers and type_reader(hint.type) is None and not is_body(annotation)


def _take_apart(param: inspect.Parameter) -> _Parts:
    hint = peel(param.annotation)
    markers = list(hint.markers)
    default = UNSET if param.default is _EMPTY else param.default
    if isinstance(default, Marker):
        markers.append(default)
        default = UNSET
    if len(markers) > 1:
        raise ConfigError(f"marks parameter {param.name!r} twice; keep one marker")
    marker = markers[0] if markers else None
    if marker is not None and marker.default is not UNSET:
        if default is not UNSET:
            raise ConfigError(f"gives parameter {param.name!r} two defaults; keep one")
        default = marker.default
    keyword = param.kind is param.KEYWORD_ONLY
    return _Parts(param.name, hint, marker, default, keyword, merge_limits(hint, marker))


def _plan_path(parts: _Parts, place: Place) -> ParamPlan:
    wire_name = _wire_name(parts)
    if wire_name not in place.path_names:
        raise ConfigError(
            f"reads parameter {parts.name!r} from the path, which has no '{{{wire_name}}}'; add it to the path"
        )
    if parts.default is not UNSET:
        raise ConfigError(f"gives path parameter {parts.name!r} a default, which is never used; remove it")
    if parts.hint.type is _EMPTY:
        return ParamPlan(name=parts.name, keyword=parts.keyword, source=Source.PATH, wire_name=wire_name, kind="str")
    return _plan_scalar(parts, Source.PATH)


def _plan_query(parts: _Parts) -> ParamPlan:
    hint = parts.hint
    if hint.type in (_EMPTY, Any, object):
        raise ConfigError(f"marks parameter {parts.name!r} with Query() but gives no type; annotate it")
    reader = list_reader(hint)
    if reader is None:
        return _plan_scalar(parts, Source.QUERY)
    limits = parts.constraints
    _check_limits(parts, limits)
    return ParamPlan(
        name=parts.name,
        keyword=parts.keyword,
        source=Source.QUERY,
        wire_name=_wire_name(parts),
        many=True,
        convert=then(reader, limits.check) if limits.given() else reader,
        annotation=hint.full,
        marker=parts.marker,
        constraints=limits,
        **_default_of(parts),
    )


def _plan_scalar(parts: _Parts, source: Source) -> ParamPlan:
    type_ = parts.hint.type
    reader = type_reader(type_)
    if reader is None:
        raise ConfigError(
            f"reads parameter {parts.name!r} from the {source}, where a value of type {describe(type_)} cannot stand; "
            "use a scalar type" + (" or a list of one, or mark it with Body()" if source is Source.QUERY else "")
        )
    limits = parts.constraints
    _check_limits(parts, limits)
    kind = _KINDS.get(type_, "other")
    check = limits.check if limits.given() else None
    if kind == "other":
        convert: Callable[[Any], Any] | None = then(reader, check) if check else reader
    else:
        convert = check
    return ParamPlan(
        name=parts.name,
        keyword=parts.keyword,
        source=source,
        wire_name=_wire_name(parts),
        kind=kind,
        convert=convert,
        annotation=parts.hint.full,
        marker=parts.marker,
        constraints=limits,
        **_default_of(parts),
    )


def _plan_body(parts: _Parts) -> ParamPlan:
    if parts.hint.type is _EMPTY:
        raise ConfigError(f"marks parameter {parts.name!r} with Body() but gives no type; annotate it")
    annotation = parts.hint.full
    limits = parts.marker.constraints if parts.marker else Constraints()
    _check_limits(parts, limits)
    try:
        decode, decode_msgpack = body_decoders(annotation, limits.check if limits.given() else None)
    except TypeError as error:
        raise ConfigError(
            f"has body parameter {parts.name!r} of a type that no body can be decoded into ({error}); use a Struct, a "
            "dataclass, a TypedDict or builtin types"
        ) from error
    return ParamPlan(
        name=parts.name,
        keyword=parts.keyword,
        source=Source.BODY,
        wire_name=parts.name,
        annotation=annotation,
        marker=parts.marker,
        constraints=limits,
        decode=decode,
        decode_msgpack=decode_msgpack,
        explain=partial(find_problems, take_apart(annotation)),
        **_default_of(parts),
    )


def _wire_name(parts: _Parts) -> str:
    return (parts.marker.alias if parts.marker else None) or parts.name


def _default_of(parts: _Parts) -> dict[str, Any]:
    default = parts.default
    if default is UNSET:
        return {"required": True}
    mutable = isinstance(default, list | set | dict | bytearray) or is_record(type(default))
    return {"required": False, "default": default, "fresh_default": FreshDefault(default) if mutable else None}


def _check_limits(parts: _Parts, limits: Constraints) -> None:
    if names := misplaced_limits(parts.hint.type, limits):
        shown = describe(parts.hint.type)
        raise ConfigError(f"limits parameter {parts.name!r} by {names}, which {shown} does not have; remove the limit")
