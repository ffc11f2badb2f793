"""Where a parameter is read from."""

import inspect
from typing import Any

from bolt_serializers.hints import describe
from bolt_serializers.records import is_record

from bolt_core._native import Request
from bolt_core.binding.body_params import plan_body
from bolt_core.binding.hints import Hint, peel
from bolt_core.binding.injected import provider_of
from bolt_core.binding.models import MODEL_SOURCES, plan_model
from bolt_core.binding.named import file_factory, plan_file, plan_named, plan_path
from bolt_core.binding.parts import EMPTY, Parts, Place, take_apart
from bolt_core.binding.scalars import type_reader
from bolt_core.binding.shapes import is_body
from bolt_core.exceptions import ConfigError
from bolt_core.markers import Marker, Source
from bolt_core.plan import ParamPlan

# RFC 9110 §9.3.1, §9.3.2: content in these has no defined meaning, so none is inferred.
BODYLESS = frozenset({"GET", "HEAD", "TRACE"})


def plan_param(param: inspect.Parameter, place: Place) -> ParamPlan:
    """Plan one parameter; raises `ConfigError` with what is wrong and the remedy, without the route's name."""
    keyword = param.kind is param.KEYWORD_ONLY
    if _is_request(param, place):
        return ParamPlan(name=param.name, keyword=keyword, source=Source.REQUEST, wire_name=param.name)
    parts = take_apart(param)
    if (planned := _plan_injected(parts)) is not None:
        return planned
    source = source_of(parts.name, parts.hint, parts.marker, place)
    if source in (Source.FORM, Source.FILE) and place.method in BODYLESS:
        raise ConfigError(
            f"reads {parts} from a form, but a {place.method} request's body has no defined meaning (RFC 9110 §9.3.1); "
            "use POST, or Query(), which reads what a form with method=get sends"
        )
    if source in MODEL_SOURCES and is_record(parts.hint.type):
        return plan_model(parts, source)
    match source:
        case Source.BODY:
            return plan_body(parts)
        case Source.PATH:
            return plan_path(parts, place)
        case Source.FILE:
            return plan_file(parts)
        case _:
            return plan_named(parts, source)


def _plan_injected(parts: Parts) -> ParamPlan | None:
    provide = provider_of(parts.hint.type)
    if provide is None:
        return None
    if parts.marker is not None:
        raise ConfigError(
            f"marks {parts} with {parts.marker.shown}, but a {describe(parts.hint.type)} is made for the request and "
            "read from nowhere; remove the marker"
        )
    return ParamPlan(
        name=parts.name,
        keyword=parts.keyword,
        source=Source.INJECTED,
        wire_name=parts.name,
        annotation=parts.hint.full,
        convert=provide,
    )


def source_of(name: str, hint: Hint, marker: Marker | None, place: Place) -> Source:
    """Decide where parameter *name* is read from; an explicit marker always wins."""
    if marker is not None:
        return _source_of_marker(name, marker, place)
    if name in place.path_names:
        return Source.PATH
    if hint.type in (EMPTY, Any, object):
        shown = "no type hint" if hint.type is EMPTY else f"the type hint {describe(hint.type)}"
        raise ConfigError(
            f"has parameter {name!r} with {shown}, so its source is unknown; annotate it, "
            f"or mark it with Body() or Query()"
        )
    if file_factory(hint.type) is not None:
        return Source.FILE
    if not is_body(hint.full):
        return Source.QUERY
    if place.method in BODYLESS:
        raise ConfigError(
            f"has parameter {name!r} of type {describe(hint.type)}, which is read from the body, but a {place.method} "
            "request's body has no defined meaning (RFC 9110 §9.3.1); use POST, mark it with Query() to read its "
            "fields from the query, or with Body()"
        )
    return Source.BODY


def _source_of_marker(name: str, marker: Marker, place: Place) -> Source:
    if marker.source is Source.DEPENDENCY:
        raise ConfigError(
            f"marks parameter {name!r} with Depends(), which is not supported yet; take request and read it from there"
        )
    if name in place.path_names and marker.source is not Source.PATH:
        raise ConfigError(
            f"marks parameter {name!r} with {marker.shown}, but the path has '{{{name}}}'; rename one of them, or "
            "remove the marker"
        )
    return marker.source


def _is_request(param: inspect.Parameter, place: Place) -> bool:
    annotation = param.annotation
    if peel(annotation).type is Request:
        return True
    if param.name != "request" or param.name in place.path_names or isinstance(param.default, Marker):
        return False
    hint = peel(annotation)
    # A parameter that happens to be called request but is typed as data is that data.
    return not hint.markers and type_reader(hint.type) is None and not is_body(annotation)
