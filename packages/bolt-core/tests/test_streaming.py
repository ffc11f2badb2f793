"""Streamed replies: in order, with backpressure, and never complete when they are not."""

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from bolt_core import BoltAPI, Request, StreamingResponse, streaming
from raw_client import Served


def stream_both_ways(
    api: BoltAPI,
    async_chunks: Callable[[], AsyncIterator[str | bytes]],
    chunks: Callable[[], Iterator[str | bytes]],
) -> None:
    """Serve an asynchronous producer at `/async` and a synchronous one at `/sync`, each from its handler."""

    @api.get("/async")
    async def on_loop() -> StreamingResponse:
        return StreamingResponse(async_chunks())

    @api.get("/sync")
    def in_pool() -> StreamingResponse:
        return StreamingResponse(chunks())


@pytest.mark.parametrize("path", ["/async", "/sync", "/mixed"])
def test_a_stream_arrives_in_order(served: Callable[..., Served], path: str) -> None:
    """Async and sync generators stream all their chunks, whichever kind of handler made them."""
    api = BoltAPI()

    async def slow() -> AsyncIterator[str]:
        for number in range(5):
            await asyncio.sleep(0)
            yield f"{number};"

    def quick() -> Iterator[str]:
        for number in range(5):
            yield f"{number};"

    stream_both_ways(api, slow, quick)

    @api.get("/mixed")
    async def mixed() -> StreamingResponse:
        return StreamingResponse(quick())

    @api.get("/mixed-the-other-way")
    def other() -> StreamingResponse:
        return StreamingResponse(slow())

    server = served(api)

    assert server.get(path).body == b"0;1;2;3;4;"
    assert server.get("/mixed-the-other-way").body == b"0;1;2;3;4;"


