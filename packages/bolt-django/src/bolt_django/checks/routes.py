"""What is wrong with the project's routes. APIs are imported here, and not before a check runs."""

import contextlib
import inspect
import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bolt_core.api import BoltAPI
from bolt_core.exceptions import ConfigError, RouteConflict
from bolt_core.paths import parse_path
from bolt_core.plan import HandlerPlan
from bolt_core.routing import conflict
from django.apps import AppConfig
from django.core import checks
from django.db.models import Model, QuerySet

from bolt_django import conf, discovery
from bolt_django.checks.urls import django_urls, pattern_of

# Django patterns that one warning names.
_SHOWN = 3


def plans() -> list[HandlerPlan]:
    """The routes of every API that can be loaded, in the order in which they are served."""
    return [plan for api in _survey()[0] for plan in api.routes]


def enclosed_plans() -> list[HandlerPlan]:
    """The same with what routers, applications and settings say of them; of an API that cannot be so, nothing."""
    found: list[HandlerPlan] = []
    for api in _survey()[0]:
        with contextlib.suppress(ConfigError):  # bolt.E010, or what a server says as it starts.
            found += api.freeze().routes
    return found


def _survey() -> tuple[list[BoltAPI], list[discovery.DiscoveryError]]:
    return discovery.survey() if conf.names_apis() else ([], [])  # else bolt.E003


def check_routes(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.E010: an API that cannot be loaded; bolt.E011: two handlers for the same requests."""
    apis, errors = _survey()
    found: list[checks.CheckMessage] = [_of(error) for error in errors]
    known: dict[tuple[str, str], HandlerPlan] = {}
    for plan in (plan for api in apis for plan in api.routes):
        rival = known.setdefault((plan.method, parse_path(plan.path).shape), plan)
        if rival is not plan:
            found.append(_duplicate(str(conflict(plan, rival))))
    said = {api.trailing_slash for api in apis} - {None}
    if len(said) > 1:
        found.append(_broken("the APIs of this project differ in trailing_slash; give all of them the same"))
    return found


def _of(error: discovery.DiscoveryError) -> checks.Error:
    cause = error.__cause__
    return _duplicate(str(cause)) if isinstance(cause, RouteConflict) else _broken(str(error))


def _broken(message: str) -> checks.Error:
    return checks.Error(message, hint="runbolt --verbosity 2 shows the traceback.", id="bolt.E010")


def _duplicate(message: str) -> checks.Error:
    return checks.Error(message, id="bolt.E011")


def check_shadowed(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.W010: URLs of Django's that can never be reached, as a route of ours matches all of their requests."""
    routes = plans()
    if not routes:
        return []
    urls = django_urls()
    found: list[checks.CheckMessage] = []
    # Methods make no difference: a path that a route has is never Django's, whatever the method.
    for path in dict.fromkeys(plan.path for plan in routes):
        matches = pattern_of(path)
        hidden = [url.shown for url in urls if matches(url.sample)]
        if not hidden:
            continue
        plan = next(plan for plan in routes if plan.path == path)
        more = f" and {len(hidden) - _SHOWN} more" if len(hidden) > _SHOWN else ""
        found.append(
            checks.Warning(
                f"{plan.method} {path} of {plan.name}() ({plan.origin}) hides Django's URL "
                f"{', '.join(map(repr, hidden[:_SHOWN]))}{more}",
                hint="Bolt routes are asked first. Move one of them to another path, or remove one.",
                id="bolt.W010",
            )
        )
    return found


def check_models(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.W011: a handler annotated to return models, which leave with every column that is not sensitive by name."""
    return [
        checks.Warning(
            f"{plan.method} {plan.path}: {plan.name}() ({plan.origin}) returns {model.__qualname__} without a "
            "serializer, so every column leaves that is not sensitive by its name",
            hint='Return a Serializer, give response_model=, or list columns in BOLT["SENSITIVE_FIELDS"].',
            id="bolt.W011",
        )
        for plan in plans()
        if not plan.result.explicit and (model := returned_model(plan)) is not None
    ]


def returned_model(plan: HandlerPlan) -> type | None:
    """The model class, or QuerySet, in a handler's return annotation, alone or inside `list[…]`, a union and so on."""
    try:
        hints = typing.get_type_hints(inspect.unwrap(plan.handler))
    except (NameError, TypeError, AttributeError):
        return None  # Names of a local scope: registration has read them there, nothing can here.
    return next(_models_in([hints.get("return")]), None)


def _models_in(annotations: Iterable[Any]) -> Iterator[type]:
    for annotation in annotations:
        if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
            # `QuerySet[Author]` is QuerySet itself at run time.
            if issubclass(annotation, Model | QuerySet):
                yield annotation
        elif isinstance(annotation, typing.TypeAliasType):
            yield from _models_in([annotation.__value__])
        else:
            yield from _models_in(typing.get_args(annotation))


__all__ = ["check_models", "check_routes", "check_shadowed", "enclosed_plans", "plans"]
