"""`compile_handler`: everything about a route is decided here, once."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bolt_core.binding.callables import (
    Namespace,
    doc_of,
    full_name,
    name_of,
    origin_of,
    plan_call,
    read_signature,
    with_fresh_defaults,
)
from bolt_core.binding.results import compile_result
from bolt_core.binding.sources import Place, plan_param
from bolt_core.exception_handlers import compile_exception_handlers
from bolt_core.exceptions import ConfigError
from bolt_core.markers import UNSET, Source
from bolt_core.options import RouteOptions, check_options
from bolt_core.paths import parse_path
from bolt_core.plan import BodyMode, HandlerPlan, ParamPlan, RouteInfo


def _no_names() -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the author of a route wrote; compiled again where a prefix changes its path."""

    handler: Callable[..., Any]
    method: str
    path: str
    options: RouteOptions
    namespace: Namespace = _no_names


def compile_handler(
    handler: Callable[..., Any],
    path: str,
    method: str,
    options: RouteOptions | None = None,
    namespace: Namespace = _no_names,
) -> HandlerPlan:
    """Make the plan of *handler* for *method* and *path*.

    *namespace* gives the names visible where the route is declared, for hints that name local types. Raises
    `ConfigError` naming route, handler and remedy for everything that cannot work.
    """
    try:
        return _compile(Declaration(handler, method, path, options or {}, namespace))
    except (ConfigError, ValueError) as error:
        raise ConfigError(f"{method} {path}: handler {_shown(handler)} {_said(error)}") from error


def _shown(handler: Any) -> str:
    return f"{name_of(handler)}()" if callable(handler) else repr(handler)


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, ConfigError) else f"cannot be routed: {error}"


def _compile(declared: Declaration) -> HandlerPlan:
    handler, options = declared.handler, declared.options
    if not callable(handler):
        raise ConfigError("cannot be called; pass a function")
    if isinstance(handler, type):
        raise ConfigError("is a class; pass a function or an instance with __call__")
    check_options(options)
    template = parse_path(declared.path)
    signature = read_signature(handler, declared.namespace)
    place = Place(declared.method, template.names)
    params = tuple(plan_param(param, place) for param in signature.parameters)
    _check_params(params, template.names)
    call = plan_call(handler)
    return HandlerPlan(
        method=declared.method,
        path=template.path,
        name=full_name(handler),
        handler=handler,
        call=with_fresh_defaults(call.function, params),
        is_async=call.is_async,
        params=params,
        status=options.get("status_code", 200),
        status_given="status_code" in options,
        result=compile_result(signature.returns, options.get("response_model", UNSET)),
        body=_body_mode(params, stream=bool(options.get("stream_body", False)), is_async=call.is_async),
        max_body=options.get("max_body_size"),
        cancel_on_disconnect=options.get("cancel_on_disconnect", True),
        origin=origin_of(handler),
        info=_route_info(handler, declared),
        exception_handlers=compile_exception_handlers(options.get("exception_handlers", {})),
    )


def _check_params(params: tuple[ParamPlan, ...], path_names: tuple[str, ...]) -> None:
    bodies = [param.name for param in params if param.source is Source.BODY]
    if len(bodies) > 1:
        raise ConfigError(
            f"has {len(bodies)} body parameters ({', '.join(bodies)}), which is not supported yet; "
            "put them into one Struct"
        )
    requests = [param.name for param in params if param.source is Source.REQUEST]
    if len(requests) > 1:
        raise ConfigError(f"takes the request twice ({', '.join(requests)}); keep one")
    used = {param.wire_name for param in params if param.source is Source.PATH}
    # With the request at hand, the handler may read `request.path_params`.
    for name in () if requests else path_names:
        if name not in used:
            raise ConfigError(f"never uses path parameter {name!r}; add a parameter named {name}")
    _check_wire_names(params)


def _check_wire_names(params: tuple[ParamPlan, ...]) -> None:
    seen: dict[tuple[Source, str], str] = {}
    for param in params:
        key = (param.source, param.wire_name)
        if key in seen:
            raise ConfigError(
                f"reads {param.source} value {param.wire_name!r} into both {seen[key]!r} and {param.name!r}; "
                "give one of them another name"
            )
        seen[key] = param.name


def _body_mode(params: tuple[ParamPlan, ...], *, stream: bool, is_async: bool) -> BodyMode:
    sources = {param.source for param in params}
    if stream:
        if Source.BODY in sources:
            raise ConfigError("has stream_body=True and a body parameter; read the body from request.stream() instead")
        if Source.REQUEST not in sources:
            raise ConfigError("has stream_body=True but takes no request; add a parameter named request")
        if not is_async:
            raise ConfigError(
                "has stream_body=True but is no async def, so it cannot wait for the body; declare it async"
            )
        return "stream"
    return "whole" if sources & {Source.BODY, Source.REQUEST} else "none"


def _route_info(handler: Callable[..., Any], declared: Declaration) -> RouteInfo:
    options = declared.options
    doc = doc_of(handler)
    summary, _, rest = doc.partition("\n\n") if doc else ("", "", "")
    return RouteInfo(
        tags=tuple(options.get("tags", ())),
        summary=options.get("summary") or re.sub(r"\s+", " ", summary).strip() or None,
        description=options.get("description") or rest.strip() or None,
        operation_id=options.get("name"),
        deprecated=options.get("deprecated", False),
        include_in_schema=options.get("include_in_schema", True),
    )
