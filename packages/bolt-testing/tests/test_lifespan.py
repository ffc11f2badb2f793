"""Startup and shutdown with the clients."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from bolt_core import BoltAPI
from bolt_testing import AsyncTestClient, TestClient


class Refused(Exception):
    """What the hooks below raise."""


@pytest.fixture
def log() -> list[str]:
    """What ran, in order."""
    return []


@pytest.fixture
def api(log: list[str]) -> BoltAPI:
    """An application that notes its start and its end."""

    @contextlib.asynccontextmanager
    async def lifespan(app: BoltAPI) -> AsyncIterator[dict[str, str]]:
        yield {"pool": "open"}

    api = BoltAPI(lifespan=lifespan)
    api.on_startup(lambda: log.append("start"))
    api.on_shutdown(lambda: log.append("stop"))

    @api.get("/")
    async def state() -> dict[str, Any]:
        return api.state

    return api


@pytest.mark.parametrize("use_http_layer", [False, True])
def test_the_block_is_the_applications_life(api: BoltAPI, log: list[str], use_http_layer: bool) -> None:
    """Hooks run as it is entered and as it is left, whether a request was sent or not."""
    with TestClient(api, use_http_layer=use_http_layer) as client:
        assert log == ["start"]
        assert client.get("/").json() == {"pool": "open"}
        assert client.get("/").json() == {"pool": "open"}
    assert log == ["start", "stop"]


def test_without_a_block_the_first_request_starts_it(api: BoltAPI, log: list[str]) -> None:
    """And close() stops it."""
    client = TestClient(api)
    assert log == []
    client.get("/")
    assert log == ["start"]
    client.close()
    assert log == ["start", "stop"]


async def test_the_async_block_is_the_applications_life(api: BoltAPI, log: list[str]) -> None:
    """The same, awaited."""
    async with AsyncTestClient(api) as client:
        assert log == ["start"]
        assert (await client.get("/")).json() == {"pool": "open"}
    assert log == ["start", "stop"]


async def test_simultaneous_first_requests_start_it_once(api: BoltAPI, log: list[str]) -> None:
    """All of them wait for the one startup."""
    client = AsyncTestClient(api)
    replies = await asyncio.gather(*(client.get("/") for _ in range(5)))
    await client.aclose()

    assert [reply.json() for reply in replies] == [{"pool": "open"}] * 5
    assert log == ["start", "stop"]


def test_each_client_has_a_life_of_its_own(api: BoltAPI, log: list[str]) -> None:
    """One after the other."""
    for _ in range(2):
        with TestClient(api):
            pass
    assert log == ["start", "stop"] * 2


def test_sync_hooks_run_on_the_thread_of_the_test() -> None:
    """So they see its database transaction."""
    threads: list[int] = []
    api = BoltAPI()
    api.on_startup(lambda: threads.append(threading.get_ident()))
    api.on_shutdown(lambda: threads.append(threading.get_ident()))
    with TestClient(api):
        pass
    assert threads == [threading.get_ident()] * 2


async def fail_async() -> None:
    """A hook."""
    raise Refused("no database")


def fail() -> None:
    """A hook."""
    raise Refused("no database")


@pytest.mark.parametrize("hook", [fail, fail_async])
@pytest.mark.parametrize("raise_server_exceptions", [True, False])
def test_a_failing_startup_is_raised(hook: Any, raise_server_exceptions: bool) -> None:
    """As the block is entered, or by the first request; there is nothing that could answer it."""
    api = BoltAPI()
    api.on_startup(hook)
    before = threading.active_count()

    client = TestClient(api, raise_server_exceptions=raise_server_exceptions)
    with pytest.raises(Refused, match="no database"), client:
        pass
    with pytest.raises(Refused), contextlib.closing(TestClient(api)) as client:
        client.get("/")
    assert threading.active_count() == before


@pytest.mark.parametrize("hook", [fail, fail_async])
async def test_a_failing_startup_is_raised_by_the_async_client(hook: Any) -> None:
    """The same, awaited."""
    api = BoltAPI()
    api.on_startup(hook)
    before = threading.active_count()

    with pytest.raises(Refused):
        async with AsyncTestClient(api):
            pass
    client = AsyncTestClient(api)
    with pytest.raises(Refused):
        await client.get("/")
    await client.aclose()
    assert threading.active_count() == before


@pytest.mark.parametrize("hook", [fail, fail_async])
async def test_a_failing_shutdown_is_raised(hook: Any) -> None:
    """As the block is left."""
    api = BoltAPI()
    api.on_shutdown(hook)

    with pytest.raises(Refused), TestClient(api):
        pass
    with pytest.raises(Refused):
        async with AsyncTestClient(api):
            pass


async def test_a_failing_shutdown_does_not_hide_why_the_test_failed() -> None:
    """What ended the block is raised."""
    api = BoltAPI()
    api.on_shutdown(fail)

    with pytest.raises(ZeroDivisionError), TestClient(api):
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError):
        async with AsyncTestClient(api):
            raise ZeroDivisionError


async def hang_async() -> None:
    """A hook."""
    await asyncio.Event().wait()


def hang() -> None:
    """A hook."""
    threading.Event().wait()


@pytest.mark.parametrize("hook", [hang, hang_async])
def test_a_startup_that_hangs_fails_the_test(hook: Any, log: list[str]) -> None:
    """After the client's timeout, and what had begun is ended again."""
    api = BoltAPI()
    api.on_startup(lambda: log.append("start"))
    api.on_startup(hook)
    api.on_shutdown(lambda: log.append("stop"))

    with pytest.raises(TimeoutError, match=r"startup .* within 1\.0 s"), TestClient(api, timeout=1.0):
        pass
    assert log == ["start", "stop"]


@pytest.mark.parametrize("hook", [hang, hang_async])
async def test_a_startup_that_hangs_fails_the_async_test(hook: Any) -> None:
    """The same, awaited."""
    api = BoltAPI()
    api.on_startup(hook)

    with pytest.raises(TimeoutError, match=r"startup .* within 0\.3 s"):
        async with AsyncTestClient(api, timeout=0.3):
            pass
