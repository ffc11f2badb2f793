"""Startup and shutdown hooks as they are declared."""

import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from bolt_core import BoltAPI, ConfigError, Router


def test_a_hook_is_returned_unchanged() -> None:
    """Decorators stack, and the function can be called in a test."""
    api = BoltAPI()

    def hook() -> None: ...

    assert api.on_startup(hook) is hook
    assert api.on_shutdown(hook) is hook


@pytest.mark.parametrize("kind", ["on_startup", "on_shutdown"])
@pytest.mark.parametrize("hook", [None, "connect", 3])
def test_what_is_not_callable_is_refused(kind: str, hook: Any) -> None:
    """The message says how the decorator is written."""
    with pytest.raises(ConfigError, match=f"{kind} takes a function, not {type(hook).__name__}; write @api.{kind}"):
        getattr(BoltAPI(), kind)(hook)


def test_a_hook_with_parameters_is_refused() -> None:
    """Hooks are called without arguments; the message names function and place."""

    def connect(app: Any) -> None: ...

    with pytest.raises(ConfigError, match=r"on_startup: .*connect\(\) \(.*test_lifespan\.py:\d+\) .* no parameters"):
        BoltAPI().on_startup(connect)


def test_parameters_with_defaults_are_no_matter() -> None:
    """As long as it can be called without arguments."""

    def connect(retries: int = 3) -> None: ...

    BoltAPI().on_startup(connect)
    BoltAPI().on_startup(functools.partial(lambda url: None, "url"))


@pytest.mark.parametrize("decorate", [lambda f: f, contextlib.contextmanager, contextlib.asynccontextmanager])
def test_a_generator_is_no_hook(decorate: Callable[[Any], Any]) -> None:
    """Nothing of it would run; the message names lifespan=."""

    async def connect() -> AsyncIterator[None]:
        yield

    with pytest.raises(ConfigError, match="lifespan="):
        BoltAPI().on_startup(decorate(connect))


def test_a_frozen_application_takes_no_hook() -> None:
    """A server may be running without it."""
    api = BoltAPI()
    api.freeze()

    with pytest.raises(ConfigError, match="frozen"):
        api.on_startup(lambda: None)


def test_a_router_of_a_frozen_application_takes_no_hook() -> None:
    """It would never run."""
    api, outer, inner = BoltAPI(), Router("/outer"), Router("/inner")
    outer.include(inner)
    api.include(outer)
    api.freeze()

    with pytest.raises(ConfigError, match="frozen"):
        inner.on_shutdown(lambda: None)


@contextlib.asynccontextmanager
async def good(app: Any) -> AsyncIterator[None]:
    """A lifespan."""
    yield


@contextlib.contextmanager
def good_and_sync(app: Any) -> Iterator[None]:
    """Another."""
    yield


class Manager:
    """A class whose instances are context managers."""

    def __init__(self, app: Any) -> None: ...

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *exc_info: object) -> None: ...


@pytest.mark.parametrize("lifespan", [good, good_and_sync, Manager, lambda app: good(app)])
def test_whatever_makes_a_context_manager_is_a_lifespan(lifespan: Any) -> None:
    """A decorated function, a class, any callable that takes the application."""
    assert len(BoltAPI(lifespan=lifespan).freeze().stages) == 1


async def bare_async(app: Any) -> AsyncIterator[None]:
    """Not decorated."""
    yield


def bare(app: Any) -> Iterator[None]:
    """Not decorated."""
    yield


async def coroutine(app: Any) -> None:
    """No context manager."""


@contextlib.asynccontextmanager
async def without_app() -> AsyncIterator[None]:
    """Takes nothing."""
    yield


@pytest.mark.parametrize(
    ("lifespan", "message"),
    [
        (bare_async, r"bare_async\(\) \(.*\) makes no context manager; decorate it"),
        (bare, r"decorate it with contextlib\.asynccontextmanager"),
        (coroutine, r"decorate it with contextlib\.asynccontextmanager"),
        (without_app, r"without_app\(\) .* give it one parameter"),
        (good(None), "pass the function that makes it"),
        (Manager(None), "pass the function that makes it"),
        ("shop.lifespan", "not str"),
    ],
)
def test_what_makes_no_context_manager_is_refused(lifespan: Any, message: str) -> None:
    """At once, with the remedy."""
    with pytest.raises(ConfigError, match=message):
        BoltAPI(lifespan=lifespan)


def test_included_routers_come_once_and_after_their_parent() -> None:
    """Also one that is included twice, and those it includes."""
    api, shared, inner = BoltAPI(), Router("/shared"), Router("/inner")
    hooks: list[Callable[[], None]] = [lambda: None, lambda: None, lambda: None]
    inner.on_startup(hooks[2])
    shared.on_startup(hooks[1])
    shared.include(inner)
    api.include(shared, prefix="/a")
    api.include(shared, prefix="/b")
    api.include(Router("/nothing"))
    api.on_startup(hooks[0])

    assert [stage.startup for stage in api.freeze().stages] == [(hook,) for hook in hooks]
