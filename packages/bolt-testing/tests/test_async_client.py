"""AsyncTestClient: what it has beyond `TestClient`, whose pipeline and options it shares."""

import asyncio
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import httpx2
import pytest
from bolt_core import BoltAPI, PlainText, Redirect, Request, Response, StreamingResponse
from bolt_core.config import ServerConfig
from bolt_core.pool import run_in_pool
from bolt_testing import AsyncTestClient, TestResponse


@pytest.fixture
def api() -> BoltAPI:
    """An application that tells what it was sent."""
    api = BoltAPI()

    @api.route("/echo", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], stream_body=True)
    async def echo(request: Request) -> dict[str, Any]:
        body = b"".join([chunk async for chunk in request.stream()])
        return {"method": request.method, "query": request.query_string, "body": body.decode()}

    @api.get("/cookie")
    async def cookie(request: Request) -> Response:
        return PlainText(request.cookies.get("seen", "no"), headers={"Set-Cookie": "seen=yes; Path=/"})

    @api.get("/moved")
    async def moved() -> Redirect:
        return Redirect("/echo?moved=1")

    @api.get("/thread")
    def thread() -> int:
        return threading.get_ident()

    @api.get("/thread/async")
    async def async_thread() -> list[int]:
        return [threading.get_ident(), await run_in_pool(threading.get_ident)]

    return api


@pytest.mark.parametrize("use_http_layer", [False, True])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_every_method_reaches_its_handler(api: BoltAPI, method: str, use_http_layer: bool) -> None:
    """The method called is the method sent."""
    async with AsyncTestClient(api, use_http_layer=use_http_layer) as client:
        response = await getattr(client, method.lower())("/echo", params={"a": "1"})

    assert isinstance(response, TestResponse)
    assert response.json() == {"method": method, "query": "a=1", "body": ""}


async def test_head_and_options(api: BoltAPI) -> None:
    """The two that answer for other methods."""
    async with AsyncTestClient(api) as client:
        head = await client.head("/echo")
        assert (head.status_code, head.content) == (200, b"")
        assert "GET" in (await client.options("/cookie")).headers["allow"]


async def test_cookies_redirects_and_bodies_are_httpx2s(api: BoltAPI) -> None:
    """As with the synchronous client."""
    async with AsyncTestClient(api, config=ServerConfig(max_request_line=200)) as client:
        assert [(await client.get("/cookie")).text for _ in range(2)] == ["no", "yes"]
        assert (await client.get("/moved")).status_code == 302
        assert (await client.get("/moved", follow_redirects=True)).json()["query"] == "moved=1"
        text = "x" * 2_000_000
        assert (await client.post("/echo", content=text)).json()["body"] == text
        assert (await client.get("/echo", params={"a": "x" * 300})).status_code == 414


async def test_def_handlers_run_on_the_thread_of_the_test(api: BoltAPI) -> None:
    """And what async handlers hand over; these themselves do not."""
    async with AsyncTestClient(api) as client:
        assert (await client.get("/thread")).json() == threading.get_ident()
        own, handed_over = (await client.get("/thread/async")).json()
    assert own != threading.get_ident()
    assert handed_over == threading.get_ident()


async def test_requests_run_side_by_side() -> None:
    """Handlers that wait for each other all get their turn, and so does the test's own loop."""
    api = BoltAPI()
    waiting: list[asyncio.Event] = []

    @api.get("/async")
    async def rendezvous() -> int:
        waiting.append(asyncio.Event())
        if len(waiting) == 3:
            for event in waiting:
                event.set()
        await waiting[-1].wait()
        return len(waiting)

    @api.get("/sync")
    def sync() -> str:
        return "sync"

    ticks: list[int] = []

    async def tick() -> None:
        while True:
            ticks.append(1)
            await asyncio.sleep(0)

    async with AsyncTestClient(api) as client, asyncio.TaskGroup() as group:
        ticking = group.create_task(tick())
        replies = await asyncio.gather(
            *(client.get(f"/{kind}") for kind in ("async", "sync", "async", "sync", "async"))
        )
        ticking.cancel()

    assert [reply.text for reply in replies] == ["3", "sync", "3", "sync", "3"]
    assert ticks


def streams(go: threading.Event) -> BoltAPI:
    """Endless streams of both kinds; the asynchronous one waits for *go* after its first chunk."""
    api = BoltAPI()

    @api.get("/async")
    async def stream() -> StreamingResponse:
        async def generate() -> AsyncIterator[str]:
            yield "ä1"
            await asyncio.to_thread(go.wait, 10)
            yield "2"

        return StreamingResponse(generate(), media_type="text/plain")

    @api.get("/sync")
    def stream_sync() -> StreamingResponse:
        def generate() -> Iterator[bytes]:
            try:
                while True:
                    yield b"x" * 10_000
            finally:
                go.set()

        return StreamingResponse(generate(), media_type="text/plain")

    return api


