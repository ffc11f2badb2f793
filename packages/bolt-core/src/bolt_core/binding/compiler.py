"""`compile_handler`: everything about a route is decided here, once."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bolt_serializers.errors import DeclarationError

from bolt_core.access import Access
from bolt_core.background import BackgroundTasks
from bolt_core.binding.body_params import finish_bodies
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
from bolt_core.binding.conditions import conditional
from bolt_core.binding.mixtures import body_mode, check_params, form_of
from bolt_core.binding.parts import Place
from bolt_core.binding.results import compile_result
from bolt_core.binding.serializers import validated
from bolt_core.binding.sources import plan_param
from bolt_core.conditions import note_registered
from bolt_core.exception_handlers import compile_exception_handlers
from bolt_core.exceptions import ConfigError
from bolt_core.markers import UNSET
from bolt_core.middleware import middleware_of, skipped_by
from bolt_core.options import RouteOptions, check_options
from bolt_core.paths import parse_path
from bolt_core.plan import HandlerPlan, RouteInfo
from bolt_core.reply_format import ReplyFormat


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
        plan = _compile(Declaration(handler, method, path, options or {}, namespace))
    except (DeclarationError, ValueError) as error:
        raise ConfigError(f"{method} {path}: handler {_shown(handler)} {_said(error)}") from error
    note_registered(handler)
    return plan


def _shown(handler: Any) -> str:
    return f"{name_of(handler)}()" if callable(handler) else repr(handler)


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, DeclarationError) else f"cannot be routed: {error}"


def _compile(declared: Declaration) -> HandlerPlan:
    handler, options = declared.handler, declared.options
    _check_handler(handler)
    check_options(options)
    template = parse_path(declared.path)
    signature = read_signature(handler, declared.namespace)
    place = Place(declared.method, template.names)
    planned = tuple(plan_param(param, place) for param in signature.parameters)
    check_params(planned, template.names)
    params, embedded = finish_bodies(planned)
    own = validated(plan_call(handler), params)
    params, call = conditional(handler, params, own, place, declared.namespace)
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
        body=body_mode(params, stream=bool(options.get("stream_body", False)), is_async=own.is_async),
        embedded=embedded,
        form=form_of(params),
        max_body=options.get("max_body_size"),
        default_headers=options.get("default_headers", True),
        cancel_on_disconnect=options.get("cancel_on_disconnect", True),
        format=_format_of(options),
        middleware=middleware_of(handler, options.get("middleware", ())),
        skips=skipped_by(handler, options.get("skip_middleware")),
        fast=not any(_collects_tasks(param.annotation) for param in params),
        origin=origin_of(handler),
        info=_route_info(handler, declared),
        own_access=Access.checked(options.get("auth"), options.get("guards"), "has "),
        exception_handlers=compile_exception_handlers(options.get("exception_handlers", {})),
    )


def _check_handler(handler: Any) -> None:
    if not callable(handler):
        raise ConfigError("cannot be called; pass a function")
    if isinstance(handler, type):
        raise ConfigError("is a class; pass a function or an instance with __call__")


def _format_of(options: RouteOptions) -> ReplyFormat:
    return ReplyFormat.checked(options.get("strict_json"), options.get("media_types"), options.get("strict_accept"))


def _collects_tasks(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BackgroundTasks)


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
