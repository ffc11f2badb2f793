"""Which of Django's middleware encloses a route, and how: as a layer of the framework's."""

from collections.abc import Mapping
from typing import Any

from bolt_core.around import AsyncStep, Enclosure, Skipped, Step
from bolt_core.errors import plain_outcome
from bolt_core.exceptions import ConfigError
from bolt_core.handling import AsyncRun, Run, Units
from bolt_core.plan import HandlerPlan
from bolt_core.request import Request
from bolt_core.responses import Response
from bolt_core.types import Outcome, Promise
from django.conf import settings

from bolt_django import conf
from bolt_django.middleware.requests import forget, shared
from bolt_django.middleware.responses import from_django
from bolt_django.middleware.stack import Stack, load, stack_of

OPTION = "django_middleware"


def check_option(value: Any) -> bool | tuple[str, ...]:
    """`BoltAPI(django_middleware=…)` as an author wrote it; raises ConfigError for what it cannot be."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) or not all(isinstance(path, str) for path in value):
        raise ConfigError(
            f"django_middleware={value!r}: give True for the project's MIDDLEWARE, or a list of dotted paths"
        )
    return tuple(value)


def paths_of(options: Mapping[str, Any]) -> tuple[str, ...]:
    """What encloses the routes of an application with *options*: its own say, else `BOLT["MIDDLEWARE"]`."""
    said = options.get(OPTION)
    if said is None:
        said = conf.bolt_settings().get("MIDDLEWARE", False)
    if said is True:
        return tuple(settings.MIDDLEWARE)
    return tuple(said or ())


def find(plan: HandlerPlan, options: Mapping[str, Any], skipped: Skipped) -> Enclosure | None:
    """The project's middleware around *plan*, without what it skips."""
    paths = tuple(path for path in paths_of(options) if not skipped(load(path), path))
    if not paths:
        return None
    layer = DjangoLayer(paths)
    return Enclosure((layer,), Units(outer=(Views(layer),)))


def paths_around(plan: HandlerPlan) -> tuple[str, ...]:
    """The classes of Django's middleware around a route of a frozen application, the outermost first."""
    layers = () if plan.around is None else plan.around.layers
    return tuple(path for layer in layers if isinstance(layer, DjangoLayer) for path in layer.names)


class DjangoLayer:
    """Django's middleware as one layer of a route."""

    reads_body = True

    def __init__(self, paths: tuple[str, ...]) -> None:
        self.names = paths
        self.stack: Stack
        """Known once it is decided how the route runs."""

    def around(self, plan: HandlerPlan, inner: Step) -> Step | None:
        """On the thread of a `def` handler, Django's stack as under WSGI."""
        self.stack = stack_of(self.names, is_async=False)
        respond, takes_django = self.stack.respond, self._is_innermost(plan)

        def step(request: Request) -> Response:
            view = shared(request)
            view.inner, view.takes_django = inner, takes_django
            try:
                result = respond(view)
                view.takes_django = False
                return from_django(result, request)
            finally:
                forget(request)

        return step

    def around_async(self, plan: HandlerPlan, inner: AsyncStep) -> AsyncStep:
        """On the event loop, Django's stack as under ASGI."""
        self.stack = stack_of(self.names, is_async=True)
        respond, takes_django = self.stack.respond, self._is_innermost(plan)

        async def step(request: Request) -> Response:
            view = shared(request)
            view.inner, view.takes_django = inner, takes_django
            try:
                result = await respond(view)
                view.takes_django = False
                return from_django(result, request)
            finally:
                forget(request)

        return step

    def _is_innermost(self, plan: HandlerPlan) -> bool:
        return plan.around is not None and plan.around.layers[-1] is self


class Views:
    """`process_view`, `process_exception` and `process_template_response` around the handler itself."""

    def __init__(self, layer: DjangoLayer) -> None:
        self._layer = layer

    def run(self, request: Request, inner: Run) -> Outcome | Promise:
        """On the thread of a `def` handler."""
        stack, view, plan = self._layer.stack, shared(request), request.plan
        view.templates = stack.process_template_response
        for hook in stack.process_view:
            response = hook.call(view, plan.handler, (), dict(request.path_params))
            if response is not None:
                return plain_outcome(plan, response, request)
        try:
            return inner(request)
        except Exception as exc:
            for hook in stack.process_exception:
                response = hook.call(view, exc)
                if response is not None:
                    return plain_outcome(plan, response, request)
            raise

    async def run_async(self, request: Request, inner: AsyncRun) -> Outcome:
        """Around an `async def` handler."""
        stack, view, plan = self._layer.stack, shared(request), request.plan
        view.templates = stack.process_template_response
        response = None
        for hook in stack.process_view:
            response = await hook.call_async(view, plan.handler, (), dict(request.path_params))
            if response is not None:
                break
        if response is None:
            try:
                return await inner(request)
            except Exception as exc:
                for hook in stack.process_exception:
                    response = await hook.call_async(view, exc)
                    if response is not None:
                        break
                else:
                    raise
        outcome = plain_outcome(plan, response, request)
        return outcome if isinstance(outcome, tuple) else await outcome