@pytest.mark.parametrize("use_http_layer", [False, True])
async def test_chunks_come_as_they_are_produced(use_http_layer: bool) -> None:
    """Whole characters, lines and bytes, before the stream ends."""
    go = threading.Event()
    async with AsyncTestClient(streams(go), use_http_layer=use_http_layer) as client:
        response = await client.get("/async", stream=True)
        chunks = response.aiter_content(1, decode_unicode=True)
        assert [await anext(chunks), await anext(chunks)] == ["ä", "1"]
        go.set()
        assert [chunk async for chunk in chunks] == ["2"]


async def test_an_endless_stream_can_be_left() -> None:
    """Leaving the block closes the generator, which ran on this thread."""
    left = threading.Event()
    async with AsyncTestClient(streams(left)) as client, client.stream("GET", "/sync") as response:
        assert await anext(response.aiter_bytes())
    assert left.is_set()


@pytest.mark.parametrize("path", ["/async", "/sync", "/stream"])
async def test_a_hung_handler_is_a_read_timeout(hanging: BoltAPI, path: str) -> None:
    """The error names the request and what to do, and the client goes on working."""
    async with AsyncTestClient(hanging, timeout=0.3) as client:
        with pytest.raises(httpx2.ReadTimeout, match=f"GET {path}: .* timeout="):
            await client.get(path)
        assert (await client.get("/fine", timeout=10)).text == "fine"


async def test_a_cancelled_request_is_a_client_that_leaves() -> None:
    """asyncio.timeout() around a request cancels its handler."""
    cancelled = threading.Event()
    api = BoltAPI()

    @api.get("/")
    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with AsyncTestClient(api) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.get("/")
        assert await asyncio.to_thread(cancelled.wait, 10)


def test_under_anyio(api: BoltAPI) -> None:
    """Its task groups and cancel scopes work, on asyncio."""
    replies: list[int] = []

    async def ask(client: AsyncTestClient) -> None:
        replies.append((await client.get("/thread")).json())

    async def main() -> None:
        async with AsyncTestClient(api) as client, anyio.create_task_group() as group:
            group.start_soon(ask, client)
            group.start_soon(ask, client)

    anyio.run(main)
    assert replies == [threading.get_ident()] * 2


async def test_nothing_is_left(api: BoltAPI) -> None:
    """No thread, no reader of the loop's, no socket; a second close does nothing."""
    loop: Any = asyncio.get_running_loop()
    threads, readers = threading.active_count(), len(loop._selector.get_map())
    client = AsyncTestClient(api)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await asyncio.gather(client.get("/thread"), client.get("/thread"))
        assert len(loop._selector.get_map()) == readers
        await client.aclose()
        await client.aclose()
        client.close()

    assert threading.active_count() == threads
    with pytest.raises(RuntimeError, match="closed"):
        await client.get("/echo")


def test_synchronous_code_may_start_and_close_it(api: BoltAPI) -> None:
    """A fixture need not be a coroutine; several loops may use the client one after the other."""

    async def ask(client: AsyncTestClient) -> int:
        return int((await client.get("/thread")).json())

    client = AsyncTestClient(api)
    client.start()
    try:
        assert [asyncio.run(ask(client)) for _ in range(2)] == [threading.get_ident()] * 2
    finally:
        client.close()


def test_a_forgotten_client_warns(api: BoltAPI) -> None:
    """A client that is dropped while its server runs says so and stops it."""
    forgotten = [AsyncTestClient(api)]
    forgotten[0].start()

    with pytest.warns(ResourceWarning, match="async with block"):
        forgotten.clear()


def test_what_it_does_not_take_is_refused(api: BoltAPI) -> None:
    """By name, as the synchronous client does."""
    with pytest.raises(TypeError, match="AsyncTestClient takes a BoltAPI"):
        AsyncTestClient(object())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="AsyncTestClient has no option 'header'"):
        AsyncTestClient(api, header={})  # type: ignore[call-arg]


async def test_https_is_refused_with_advice(api: BoltAPI) -> None:
    """There is no TLS in a test."""
    async with AsyncTestClient(api) as client:
        with pytest.raises(httpx2.UnsupportedProtocol, match="X-Forwarded-Proto"):
            await client.get("https://testserver/echo")


def test_without_asyncios_loop_it_says_so(api: BoltAPI) -> None:
    """As under trio, whose tasks no asyncio loop runs."""
    client = AsyncTestClient(api)
    request = client.get("/echo")

    with pytest.raises(RuntimeError, match="needs a running asyncio loop"):
        request.send(None)
    request.close()
