"""Streamed responses as a client reads them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from bolt_core import BoltAPI, StreamingResponse
from bolt_testing import TestClient, TestResponse

TEXT = "naïve — 日本語 🦀\n"


def streaming(make: Any, media_type: str = "text/event-stream") -> BoltAPI:
    """An application with one route, which streams what *make* yields."""
    api = BoltAPI()

    @api.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(make(), media_type=media_type)

    return api


@pytest.fixture(params=[False, True], ids=["in-process", "socket"])
def http_layer(request: pytest.FixtureRequest) -> bool:
    """Both ways to the server."""
    return bool(request.param)


def test_chunks_come_as_they_are_produced(http_layer: bool) -> None:
    """The producer makes the next chunk only after the test has read the last: no side can wait for the end."""
    read = threading.Semaphore(0)

    async def generate() -> AsyncIterator[str]:
        for number in range(3):
            yield f"data: {number}\n\n"
            await asyncio.to_thread(read.acquire)

    with TestClient(streaming(generate), use_http_layer=http_layer) as client:
        chunks = []
        for chunk in client.get("/stream", stream=True).iter_content(chunk_size=64, decode_unicode=True):
            chunks.append(chunk)
            read.release()

    assert chunks == ["data: 0\n\n", "data: 1\n\n", "data: 2\n\n"]


def test_lines_come_as_they_are_produced(http_layer: bool) -> None:
    """iter_lines() yields a line as soon as its end is there."""
    read = threading.Semaphore(0)

    async def generate() -> AsyncIterator[str]:
        yield "one\ntw"
        await asyncio.to_thread(read.acquire)
        yield "o\n"

    with TestClient(streaming(generate), use_http_layer=http_layer) as client:
        lines = client.get("/stream", stream=True).iter_lines()
        assert next(lines) == "one"
        read.release()
        assert list(lines) == ["two"]


def test_a_sync_generator_streams(http_layer: bool) -> None:
    """A `def` generator runs on the test's thread and its chunks arrive in order."""

    def generate() -> Iterator[bytes]:
        for number in range(200):
            yield bytes([number]) * 1000

    with TestClient(streaming(generate, "application/octet-stream"), use_http_layer=http_layer) as client:
        chunks = b"".join(client.get("/stream", stream=True).iter_content())

    assert chunks == b"".join(bytes([number]) * 1000 for number in range(200))


def test_an_endless_sync_generator_can_be_left(http_layer: bool) -> None:
    """Closing the response ends a generator that would never end by itself."""
    closed = threading.Event()

    def generate() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 10_000
        finally:
            closed.set()

    with TestClient(streaming(generate), use_http_layer=http_layer) as client:
        response = client.get("/stream", stream=True)
        assert next(response.iter_bytes())
        response.close()

    assert closed.is_set()


@pytest.mark.parametrize("chunk_size", [1, 2, 3, 5, 64, None])
def test_no_character_is_split(chunk_size: int | None) -> None:
    """With decode_unicode, text comes in whole characters whatever the pieces of the transport."""
    data = TEXT.encode()

    async def generate() -> AsyncIterator[bytes]:
        for position in range(len(data)):
            yield data[position : position + 1]

    with TestClient(streaming(generate)) as client:
        pieces = list(
            client.get("/stream", stream=True).iter_content(chunk_size=chunk_size, decode_unicode=True),
        )

    assert "".join(pieces) == TEXT
    assert "\ufffd" not in "".join(pieces)
    assert all(pieces)


def test_broken_text_is_replaced() -> None:
    """A character that the body never finishes becomes U+FFFD and is not lost silently."""

    async def generate() -> AsyncIterator[bytes]:
        yield "é".encode()[:1]

    with TestClient(streaming(generate)) as client:
        assert list(client.get("/stream", stream=True).iter_content(decode_unicode=True)) == ["\ufffd"]


def test_the_responses_own_encoding_decodes() -> None:
    """A charset in Content-Type is honoured."""

    async def generate() -> AsyncIterator[bytes]:
        yield "é".encode("latin-1")

    with TestClient(streaming(generate, "text/plain; charset=iso-8859-1")) as client:
        assert list(client.get("/stream", stream=True).iter_content(decode_unicode=True)) == ["é"]


def test_chunk_size_bounds_the_pieces() -> None:
    """A large chunk comes in pieces of at most chunk_size bytes."""

    async def generate() -> AsyncIterator[bytes]:
        yield b"x" * 10

    with TestClient(streaming(generate)) as client:
        assert list(client.get("/stream", stream=True).iter_content(chunk_size=4)) == [b"xxxx", b"xxxx", b"xx"]


def test_content_that_was_read_can_be_iterated() -> None:
    """Without stream=True the same methods work on the whole body."""

    async def generate() -> AsyncIterator[str]:
        yield TEXT

    with TestClient(streaming(generate)) as client:
        response = client.get("/stream")

        assert isinstance(response, TestResponse)
        assert response.text == TEXT
        assert "".join(response.iter_content(chunk_size=3, decode_unicode=True)) == TEXT


def test_a_chunk_size_of_zero_is_refused() -> None:
    """The mistake is reported before anything is read."""
    with pytest.raises(ValueError, match="at least 1 byte"):
        TestResponse(200, content=b"x").iter_content(chunk_size=0)


def test_a_body_is_streamed_once() -> None:
    """Reading a stream a second time is an error, not an empty body."""

    async def generate() -> AsyncIterator[str]:
        yield "once"

    with TestClient(streaming(generate)) as client:
        response = client.get("/stream", stream=True)
        assert list(response.iter_content()) == [b"once"]
        with pytest.raises(httpx2.StreamConsumed):
            list(response.iter_content())


def test_a_stream_that_fails_does_not_look_complete(http_layer: bool) -> None:
    """What arrived is yielded, and then the cut is an error."""
    read = threading.Semaphore(0)

    async def generate() -> AsyncIterator[str]:
        yield "first"
        await asyncio.to_thread(read.acquire)
        raise RuntimeError("broken")

    with TestClient(streaming(generate), use_http_layer=http_layer, raise_server_exceptions=False) as client:
        chunks = client.get("/stream", stream=True).iter_content()
        assert next(chunks) == b"first"
        read.release()
        with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
            list(chunks)


def test_leaving_a_stream_cancels_its_producer(http_layer: bool) -> None:
    """Closing a response is a client going away."""
    cancelled = threading.Event()

    async def generate() -> AsyncIterator[str]:
        try:
            yield "first"
            await asyncio.Event().wait()
        except (asyncio.CancelledError, GeneratorExit):
            cancelled.set()
            raise

    with TestClient(streaming(generate), use_http_layer=http_layer) as client:
        response = client.get("/stream", stream=True)
        assert next(response.iter_content()) == b"first"
        response.close()
        assert cancelled.wait(timeout=10)


def test_the_stream_method_is_a_context_manager(http_layer: bool) -> None:
    """Its response is read inside, and leaving it is a client that leaves."""
    left = threading.Event()

    async def generate() -> AsyncIterator[str]:
        try:
            yield "first"
            await asyncio.Event().wait()
        finally:
            left.set()

    with TestClient(streaming(generate), use_http_layer=http_layer) as client:
        with client.stream("GET", "/stream") as response:
            assert isinstance(response, TestResponse)
            assert next(response.iter_content()) == b"first"
        assert left.wait(timeout=10)
