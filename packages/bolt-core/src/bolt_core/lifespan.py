"""What an application does before its first request and after its last: declared here, checked as it is declared."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from bolt_core.binding.callables import function_of, name_of, origin_of
from bolt_core.exceptions import ConfigError

type Hook = Callable[[], object]
type LifespanManager = (
    AbstractAsyncContextManager[Mapping[str, Any] | None] | AbstractContextManager[Mapping[str, Any] | None]
)
type Lifespan = Callable[[Any], LifespanManager]


class LifespanError(RuntimeError):
    """A startup or shutdown hook failed; the message names it, `__cause__` is what it raised."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One router's share: what a server enters at its start and leaves at its end."""

    startup: tuple[Hook, ...] = ()
    shutdown: tuple[Hook, ...] = ()
    lifespan: Callable[[], LifespanManager] | None = None
    name: str = ""
    """The lifespan in messages."""
    state: dict[str, Any] = field(default_factory=dict)
    """Where what the lifespan yields goes, for as long as it lasts."""


class Hooked:
    """What has startup and shutdown hooks: a router."""

    def __init__(self) -> None:
        self._startup: list[Hook] = []
        self._shutdown: list[Hook] = []

    def on_startup[H: Hook](self, hook: H) -> H:
        """Run the decorated function, which takes no arguments, in each serving process before its first request.

        An `async def` runs on the event loop, a `def` on the pool. Hooks run one after the other, in the order of
        their registration; one that raises stops the server. Raises `ConfigError` for what is no such function, and
        once the application is frozen.
        """
        self._add("on_startup", hook, self._startup)
        return hook

    def on_shutdown[H: Hook](self, hook: H) -> H:
        """Run the decorated function in each serving process after its last request and background task.

        The hook registered last runs first. Those of a router run only where its first startup hook, if it has any,
        had succeeded. One that raises is logged and keeps no other from running. See `on_startup`.
        """
        self._add("on_shutdown", hook, self._shutdown)
        return hook

    def _add(self, kind: str, hook: Hook, hooks: list[Hook]) -> None:
        check_hook(kind, hook)
        self._check_all_open()
        hooks.append(hook)

    def _check_all_open(self) -> None:
        """Raise `ConfigError` where a server may run without a hook that would be added now."""
        raise NotImplementedError

    def stage(self) -> Stage:
        """The hooks as they stand."""
        return Stage(tuple(self._startup), tuple(self._shutdown))


def check_hook(kind: str, hook: Any) -> None:
    """Raise `ConfigError` unless *hook* is a function without required parameters."""
    if not callable(hook):
        raise ConfigError(
            f"{kind} takes a function, not {type(hook).__qualname__}; write @api.{kind} above one, without parentheses"
        )
    function, name = function_of(hook), name_of(hook)
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise ConfigError(
            f"{kind}: {name}() ({origin_of(hook)}) is a generator, of which nothing would run; decorate it with "
            "contextlib.asynccontextmanager and pass it as BoltAPI(lifespan=…)"
        )
    if not _takes(hook, 0):
        raise ConfigError(f"{kind}: {name}() ({origin_of(hook)}) is called without arguments; give it no parameters")


def check_lifespan(lifespan: Any) -> None:
    """Raise `ConfigError` unless *lifespan* makes a context manager of the application."""
    if hasattr(lifespan, "__aenter__") or hasattr(lifespan, "__enter__"):
        if not isinstance(lifespan, type):
            raise ConfigError("BoltAPI: lifespan= is a context manager already; pass the function that makes it")
    elif not callable(lifespan):
        raise ConfigError(
            f"BoltAPI: lifespan= takes a function decorated with contextlib.asynccontextmanager, "
            f"not {type(lifespan).__qualname__}"
        )
    name = name_of(lifespan)
    if any(test(lifespan) for test in _BARE):
        raise ConfigError(
            f"BoltAPI: lifespan {name}() ({origin_of(lifespan)}) makes no context manager; decorate it with "
            "contextlib.asynccontextmanager"
        )
    if not _takes(lifespan, 1):
        raise ConfigError(
            f"BoltAPI: lifespan {name}() ({origin_of(lifespan)}) is called with the application; give it one parameter"
        )


_BARE = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)


def _takes(function: Callable[..., Any], count: int) -> bool:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True  # written in C, without a signature: the call will tell
    try:
        signature.bind(*(None,) * count)
    except TypeError:
        return False
    return True


def described(hook: Callable[..., Any]) -> str:
    """A hook in a message: its name, file and line."""
    return f"{name_of(hook)}() ({origin_of(hook)})"


def stages_of(routers: Iterable[Hooked]) -> tuple[Stage, ...]:
    """The stages of *routers*, each once, without those that do nothing."""
    unique = {id(router): router for router in routers}
    stages = (router.stage() for router in unique.values())
    return tuple(stage for stage in stages if stage.startup or stage.shutdown or stage.lifespan is not None)
