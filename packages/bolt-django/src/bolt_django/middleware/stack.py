"""A list of Django's middleware classes, made once for all routes that it encloses."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from inspect import iscoroutine
from typing import Any

from bolt_core.around import answer_of, answer_of_async, forget_enclosures
from bolt_core.exceptions import ConfigError
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.core.handlers.base import BaseHandler
from django.core.signals import setting_changed
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from bolt_django.middleware.inline import in_one_call, in_one_call_async, is_known, may_run_on_loop
from bolt_django.middleware.requests import SharedRequest
from bolt_django.middleware.responses import to_django

log = logging.getLogger("bolt_django")

type Respond = Callable[[HttpRequest], HttpResponseBase]
type RespondAsync = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

# Adapts functions between the two ways to run, as for Django's own handlers.
_handler = BaseHandler()


@dataclass(frozen=True, slots=True)
class Hook:
    """A method that Django calls around views: on a thread, and on the event loop."""

    call: Callable[..., Any]
    call_async: Callable[..., Awaitable[Any]]


def _hook(method: Any, name: str, *, on_loop: bool) -> Hook:
    """*method* of the middleware class *name*, which returns a response or None."""
    name = f"{name}.{method.__name__}"
    on_thread: Any = method if on_loop else _handler.adapt_method_mode(False, method)
    adapted: Any = None if on_loop else _handler.adapt_method_mode(True, method)

    def call(*args: Any) -> Any:
        response = on_thread(*args)
        return None if response is None else _checked(response, name, " or None")

    async def call_async(*args: Any) -> Any:
        response = method(*args) if adapted is None else await adapted(*args)
        return None if response is None else _checked(response, name, " or None")

    return Hook(call, call_async)


def _checked(response: Any, name: str, alternative: str = "") -> HttpResponseBase:
    """What the middleware *name* returned; raises TypeError where it is no response of Django's."""
    if isinstance(response, HttpResponseBase):
        return response
    remedy = ""
    if iscoroutine(response):
        # Otherwise Python warns of it in a place that says nothing.
        response.close()
        remedy = "; an asynchronous one is declared by async_capable = True or a decorator of django.utils.decorators"
    shown = "None" if response is None else f"an object of {type(response).__qualname__}"
    raise TypeError(f"middleware {name} returned {shown}; it must return an HttpResponse{alternative}{remedy}")


class Stack:
    """Middleware of *paths*, the first outermost, for requests that run on a thread or on the event loop.

    Middleware that only knows the other way is adapted as Django does it. Raises ConfigError for a path that leads to
    no middleware, and whatever a class raises as it is made.
    """

    def __init__(self, paths: Sequence[str], *, is_async: bool) -> None:
        self.is_async = is_async
        self.process_view: list[Hook] = []
        self.process_exception: list[Hook] = []
        self.process_template_response: list[Callable[..., Any]] = []
        self.respond: Any = self._innermost_async if is_async else self._innermost
        # Of the outermost classes so far, those that are called in one: whether on the loop, what is inside, and they.
        self._run: tuple[bool, Any, list[Any]] | None = None
        handler_is_async = is_async
        for path in reversed(paths):
            handler_is_async = self._enclose(path, handler_is_async)
        self.respond = self._adapted(self.respond, handler_is_async, to_async=is_async)

    def _enclose(self, path: str, handler_is_async: bool) -> bool:
        factory = load(path)
        can_sync = getattr(factory, "sync_capable", True)
        can_async = getattr(factory, "async_capable", False)
        if not can_sync and not can_async:
            raise ConfigError(f"middleware {path}: one of sync_capable and async_capable must be True")
        becomes_async = can_async and (handler_is_async or not can_sync)
        inner = self._adapted(self.respond, handler_is_async, to_async=becomes_async)
        try:
            made = factory(inner)
        except MiddlewareNotUsed as reason:
            log.debug("middleware %s is not used: %s", path, reason)
            return handler_is_async
        if made is None:
            raise ConfigError(f"middleware {path} returned None; it must return what is called with a request")
        self._add_hooks(made, path)
        if may_run_on_loop(made) if becomes_async else is_known(made):
            self._add_to_run(made, inner, is_async=becomes_async)
        else:
            self._run = None
            self.respond = (_answering_async if becomes_async else _answering)(made, path)
        return becomes_async

    def _add_to_run(self, made: Any, inner: Any, *, is_async: bool) -> None:
        levels = [made]
        if self._run is not None and self._run[0] is is_async:
            # Its own `inner` is the run so far, which it becomes a part of.
            _, inner, others = self._run
            levels += others
        self._run = (is_async, inner, levels)
        self.respond = (in_one_call_async if is_async else in_one_call)(levels, inner)

    def _add_hooks(self, made: Any, path: str) -> None:
        if hasattr(made, "process_view"):
            self.process_view.insert(0, _hook(made.process_view, path, on_loop=may_run_on_loop(made)))
        if hasattr(made, "process_exception"):
            self.process_exception.append(_hook(made.process_exception, path, on_loop=False))
        if hasattr(made, "process_template_response"):
            # Templates are rendered on a thread.
            process: Any = _handler.adapt_method_mode(False, made.process_template_response)
            name = f"{path}.process_template_response"
            self.process_template_response.append(lambda *args: _checked(process(*args), name))

    def _adapted(self, respond: Any, is_async: bool, *, to_async: bool) -> Any:
        return _handler.adapt_method_mode(to_async, respond, is_async, debug=settings.DEBUG, name="middleware")

    def _innermost(self, request: HttpRequest) -> HttpResponseBase:
        assert isinstance(request, SharedRequest)
        return to_django(request.inner(request.bolt))

    async def _innermost_async(self, request: HttpRequest) -> HttpResponseBase:
        assert isinstance(request, SharedRequest)
        return to_django(await request.inner(request.bolt))


def load(path: str) -> Any:
    """The class or function at *path*; raises ConfigError where there is none."""
    try:
        return import_string(path)
    except ImportError as error:
        raise ConfigError(f"middleware {path!r} cannot be imported: {error}") from error


def _answering(respond: Respond, name: str) -> Respond:
    """*respond*, what it raises made a response, which the middleware outside sees."""

    def call(request: HttpRequest) -> HttpResponseBase:
        try:
            return _checked(respond(request), name)
        except Exception as exc:
            return to_django(answer_of(exc, request.bolt))  # type: ignore[attr-defined]

    return call


def _answering_async(respond: RespondAsync, name: str) -> RespondAsync:
    async def call(request: HttpRequest) -> HttpResponseBase:
        try:
            return _checked(await respond(request), name)
        except Exception as exc:
            return to_django(await answer_of_async(exc, request.bolt))  # type: ignore[attr-defined]

    return call


_stacks: dict[tuple[tuple[str, ...], bool], Stack] = {}


def stack_of(paths: tuple[str, ...], *, is_async: bool) -> Stack:
    """The stack of *paths*, made when first asked for: middleware may be costly to make, and keeps what it counts."""
    key = (paths, is_async)
    if key not in _stacks:
        _stacks[key] = Stack(paths, is_async=is_async)
    return _stacks[key]


def _forget(**kwargs: Any) -> None:
    # Middleware reads settings as it is made, and settings say what encloses a route.
    _stacks.clear()
    forget_enclosures()


setting_changed.connect(_forget, dispatch_uid="bolt_django.middleware")
