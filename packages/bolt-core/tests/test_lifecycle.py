"""Startup and shutdown as a server runs them."""

import asyncio
import contextlib
import contextvars
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from bolt_core import BoltAPI, Router
from bolt_core.config import ServerConfig
from bolt_core.inprocess import InProcessServer
from bolt_core.pool import Pool, run_in_pool
from raw_client import Served, serve

marker: contextvars.ContextVar[str] = contextvars.ContextVar("marker", default="unset")


@pytest.fixture
def log() -> list[str]:
    """What ran, in order."""
    return []


def noting(log: list[str], word: str) -> Callable[[], None]:
    """A hook that notes *word*."""
    return lambda: log.append(word)


def run_through(api: BoltAPI, path: str | None = None) -> Any:
    """Start the application, send it one request, stop it; the reply."""
    served = serve(api)
    try:
        return None if path is None else served.get(path).json()
    finally:
        served.close()


def test_hooks_run_in_order_and_shutdown_in_reverse(log: list[str]) -> None:
    """First registered starts first and stops last; sync and async ones take turns."""
    api = BoltAPI()

    @api.on_startup
    async def one() -> None:
        await asyncio.sleep(0)
        log.append("start 1")

    api.on_startup(noting(log, "start 2"))
    api.on_shutdown(noting(log, "stop 1"))

    @api.on_shutdown
    async def two() -> None:
        await asyncio.sleep(0)
        log.append("stop 2")

    @api.get("/")
    async def handler() -> list[str]:
        return log

    assert run_through(api, "/") == ["start 1", "start 2"]
    assert log == ["start 1", "start 2", "stop 2", "stop 1"]


def test_a_lifespan_is_around_the_hooks(log: list[str]) -> None:
    """It is entered first and left last, and is given the application."""

    @contextlib.asynccontextmanager
    async def lifespan(app: BoltAPI) -> AsyncIterator[None]:
        assert app is api
        log.append("enter")
        yield
        log.append("leave")

    api = BoltAPI(lifespan=lifespan)
    api.on_startup(noting(log, "start"))
    api.on_shutdown(noting(log, "stop"))
    run_through(api)

    assert log == ["enter", "start", "stop", "leave"]


def test_routers_start_after_what_includes_them_and_stop_before(log: list[str]) -> None:
    """A router may rely on what its application has opened; one included twice runs once."""

    @contextlib.contextmanager
    def lifespan(app: BoltAPI) -> Iterator[None]:
        log.append("enter inner")
        yield
        log.append("leave inner")

    api, router, inner = BoltAPI(), Router("/router"), BoltAPI(prefix="/inner", lifespan=lifespan)
    for owner, name in ((inner, "inner"), (router, "router"), (api, "api")):
        owner.on_startup(noting(log, f"start {name}"))
        owner.on_shutdown(noting(log, f"stop {name}"))
    router.include(inner)
    api.include(router)
    api.include(router, prefix="/again")
    run_through(api)

    started = ["start api", "start router", "enter inner", "start inner"]
    assert log == [*started, "stop inner", "leave inner", "stop router", "stop api"]


@pytest.mark.parametrize("make", [contextlib.asynccontextmanager, contextlib.contextmanager])
def test_what_a_lifespan_yields_is_the_state(make: Any) -> None:
    """As long as it lasts, its own end included, and not before or after."""
    seen: list[Any] = []

    async def opened(app: BoltAPI) -> AsyncIterator[dict[str, str]]:
        seen.append(dict(app.state))
        yield {"pool": "open"}
        seen.append(dict(app.state))

    def opened_sync(app: BoltAPI) -> Iterator[dict[str, str]]:
        seen.append(dict(app.state))
        yield {"pool": "open"}
        seen.append(dict(app.state))

    api = BoltAPI(lifespan=make(opened if make is contextlib.asynccontextmanager else opened_sync))
    api.state["mine"] = "kept"

    @api.get("/")
    async def handler() -> dict[str, Any]:
        return api.state

    assert run_through(api, "/") == {"mine": "kept", "pool": "open"}
    assert seen == [{"mine": "kept"}, {"mine": "kept", "pool": "open"}]
    assert api.state == {"mine": "kept"}


