"""Background work: a request returns once that of its reply has ended."""

import asyncio
import threading
from typing import Any

import pytest
from bolt_core import BoltAPI, PlainText
from bolt_core.config import ServerConfig
from bolt_testing import AsyncTestClient, TestClient

background = pytest.importorskip("bolt_core.background", reason="bolt-core has no background work yet")


class Broken(Exception):
    """What the tasks below raise."""


@pytest.fixture
def done() -> list[Any]:
    """What the tasks have done."""
    return []


@pytest.fixture
def api(done: list[Any]) -> BoltAPI:
    """Handlers that leave work behind."""
    api = BoltAPI()
    tasks_class = background.BackgroundTasks

    async def later() -> None:
        await asyncio.sleep(0.02)
        done.append("async")

    def later_sync() -> None:
        done.append(threading.get_ident())

    async def fail() -> None:
        await asyncio.sleep(0)
        raise Broken("in the background")

    async def hang() -> None:
        await asyncio.Event().wait()

    def add(path: str, *work: Any) -> None:
        async def handler(tasks: Any) -> PlainText:
            for each in work:
                tasks.add_task(each)
            return PlainText("sent")

        handler.__annotations__["tasks"] = tasks_class
        api.get(path)(handler)

    add("/both", later, later_sync)
    add("/fails", fail)
    add("/hangs", hang)

    @api.get("/plain")
    async def plain() -> str:
        return "plain"

    return api


@pytest.mark.parametrize("use_http_layer", [False, True])
def test_the_work_is_done_when_the_request_returns(api: BoltAPI, done: list[Any], use_http_layer: bool) -> None:
    """Of both kinds; `def` functions run on the thread of the test."""
    with TestClient(api, use_http_layer=use_http_layer) as client:
        assert client.get("/both").text == "sent"
        assert done == ["async", threading.get_ident()]


async def test_the_work_is_done_when_the_awaited_request_returns(api: BoltAPI, done: list[Any]) -> None:
    """The same with the asynchronous client."""
    async with AsyncTestClient(api) as client:
        await client.get("/both")
        assert done == ["async", threading.get_ident()]


def test_a_streamed_request_waits_at_the_end_of_its_body(api: BoltAPI, done: list[Any]) -> None:
    """Not for its head."""
    with TestClient(api) as client:
        response = client.get("/both", stream=True)
        assert b"".join(response.iter_content()) == b"sent"
        assert len(done) == 2


async def test_what_the_work_raises_is_raised(api: BoltAPI) -> None:
    """By the request that left it behind, although its reply was fine."""
    with TestClient(api) as client:
        with pytest.raises(Broken, match="background"):
            client.get("/fails")
        assert client.get("/plain").text == "plain"
    async with AsyncTestClient(api) as client:
        with pytest.raises(Broken, match="background"):
            await client.get("/fails")
    with TestClient(api, raise_server_exceptions=False) as client:
        assert client.get("/fails").text == "sent"


async def test_work_that_hangs_fails_the_test(api: BoltAPI) -> None:
    """After the client's timeout; the application is stopped all the same."""
    config = ServerConfig(shutdown_timeout=0.1)
    late = pytest.raises(TimeoutError, match=r"background work .* within 0\.2 s")
    with TestClient(api, timeout=0.2, config=config) as client, late:
        client.get("/hangs")
    async with AsyncTestClient(api, timeout=0.2, config=config) as client:
        with pytest.raises(TimeoutError, match="background work"):
            await client.get("/hangs")
