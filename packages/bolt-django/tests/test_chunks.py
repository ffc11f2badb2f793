"""Chunks between a producing thread and the loop."""

import asyncio

import pytest
from bolt_django.fallback.chunks import HIGH_WATER_BYTES, LOW_WATER_BYTES, ChunkStream


def stream() -> tuple[ChunkStream, list[str]]:
    """A stream, and what its resume was called for."""
    calls: list[str] = []
    return ChunkStream(asyncio.get_running_loop(), lambda: calls.append("resume")), calls


async def test_chunks_in_order_then_the_end() -> None:
    """What was pushed comes out in order, and then the iteration ends."""
    chunks, calls = stream()
    assert chunks.push(b"a")
    assert chunks.push(b"b")
    chunks.end()

    assert [chunk async for chunk in chunks] == [b"a", b"b"]
    assert calls == []


async def test_a_waiting_reader_is_woken() -> None:
    """A reader that waits gets the chunk that another thread pushes, and its end."""
    chunks, _ = stream()
    first = asyncio.ensure_future(anext(chunks))
    await asyncio.sleep(0)
    await asyncio.to_thread(chunks.push, b"a")
    assert await first == b"a"

    second = asyncio.ensure_future(anext(chunks))
    await asyncio.sleep(0)
    await asyncio.to_thread(chunks.end)
    with pytest.raises(StopAsyncIteration):
        await second


async def test_a_full_stream_pauses_its_producer_until_read() -> None:
    """Above the high mark the producer is told to pause; it is called back once, below the low mark."""
    chunks, calls = stream()
    piece = b"x" * (LOW_WATER_BYTES // 2)
    count = HIGH_WATER_BYTES // len(piece)
    assert [chunks.push(piece) for _ in range(count)] == [True] * (count - 1) + [False]

    for _ in range(count - 3):
        await anext(chunks)
    assert calls == []
    await anext(chunks)
    assert calls == ["resume"]
    await anext(chunks)
    assert calls == ["resume"]


async def test_an_error_comes_after_what_was_sent() -> None:
    """A producer's failure is raised once its chunks are read."""
    chunks, _ = stream()
    chunks.push(b"a")
    chunks.end(RuntimeError("broken"))

    assert await anext(chunks) == b"a"
    with pytest.raises(RuntimeError, match="broken"):
        await anext(chunks)


async def test_closing_calls_a_paused_producer_back() -> None:
    """A producer that waits learns that the client has left; one that has ended is left alone."""
    chunks, calls = stream()
    chunks.push(b"x" * HIGH_WATER_BYTES)
    await chunks.aclose()
    assert chunks.closed
    assert calls == ["resume"]

    ended, calls = stream()
    ended.end()
    await ended.aclose()
    assert calls == []
