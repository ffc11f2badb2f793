"""What a handler is: its signature with resolved hints, how it runs, where it stands in the source."""

import functools
import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from bolt_core.exceptions import ConfigError
from bolt_core.markers import UNSET
from bolt_core.plan import FreshDefault, ParamPlan

type Namespace = Callable[[], Mapping[str, Any]]
"""Names visible where the route is declared; asked for only where a hint does not resolve without them."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A handler's parameters and its return annotation, every hint resolved."""

    parameters: tuple[inspect.Parameter, ...]
    returns: Any


def read_signature(handler: Callable[..., Any], namespace: Namespace, *, rest: bool = False) -> Signature:
    """The signature of *handler*, hints resolved once and for all.

    Raises `ConfigError` for hints that name what does not exist and, unless *rest* is true, for `*args` and
    `**kwargs`.
    """
    try:
        signature = inspect.signature(handler)
    except NameError as error:
        raise _unresolved(error) from error
    except (TypeError, ValueError) as error:
        raise ConfigError(f"has no readable signature ({error}); wrap it in a function") from error
    raw = {name: param.annotation for name, param in signature.parameters.items()}
    raw["return"] = signature.return_annotation
    bound = _bound_keywords(handler)
    hints = _resolve(
        {name: hint for name, hint in raw.items() if hint is not inspect.Parameter.empty}, handler, namespace
    )
    parameters = []
    for param in signature.parameters.values():
        if param.name in bound:
            continue
        if param.kind in (param.VAR_POSITIONAL, param.VAR_KEYWORD) and not rest:
            stars = "*" if param.kind is param.VAR_POSITIONAL else "**"
            raise ConfigError(f"takes {stars}{param.name}, which no request can fill; name each parameter")
        parameters.append(param.replace(annotation=hints.get(param.name, inspect.Parameter.empty)))
    return Signature(tuple(parameters), hints.get("return", UNSET))


def _bound_keywords(handler: Callable[..., Any]) -> set[str]:
    """Parameters that a `functools.partial` fills already; its signature shows them as defaults."""
    bound: set[str] = set()
    while isinstance(handler, functools.partial):
        bound.update(handler.keywords)
        handler = handler.func
    return bound


def _resolve(annotations: dict[str, Any], handler: Callable[..., Any], namespace: Namespace) -> dict[str, Any]:
    holder = SimpleNamespace(__annotations__=annotations)
    scope = _globals_of(handler)
    try:
        return typing.get_type_hints(holder, globalns=scope, localns=scope, include_extras=True)
    except NameError:
        # A type defined inside the function that declares the route.
        local_names = {**scope, **namespace()}
    except (TypeError, SyntaxError) as error:
        raise ConfigError(f"has a type hint that cannot be read ({error}); mend it") from error
    try:
        return typing.get_type_hints(holder, globalns=scope, localns=local_names, include_extras=True)
    except (NameError, TypeError, SyntaxError) as error:
        raise _unresolved(error) from error


def _unresolved(error: Exception) -> ConfigError:
    return ConfigError(
        f"has a type hint that cannot be resolved ({error}); import the name at run time, outside TYPE_CHECKING, "
        "and define it before the route"
    )


def _globals_of(handler: Callable[..., Any]) -> dict[str, Any]:
    scope: dict[str, Any] = getattr(function_of(handler), "__globals__", {})
    return scope


def function_of(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The plain function below partials, bound methods, callable objects and `functools.wraps` wrappers."""
    while True:
        if isinstance(handler, functools.partial):
            handler = handler.func
        elif inspect.ismethod(handler):
            handler = handler.__func__
        elif (wrapped := getattr(handler, "__wrapped__", None)) is not None:
            handler = wrapped
        elif not inspect.isroutine(handler) and not isinstance(handler, type):
            handler = type(handler).__call__
        else:
            return handler


def _called(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The function that a call of *handler* enters; wrappers stay, for they decide how the call runs."""
    while isinstance(handler, functools.partial | staticmethod):
        handler = handler.func if isinstance(handler, functools.partial) else handler.__func__
    if not inspect.isroutine(handler) and not isinstance(handler, type):
        return type(handler).__call__
    return handler


@dataclass(frozen=True, slots=True)
class Call:
    """How a handler is called."""

    function: Callable[..., Any]
    is_async: bool


def plan_call(handler: Callable[..., Any]) -> Call:
    """Decide once how *handler* runs: on the event loop if it is async, else on the thread pool."""
    entered = _called(handler)
    if inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(entered):
        return Call(handler, True)
    if inspect.isasyncgenfunction(entered):
        return Call(_open_async_generator(handler), True)
    return Call(handler, False)


def _open_async_generator(handler: Callable[..., Any]) -> Callable[..., Any]:
    # Calling an async generator function runs none of its code; this makes it a coroutine function like any other, so
    # that the engine starts it on the event loop.
    @functools.wraps(handler)
    async def start(*args: Any, **kwargs: Any) -> Any:
        return handler(*args, **kwargs)

    return start


def with_fresh_defaults(call: Callable[..., Any], params: Iterable[ParamPlan]) -> Callable[..., Any]:
    """*call*, mutable defaults made anew for it; itself where no parameter has one."""
    if not any(param.fresh_default for param in params):
        return call

    @functools.wraps(call)
    def fill(*args: Any, **kwargs: Any) -> Any:
        return call(*map(fresh, args), **{name: fresh(value) for name, value in kwargs.items()})

    return fill


def fresh(value: Any) -> Any:
    """*value*, made anew where it is a mutable default."""
    return value.make() if type(value) is FreshDefault else value


def name_of(handler: Callable[..., Any]) -> str:
    """The handler's name as its author wrote it."""
    function = function_of(handler)
    return str(getattr(function, "__qualname__", None) or type(handler).__qualname__).replace("<locals>.", "")


def full_name(handler: Callable[..., Any]) -> str:
    """`module.qualname`."""
    return f"{getattr(function_of(handler), '__module__', '?')}.{name_of(handler)}"


def origin_of(handler: Callable[..., Any]) -> str:
    """`file:line` of the handler, or its module where it has no source."""
    code = getattr(function_of(handler), "__code__", None)
    if code is None:
        return str(getattr(handler, "__module__", "?"))
    return f"{code.co_filename}:{code.co_firstlineno}"


def doc_of(handler: Callable[..., Any]) -> str | None:
    """The handler's docstring, dedented."""
    return inspect.getdoc(function_of(handler))
