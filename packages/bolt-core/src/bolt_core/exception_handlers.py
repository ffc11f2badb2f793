"""Functions of the application's that answer for exceptions: checked where they are declared."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from bolt_core.binding.callables import name_of, plan_call
from bolt_core.exceptions import ConfigError
from bolt_core.plan import ExceptionCall

type ExceptionHandler = Callable[[Any, Any], Any]
"""Takes the request and the exception; returns what a route's handler may return."""

# First parameters by these names are a function that expects the arguments the other way round.
_SWAPPED = frozenset({"exc", "exception", "error", "err", "e"})


def compile_exception_handler(exc_type: Any, handler: Any) -> ExceptionCall:
    """How *handler* is called for exceptions of *exc_type*.

    Raises `ConfigError` for what is no class of exceptions, such as a status, and for a function that does not take
    `(request, exc)`.
    """
    if not (isinstance(exc_type, type) and issubclass(exc_type, Exception)):
        raise ConfigError(
            f"exception_handler: {_shown(exc_type)} is no subclass of Exception; name the class that is raised "
            "(for a status, its class in bolt_core.exceptions)"
        )
    what = f"the exception handler of {exc_type.__qualname__}"
    if not callable(handler) or isinstance(handler, type):
        raise ConfigError(f"{what} is {_shown(handler)}; give a function that takes (request, exc)")
    what = f"{what}, {name_of(handler)}(),"
    try:
        signature = inspect.signature(handler)
        signature.bind(None, None)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{what} must take (request, exc) and nothing else") from error
    first = next(iter(signature.parameters.values()))
    if first.kind is not first.VAR_POSITIONAL and first.name in _SWAPPED:
        raise ConfigError(f"{what} takes {first.name!r} first; the order is (request, exc)")
    call = plan_call(handler)
    return ExceptionCall(call.function, call.is_async)


def compile_exception_handlers(handlers: Any) -> dict[type[Exception], ExceptionCall]:
    """The same for the option `exception_handlers` of a route."""
    if not isinstance(handlers, Mapping):
        raise ConfigError(f"has exception_handlers={handlers!r}; give a dict of exception classes and functions")
    return {exc_type: compile_exception_handler(exc_type, handler) for exc_type, handler in handlers.items()}


def _shown(value: Any) -> str:
    return value.__qualname__ if isinstance(value, type) else repr(value)
