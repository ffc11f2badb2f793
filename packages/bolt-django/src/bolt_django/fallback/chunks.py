"""Chunks on their way from the pool thread that produces them to the event loop that sends them."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable

# Above the first the producer leaves its thread; below the second it is called back.
HIGH_WATER_BYTES = 256 * 1024
LOW_WATER_BYTES = 64 * 1024


class ChunkStream:
    """An asynchronous iterator of chunks with a bounded memory.

    *resume* is called on the loop when a producer that was told to pause may go on, and also when the client has left,
    so that a paused producer can end.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, resume: Callable[[], object]) -> None:
        self._loop = loop
        self._resume = resume
        self._lock = threading.Lock()  # guards all below
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._paused = False
        self._ended = False
        self._error: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.closed = False
        """The client has left; set on the loop, read by the producer."""

    def push(self, chunk: bytes) -> bool:
        """Queue a chunk, on the producer's thread; False asks the producer to return and wait for *resume*."""
        with self._lock:
            self._chunks.append(chunk)
            self._size += len(chunk)
            self._paused = self._size >= HIGH_WATER_BYTES
            waiter, paused = self._waiter, self._paused
        self._wake(waiter)
        return not paused

    def end(self, error: BaseException | None = None) -> None:
        """No more chunks, on the producer's thread; with *error* the reply is cut off."""
        with self._lock:
            self._ended, self._error = True, error
            waiter = self._waiter
        self._wake(waiter)

    def _wake(self, waiter: asyncio.Future[None] | None) -> None:
        if waiter is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed; nobody waits
                self._loop.call_soon_threadsafe(_wake, waiter)

    def __aiter__(self) -> "ChunkStream":
        return self

    async def __anext__(self) -> bytes:
        while True:
            resume, waiter, chunk = False, None, None
            with self._lock:
                if self._chunks:
                    chunk = self._chunks.popleft()
                    self._size -= len(chunk)
                    resume = self._paused and self._size <= LOW_WATER_BYTES
                    self._paused = self._paused and not resume
                elif self._error is not None:
                    raise self._error
                elif self._ended:
                    raise StopAsyncIteration
                else:
                    waiter = self._waiter = self._loop.create_future()
            if resume:
                self._resume()
            if chunk is not None:
                return chunk
            if waiter is not None:
                await waiter

    async def aclose(self) -> None:
        """The client has left, or took everything."""
        with self._lock:
            resume = self._paused and not self._ended
            self._paused = False
            self.closed = True
        if resume:
            self._resume()


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