def test_hooks_run_where_they_belong() -> None:
    """`async def` on the loop's thread, in one task; `def`, and a lifespan that is not async, off it."""
    threads: dict[str, int] = {}
    tasks: list[Any] = []

    def note(name: str) -> None:
        threads[name] = threading.get_ident()

    @contextlib.contextmanager
    def lifespan(app: BoltAPI) -> Iterator[None]:
        note("enter")
        yield
        note("leave")

    api = BoltAPI(lifespan=lifespan)

    @api.on_startup
    async def start() -> None:
        tasks.append(asyncio.current_task())
        note("loop")
        threads["handed over"] = await run_in_pool(threading.get_ident)

    @api.on_shutdown
    async def stop() -> None:
        tasks.append(asyncio.current_task())

    api.on_startup(lambda: note("sync"))
    run_through(api)

    here = threading.get_ident()
    assert threads.pop("loop") != here
    assert set(threads.values()) == {here}
    assert tasks[0] is not None
    assert tasks[0] is tasks[1]


def test_a_task_group_may_span_the_lifespan() -> None:
    """It is left by the task that entered it, as it must be."""
    ticks: list[int] = []

    @contextlib.asynccontextmanager
    async def lifespan(app: BoltAPI) -> AsyncIterator[None]:
        async def tick() -> None:
            while True:
                ticks.append(1)
                await asyncio.sleep(0.001)

        async with asyncio.TaskGroup() as group:
            task = group.create_task(tick())
            yield
            task.cancel()

    api = BoltAPI(lifespan=lifespan)

    @api.get("/")
    async def handler() -> bool:
        return bool(ticks)

    assert run_through(api, "/") is True


def test_what_a_hook_sets_in_a_context_is_no_requests() -> None:
    """Hooks see each other's ContextVars; requests start from the server's context."""
    seen: list[str] = []
    api = BoltAPI()

    @api.on_startup
    async def start() -> None:
        marker.set("from startup")

    @api.on_shutdown
    async def stop() -> None:
        seen.append(marker.get())

    @api.get("/")
    async def handler() -> str:
        return marker.get()

    served = serve(api)
    assert served.get("/").body == b"unset"
    served.close()
    assert seen == ["from startup"]


class Refused(Exception):
    """What the hooks below raise."""


def failing() -> None:
    """A hook."""
    raise Refused("no database")


async def failing_async() -> None:
    """A hook."""
    raise Refused("no database")


