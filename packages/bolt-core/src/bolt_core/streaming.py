"""Producers of streamed replies: what pulls chunks from a handler's iterable and pushes them to the engine.

The head goes out with the first chunk, so a stream that fails at once is an error reply; one that fails later is cut
off.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterable, Awaitable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .late_failures import report_late_failure

if TYPE_CHECKING:
    from ._native import AsyncSink, SyncSink

logger = logging.getLogger("bolt_core")


async def run_async(sink: AsyncSink, chunks: AsyncIterable[str | bytes]) -> None:
    """Send an asynchronous iterable; waits while the client does not read."""
    iterator = aiter(chunks)
    try:
        async for chunk in iterator:
            if not sink.write(chunk):
                await _room(sink)
    except asyncio.CancelledError as error:
        sink.fail(error)
        raise
    except Exception as error:
        sink.fail(error)
    else:
        sink.finish()
    finally:
        for source in _distinct(iterator, chunks):
            await _close_async(source)


async def _room(sink: AsyncSink) -> None:
    room = asyncio.Event()
    sink.on_room(room.set)
    await room.wait()


async def _close_async(source: Any) -> None:
    if (close := getattr(source, "aclose", None)) is not None:
        await close()
    elif (close := getattr(source, "close", None)) is not None:
        close()


def _distinct(iterator: object, chunks: object) -> list[Any]:
    """The iterator and what it came from: one object where that is its own iterator, as a generator is."""
    return [iterator] if iterator is chunks else [iterator, chunks]


def run_sync(sink: SyncSink, chunks: Iterable[str | bytes], context: contextvars.Context) -> None:
    """Begin to send an iterable from the pool thread that made it, in the handler's context."""
    context.run(_SyncProducer(sink, chunks, context).begin)


class _SyncProducer:
    """One stream: pulls chunks until the client falls behind, leaves the thread, and goes on when it has read."""

    def __init__(self, sink: SyncSink, chunks: Iterable[str | bytes], context: contextvars.Context) -> None:
        self._sink = sink
        self._chunks = chunks
        self._context = context
        self._iterator: Iterator[str | bytes] = iter(())

    def begin(self) -> None:
        try:
            self._iterator = iter(self._chunks)
        except Exception as error:
            self._end(error)
            return
        self._produce()

    def resume(self) -> None:
        self._context.run(self._produce)

    def _produce(self) -> None:
        sink = self._sink
        try:
            for chunk in self._iterator:
                if sink.closed:
                    self._end(None)
                    return
                if not sink.write(chunk):
                    sink.park(self.resume)
                    return
        except Exception as error:
            self._end(error)
        else:
            self._end(None)

    def _end(self, error: Exception | None) -> None:
        try:
            for source in _distinct(self._iterator, self._chunks):
                if (close := getattr(source, "close", None)) is not None:
                    close()
        except Exception as close_error:
            error = error or close_error
        if error is None:
            self._sink.finish()
        else:
            self._sink.fail(error)


async def awaited[T](promise: Awaitable[T]) -> T:
    """Any awaitable as a coroutine, which is what a task runs."""
    return await promise


def log_failure(error: BaseException) -> None:
    """Note that a stream failed after its head was sent; the client sees a connection that was cut."""
    if not isinstance(error, asyncio.CancelledError):
        logger.error("a streamed reply failed and was cut off", exc_info=error)
        report_late_failure(error)
