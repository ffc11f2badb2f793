"""The body of a request, and the client that sends it."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from bolt_core import BoltAPI, HTTPException, Request, StreamingResponse
from bolt_core.exceptions import ClientDisconnect
from raw_client import Served
from request_reader import Asked

GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


@pytest.fixture
def ask(served: Callable[..., Served]) -> Asked:
    """Reads a request inside a handler."""
    return Asked(served)


def test_the_body_is_a_file_too(ask: Asked) -> None:
    """`read`, `readline`, `readlines` and iteration share a position; `body` stays whole."""

    def read(request: Request) -> list[Any]:
        return [
            request.read(2),
            request.readline(),
            next(iter(request)),
            request.readlines(),
            request.read(),
            request.body,
        ]

    body = b"one\ntwo\nthree\nfour"
    assert ask(read, "POST", body=body) == [b"on", b"e\n", b"two\n", [b"three\n", b"four"], b"", body]


def test_a_whole_body_streams_as_often_as_wanted(served: Callable[..., Served]) -> None:
    """On a route that reads it whole, `stream()` gives it in one piece."""
    api = BoltAPI()

    @api.post("/")
    async def show(request: Request) -> list[int]:
        return [len(b"".join([chunk async for chunk in request.stream()])) for _ in range(2)]

    assert served(api).send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc").json() == [3, 3]


def test_a_streamed_body_is_read_once(served: Callable[..., Served]) -> None:
    """A second `stream()` and `body` are errors, not empty bodies."""
    api = BoltAPI()

    @api.post("/", stream_body=True)
    async def show(request: Request) -> list[str]:
        said = [b"".join([chunk async for chunk in request.stream()]).decode()]
        try:
            async for _ in request.stream():
                pass
        except RuntimeError as error:
            said.append(str(error))
        for read in (lambda: request.body, request.json, request.read):
            try:
                read()
            except HTTPException as error:
                said.append(str(error.status_code))
            except RuntimeError as error:
                said.append(str(error))
        return said

    data = b"POST / HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n123"
    first, twice, body, json, read = served(api).send(data).json()
    assert (first, twice) == (
        "123",
        "request.stream() gives a streamed body once; keep what you need of the first reading",
    )
    assert body == json == read
    assert "register it without stream_body=True" in body


def test_a_streamed_body_is_gone_with_the_reply(served: Callable[..., Served]) -> None:
    """Who reads on after the reply was sent is told, instead of being given an end too early."""
    api, told, answered = BoltAPI(), list[str](), threading.Event()

    @api.post("/", stream_body=True)
    async def show(request: Request) -> str:
        stream = request.stream()
        await anext(stream)

        async def read_on() -> None:
            while not answered.is_set():
                await asyncio.sleep(0.001)
            try:
                await anext(stream)
            except RuntimeError as error:
                told.append(str(error))
            finished.set()

        finished = tasks[0]
        tasks.append(asyncio.create_task(read_on()))
        return "answered"

    tasks: list[Any] = [threading.Event()]
    server = served(api)
    client = server.begin(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhello")
    client.answer()
    answered.set()

    assert tasks[0].wait(10)
    assert told == ["the reply has been sent, and what was left of the body is gone with it"]


def test_a_client_that_leaves_in_its_body(served: Callable[..., Served], caplog: pytest.LogCaptureFixture) -> None:
    """The reader of a route that is not cancelled gets `ClientDisconnect`, and nothing is logged as an error."""
    api, entered, raised, ended = BoltAPI(), threading.Event(), list[Exception](), threading.Event()

    @api.post("/", stream_body=True, cancel_on_disconnect=False)
    async def upload(request: Request) -> None:
        try:
            async for _ in request.stream():
                entered.set()
        except Exception as error:
            raised.append(error)
            assert await request.is_disconnected()
            raise
        finally:
            ended.set()

    server = served(api)
    client = server.begin(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhello")
    assert entered.wait(10)
    client.close()

    assert ended.wait(10)
    assert isinstance(raised[0], ClientDisconnect)
    assert raised[0].status_code == 400
    server.get("/")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_whether_the_client_is_there(served: Callable[..., Served]) -> None:
    """`is_disconnected()` turns true once the client has left, while the handler runs and while it streams."""
    api, entered, noticed = BoltAPI(), threading.Event(), threading.Event()

    async def until_gone(request: Request) -> None:
        while not await request.is_disconnected():
            entered.set()
        noticed.set()

    @api.get("/", cancel_on_disconnect=False)
    async def wait(request: Request) -> None:
        await until_gone(request)

    @api.get("/stream", cancel_on_disconnect=False)
    async def stream(request: Request) -> StreamingResponse:
        async def chunks() -> Any:
            yield "first"
            await until_gone(request)

        return StreamingResponse(chunks())

    server = served(api)
    for path in (b"/", b"/stream"):
        entered.clear()
        noticed.clear()
        client = server.begin(GET.replace(b"/", path, 1))
        assert entered.wait(10)
        assert not noticed.is_set()
        client.close()
        assert noticed.wait(10)