@pytest.mark.parametrize("hook", [failing, failing_async])
def test_a_failing_startup_ends_what_had_started(log: list[str], hook: Any) -> None:
    """Nothing is served; routers that had started are shut down, those after the failure are not."""

    @contextlib.asynccontextmanager
    async def lifespan(app: BoltAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            log.append("leave")

    api, second, third = BoltAPI(lifespan=lifespan), Router("/second"), Router("/third")
    api.on_startup(noting(log, "start 1"))
    api.on_shutdown(noting(log, "stop 1"))
    second.on_startup(hook)
    second.on_shutdown(noting(log, "stop 2"))
    third.on_startup(noting(log, "start 3"))
    third.on_shutdown(noting(log, "stop 3"))
    api.include(second)
    api.include(third)

    with pytest.raises(Refused, match="no database"):
        serve(api)
    assert log == ["start 1", "stop 1", "leave"]


def test_shutdown_hooks_run_where_a_later_startup_hook_failed(log: list[str]) -> None:
    """Of the same router: what its first hook opened is closed."""
    api = BoltAPI()
    api.on_startup(noting(log, "start"))
    api.on_startup(failing)
    api.on_shutdown(noting(log, "stop"))

    with pytest.raises(Refused):
        serve(api)
    assert log == ["start", "stop"]


@pytest.mark.parametrize(
    ("lifespan", "message"),
    [
        (lambda app: None, "must return a context manager, not NoneType"),
        (contextlib.contextmanager(lambda app: iter([3])), "must yield a dict of state or nothing, not int"),
    ],
)
def test_a_lifespan_that_is_none_is_an_error(lifespan: Any, message: str) -> None:
    """What could not be seen at registration is told at the start."""
    with pytest.raises(TypeError, match=message):
        serve(BoltAPI(lifespan=lifespan))


def test_a_failing_shutdown_keeps_no_other_from_running(log: list[str], caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with its place, and raised once all is done."""
    api = BoltAPI()
    api.on_shutdown(noting(log, "first registered"))
    api.on_shutdown(failing)
    api.on_shutdown(noting(log, "last registered"))

    with caplog.at_level(logging.ERROR, "bolt_core"), pytest.raises(Refused):
        run_through(api)
    assert log == ["last registered", "first registered"]
    assert "shutdown hook failing() (" in caplog.text


def test_a_shutdown_hook_that_hangs_is_cancelled(log: list[str], caplog: pytest.LogCaptureFixture) -> None:
    """The time to stop is that of all hooks together; the others still run."""
    api = BoltAPI()
    api.on_shutdown(noting(log, "other"))

    @api.on_shutdown
    async def hang() -> None:
        await asyncio.Event().wait()

    served = serve(api, ServerConfig(shutdown_timeout=0.05))
    with caplog.at_level(logging.ERROR, "bolt_core"), pytest.raises(TimeoutError):
        served.close()
    assert log == ["other"]
    assert "hang()" in caplog.text


def test_a_lifespan_that_fails_while_serving_stops_the_server() -> None:
    """What its task group was there for no longer runs, so nothing is served without it."""
    go = threading.Event()

    @contextlib.asynccontextmanager
    async def lifespan(app: BoltAPI) -> AsyncIterator[None]:
        async def work() -> None:
            await asyncio.to_thread(go.wait, 10)
            raise Refused("gone")

        async with asyncio.TaskGroup() as group:
            group.create_task(work())
            yield

    server = InProcessServer(BoltAPI(lifespan=lifespan).freeze())
    server.start()
    go.set()
    Served(server).run_until(server._ended)

    with pytest.raises(ExceptionGroup) as caught:
        server.close()
    assert caught.group_contains(Refused, match="gone")


def test_close_while_starting_cancels_the_startup(log: list[str]) -> None:
    """What had begun is ended again, and nobody waits for the hook that hangs."""
    begun = threading.Event()
    api = BoltAPI()
    api.on_startup(noting(log, "start"))
    api.on_shutdown(noting(log, "stop"))

    @api.on_startup
    async def hang() -> None:
        begun.set()
        await asyncio.Event().wait()

    server = InProcessServer(api.freeze())
    server.begin()
    Served(server).run_until(begun)
    server.close()

    assert log == ["start", "stop"]


def test_shutdown_waits_for_running_requests(log: list[str]) -> None:
    """Hooks close what handlers use, so handlers end first."""
    api = BoltAPI()
    api.on_shutdown(noting(log, "stop"))
    entered = threading.Event()

    @api.get("/")
    async def handler() -> str:
        entered.set()
        await asyncio.sleep(0.05)
        log.append("handler")
        return "done"

    served = serve(api)
    client = served.begin(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    served.run_until(entered)
    served._server.close()
    client.close()

    assert log == ["handler", "stop"]


def test_a_server_with_threads_of_its_own_runs_hooks_on_them(log: list[str]) -> None:
    """`def` hooks run on the pool, whoever its threads are."""
    pool = Pool(2)
    api = BoltAPI()
    api.on_startup(lambda: log.append(threading.current_thread().name))
    server = InProcessServer(api.freeze(), pool=pool)
    server.start()
    server.close()
    pool.close()

    assert log[0].startswith("bolt-pool")
