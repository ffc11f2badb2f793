"""Middleware of the framework's own: classes and functions that enclose the calls of routes, on the event loop."""

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from bolt_core._native import Request
from bolt_core.conditions import is_registered
from bolt_core.exceptions import ConfigError
from bolt_core.responses import Response

__all__ = ["Middleware", "middleware", "skip_middleware"]

type GetResponse = Callable[[Request], Awaitable[Response]]
type MiddlewareFactory = Callable[[GetResponse], Callable[[Request], Awaitable[Any]]]
"""A class as `Middleware`, or a function: takes what goes on with a request, returns what is called with each."""

_OWN = "__bolt_middleware__"
_SKIPPED = "__bolt_skip_middleware__"

EVERY = "*"
"""Skips all middleware of a route."""


class Middleware:
    """Base of middleware: one object for each place that names the class, made as the application is frozen.

    `BoltAPI(middleware=[…])`, `Router(middleware=[…])`, the option `middleware=` of a route and `@middleware(…)` name
    them, the outermost first. A class that needs more than *get_response* is named through `functools.partial`.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    async def __call__(self, request: Request) -> Any:
        """Answer *request*; by default as whatever is inside does.

        `await self.get_response(request)` gives the response of what is inside, refusals and errors included: it does
        not raise. Return that, changed or not, or anything that a handler may return. An exception is answered as a
        handler's would be.
        """
        return await self.get_response(request)


def middleware[F: Callable[..., Any]](*factories: MiddlewareFactory) -> Callable[[F], F]:
    """Enclose the decorated handler in *factories*, the first outermost, inside those of its routers.

    The decorator stands below the route's. Raises `ConfigError` where it cannot work.
    """
    checked = tuple(check_middleware(factories, "@middleware()"))
    return functools.partial(_note, _OWN, "@middleware", checked)


def skip_middleware[F: Callable[..., Any]](*skipped: MiddlewareFactory | str) -> Callable[[F], F]:
    """Leave the decorated handler out of middleware that its routers, the application or the project name.

    *skipped* are what they name: classes, functions, or dotted paths of Django's; `"*"` means all. The decorator stands
    below the route's. Raises `ConfigError` where it cannot work; what the route is not enclosed in is an error when the
    application is frozen.
    """
    checked = tuple(check_skipped(skipped, "@skip_middleware()"))
    return functools.partial(_note, _SKIPPED, "@skip_middleware", checked)


def _note[F: Callable[..., Any]](attribute: str, decorator: str, named: tuple[Any, ...], handler: F) -> F:
    name = getattr(handler, "__qualname__", repr(handler))
    if is_registered(handler):
        raise ConfigError(f"{name}() is a route already, so {decorator} comes too late; put it below the route's own")
    try:
        # The decorator written first is the outer one.
        setattr(handler, attribute, (*named, *getattr(handler, attribute, ())))
    except AttributeError as error:
        raise ConfigError(f"{name} cannot be decorated with {decorator}; wrap it in a function") from error
    return handler


def middleware_of(handler: Callable[..., Any], option: Any = ()) -> tuple[MiddlewareFactory, ...]:
    """What a route's *option* names, and inside of that what *handler* was decorated with; the outermost first."""
    return (*check_middleware(option, "middleware="), *getattr(_undressed(handler), _OWN, ()))


def skipped_by(handler: Callable[..., Any], option: Any = None) -> tuple[Any, ...]:
    """What a route's *option* says to skip, and what *handler* was decorated to."""
    return (*check_skipped(option, "skip_middleware="), *getattr(_undressed(handler), _SKIPPED, ()))


def _undressed(handler: Callable[..., Any]) -> Callable[..., Any]:
    while isinstance(handler, functools.partial):
        handler = handler.func
    return handler


def check_middleware(factories: Any, where: str) -> list[MiddlewareFactory]:
    """The factories that an author wrote; raises `ConfigError` naming *where* for what cannot be one."""
    if isinstance(factories, str) or not isinstance(factories, Iterable):
        raise ConfigError(f"{where}: give a list of middleware, not {factories!r}")
    return [_checked(factory, where) for factory in factories]


def _checked(factory: Any, where: str) -> MiddlewareFactory:
    if isinstance(factory, str):
        raise ConfigError(
            f"{where}: {factory!r} is a string; name the class itself, or put Django's middleware into "
            'BOLT["MIDDLEWARE"] or django_middleware='
        )
    target = _undressed(factory)
    if not callable(target):
        raise ConfigError(f"{where}: {factory!r} is no middleware; give a class that takes get_response")
    if inspect.iscoroutinefunction(target):
        raise ConfigError(
            f"{where}: {shown(target)}() is called with get_response and must return what is called with a request; "
            "make it a plain function that returns an async one"
        )
    if isinstance(target, type) and not inspect.iscoroutinefunction(target.__call__):
        raise _not_async(shown(target), where)
    return factory  # type: ignore[no-any-return]


def check_skipped(skipped: Any, where: str) -> list[Any]:
    """What an author wrote to be skipped, `None` for nothing; raises `ConfigError` naming *where*."""
    if skipped is None:
        return []
    if isinstance(skipped, str) or not isinstance(skipped, Iterable):
        raise ConfigError(f"{where}: give a list of middleware, not {skipped!r}")
    found = list(skipped)
    if not found:
        raise ConfigError(f'{where}: name what to skip; "*" means all of it')
    for one in found:
        if not isinstance(one, str) and not callable(one):
            raise ConfigError(f"{where}: {one!r} is no middleware; give its class, or the dotted path of Django's")
    return found


def made(factory: MiddlewareFactory, get_response: GetResponse) -> Callable[[Request], Awaitable[Any]]:
    """The middleware itself; raises `ConfigError` for one that is not asynchronous."""
    instance = factory(get_response)
    if not inspect.iscoroutinefunction(instance) and not inspect.iscoroutinefunction(type(instance).__call__):
        raise _not_async(shown(factory), "middleware")
    return instance


def _not_async(name: str, where: str) -> ConfigError:
    return ConfigError(
        f"{where}: {name} is not asynchronous; declare its __call__ (or the function it returns) async def, "
        "and move what blocks into run_in_pool()"
    )


def shown(factory: Any) -> str:
    """The name of a factory in messages and listings."""
    target = _undressed(factory)
    name = getattr(target, "__qualname__", None) or type(target).__qualname__
    return f"{target.__module__}.{name}".replace("<locals>.", "")