def test_an_integration_runs_the_steps_of_a_stream(
    served: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A synchronous stream that waits for its client goes through several steps; all but the last one are parked."""
    monkeypatch.setattr(streaming, "_make_steps", [])
    streams: list[list[bool]] = []

    def make() -> streaming.StreamSteps:
        steps: list[bool] = []
        streams.append(steps)

        def run(step: Callable[[], object], parked: Callable[[], bool]) -> None:
            step()
            steps.append(parked())

        return run

    streaming.register_stream_steps(make)
    api = BoltAPI()
    count = 400

    @api.get("/sync")
    def sync() -> StreamingResponse:
        return StreamingResponse(b"x" * 16384 for _ in range(count))

    server = served(api)

    assert len(server.get("/sync").body) == count * 16384
    (steps,) = streams
    assert len(steps) > 1
    assert steps == [True] * (len(steps) - 1) + [False]


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_a_producer_waits_for_a_client_that_does_not_read(served: Callable[..., Served], path: str) -> None:
    """A large stream is not produced ahead of its client by more than the buffers hold; then it arrives whole."""
    api, produced = BoltAPI(), [0]
    chunk, count = b"x" * 16384, 400

    def chunks() -> Iterator[bytes]:
        produced[0] = 0
        for _ in range(count):
            produced[0] += 1
            yield chunk

    async def async_chunks() -> AsyncIterator[bytes]:
        for part in chunks():
            yield part

    stream_both_ways(api, async_chunks, chunks)

    server = served(api)
    client = server.begin(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    client.peek()
    # A whole request on another connection: the loop has had its turns, so the producer has gone as far as it may.
    for _ in range(3):
        server.get("/none")
    ahead = produced[0]

    assert len(client.answer().body) == len(chunk) * count
    assert produced[0] == count
    assert ahead < count / 2


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_a_stream_that_fails_at_once_is_a_500(served: Callable[..., Served], path: str) -> None:
    """The head waits for the first chunk, so a producer that fails before it is an error reply."""
    api = BoltAPI()

    def fails() -> Iterator[bytes]:
        raise RuntimeError("at once")
        yield b""

    async def fails_too() -> AsyncIterator[bytes]:
        raise RuntimeError("at once")
        yield b""

    stream_both_ways(api, fails_too, fails)

    assert served(api).get(path).status == 500


def test_a_producer_that_exits_its_thread_is_cut_off(served: Callable[..., Served]) -> None:
    """And ends nothing else; at once, it is a 500."""
    api = BoltAPI()

    @api.get("/{at}")
    def in_pool(at: str) -> Iterator[str]:
        if at == "once":
            raise SystemExit(3)
        yield "one"
        raise SystemExit(3)

    server = served(api)

    assert server.begin(b"GET /later HTTP/1.1\r\nHost: test\r\n\r\n").until_closed().endswith(b"3\r\none\r\n")
    assert server.get("/once").status == 500


class Pieces:
    """One piece, and a failure when it is closed; *closed* notes by whom."""

    def __init__(self, closed: list[str]) -> None:
        self._left = ["x"]
        self._closed = closed

    def __iter__(self) -> Iterator[str]:
        return self

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    def __next__(self) -> str:
        if not self._left:
            raise StopIteration
        return self._left.pop()

    async def __anext__(self) -> str:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()

    def close(self) -> None:
        self._closed.append("iterator")
        raise ValueError("while closing")


class SyncSource:
    """What an iterator comes from, which is to be closed as well."""

    def __init__(self, closed: list[str]) -> None:
        self._closed = closed

    def __iter__(self) -> Iterator[str]:
        return iter(Pieces(self._closed))

    def close(self) -> None:
        self._closed.append("source")


class AsyncSource(SyncSource):
    """The same for asynchronous ones."""

    def __aiter__(self) -> AsyncIterator[str]:
        return aiter(Pieces(self._closed))


@pytest.mark.parametrize(("path", "kind"), [("/async", AsyncSource), ("/sync", SyncSource)])
def test_everything_is_closed_and_failures_of_that_are_logged(
    served: Callable[..., Served], caplog: pytest.LogCaptureFixture, path: str, kind: type[SyncSource]
) -> None:
    """The iterator as well as what it came from."""
    api, closed = BoltAPI(), []

    @api.get(path)
    def in_pool() -> StreamingResponse:
        return StreamingResponse(kind(closed))

    served(api).begin(f"GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".encode()).until_closed()

    assert closed == ["iterator", "source"]
    assert "while closing" in caplog.text


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_a_stream_that_fails_later_is_cut_off(served: Callable[..., Served], path: str) -> None:
    """A producer that fails after its first chunk ends the connection without the last chunk."""
    api = BoltAPI()

    def fails() -> Iterator[bytes]:
        yield b"first"
        raise RuntimeError("later")

    async def fails_too() -> AsyncIterator[bytes]:
        yield b"first"
        raise RuntimeError("later")

    stream_both_ways(api, fails_too, fails)

    client = served(api).begin(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    received = client.until_closed()

    assert b"first" in received
    assert not received.endswith(b"0\r\n\r\n")


def test_a_client_that_leaves_closes_a_stream(served: Callable[..., Served]) -> None:
    """A producer's clean-up runs when its client goes away in the middle, on the loop and in the pool."""
    api = BoltAPI()
    closed = {"async": threading.Event(), "sync": threading.Event()}

    def forever() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 65536
        finally:
            closed["sync"].set()

    async def forever_too() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 65536
        finally:
            closed["async"].set()

    stream_both_ways(api, forever_too, forever)

    server = served(api)
    for kind in ("async", "sync"):
        client = server.begin(f"GET /{kind} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        client.peek()
        client.close()
        server.run_until(closed[kind])


def test_head_does_not_start_a_stream(served: Callable[..., Served]) -> None:
    """HEAD has the headers that GET would have, no body, and the producer never runs."""
    api, started = BoltAPI(), []

    async def produce() -> AsyncIterator[str]:
        started.append(1)
        yield "data"

    @api.get("/")
    async def stream() -> StreamingResponse:
        return StreamingResponse(produce(), media_type="text/csv")

    server = served(api)
    answer = server.send(b"HEAD / HTTP/1.1\r\nHost: test\r\n\r\n", head=True)
    gc.collect()

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"].startswith("text/csv")
    assert not started
    assert server.get("/").body == b"data"


@pytest.mark.parametrize("path", ["/async", "/sync", "/from-pool"])
def test_head_closes_a_stream(served: Callable[..., Served], path: str) -> None:
    """What a producer holds is let go of, unread; an asynchronous one may wait for that."""
    api, closed = BoltAPI(), threading.Event()

    class Chunks:
        def __iter__(self) -> Iterator[str]:
            raise AssertionError("read")

        def close(self) -> None:
            closed.set()

    class AsyncChunks:
        def __aiter__(self) -> AsyncIterator[str]:
            raise AssertionError("read")

        async def aclose(self) -> None:
            await asyncio.sleep(0)
            closed.set()

    api.get("/sync")(lambda: StreamingResponse(Chunks()))
    api.get("/from-pool")(lambda: StreamingResponse(AsyncChunks()))

    @api.get("/async")
    async def on_loop() -> StreamingResponse:
        return StreamingResponse(AsyncChunks())

    server = served(api)

    assert server.send(f"HEAD {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode(), head=True).status == 200
    server.run_until(closed)


def test_a_streamed_request_body_arrives_in_pieces(served: Callable[..., Served]) -> None:
    """A route that streams its body is called before the body is whole."""
    api, first = BoltAPI(), threading.Event()

    @api.post("/", stream_body=True)
    async def upload(request: Request) -> int:
        length = 0
        async for chunk in request.stream():
            length += len(chunk)
            first.set()
        return length

    server = served(api)
    client = server.begin(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhello")
    assert first.wait(10)
    client.send(b"world")

    assert client.answer().json() == 10
