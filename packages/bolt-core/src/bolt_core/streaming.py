"""Producers of streamed replies: what pulls chunks from a handler's iterable and pushes them to the engine.

The head goes out with the first chunk, so a stream that fails at once is an error reply; one that fails later is cut
off.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import logging
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from bolt_core.late_failures import report_late_failure
from bolt_core.reading import must_leave_loop, off_loop

if TYPE_CHECKING:
    from ._native import AsyncSink, SyncSink

logger = logging.getLogger("bolt_core")

SERVER_LOOP: contextvars.ContextVar[asyncio.AbstractEventLoop] = contextvars.ContextVar("bolt_core.loop")
"""The event loop of the server that runs a request, for what runs on a pool thread."""

# A comment of an event stream, which its clients ignore.
KEEP_ALIVE = b": keep-alive\n\n"

# Seconds of silence after which an event stream is opened by a comment, so that its client learns it is connected.
OPENING_SECONDS = 1.0


class EncodedItems:
    """The chunks that items become; `ping` asks the producer for a comment after so many silent seconds."""

    def __init__(self, items: Any, encode: Callable[..., bytes], opening: bytes, ping: float | None) -> None:
        self._items = items
        self._encode = encode
        self._opening = opening
        self.ping = ping

    def write_data_by(self, encode_data: Callable[[Any], bytes]) -> None:
        """Have data among the items written as JSON by *encode_data*, where their encoder takes another one."""
        self._encode = functools.partial(self._encode, encode_data=encode_data)

    def _first(self, chunk: bytes) -> bytes:
        # Not on its own: a stream that fails at its first item must not have begun.
        opening, self._opening = self._opening, b""
        return opening + chunk


class _SyncItems(EncodedItems):
    def __iter__(self) -> Iterator[bytes]:
        for item in self._items:
            chunk = self._encode(item)
            yield self._first(chunk) if self._opening else chunk

    def close(self) -> None:
        if (close := getattr(self._items, "close", None)) is not None:
            close()


class _AsyncItems(EncodedItems):
    _iterator: Any = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._iterator = aiter(self._items)
        async for item in self._iterator:
            try:
                chunk = self._encode(item)
            except Exception as error:
                if not must_leave_loop(error):
                    raise
                chunk = await off_loop(functools.partial(self._encode, item))
            yield self._first(chunk) if self._opening else chunk

    async def aclose(self) -> None:
        for source in _distinct(self._iterator, self._items):
            await _close_async(source)


def encoded_items(
    items: Iterable[Any] | AsyncIterable[Any],
    encode: Callable[..., bytes],
    *,
    opening: bytes = b"",
    ping: float | None = None,
) -> Iterable[bytes] | AsyncIterable[bytes]:
    """The chunks that *encode* makes of *items*, *opening* before the first; see `EncodedItems`."""
    kind = _AsyncItems if hasattr(items, "__aiter__") else _SyncItems
    return kind(items, encode, opening, ping)


class _KeepAlive:
    """Writes a comment to a stream whenever it was silent for too long; lives on the loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, write: Callable[[bytes], object], seconds: float) -> None:
        self._loop = loop
        self._write = write
        self._seconds = min(seconds, OPENING_SECONDS)
        self._usual = seconds
        self._last = loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        self.paused = False
        """The client does not read; then its connection is no idle one."""

    def start(self) -> None:
        if not self._stopped:
            self._timer = self._loop.call_at(self._last + self._seconds, self._look)

    def written(self) -> None:
        """Something was written; from any thread."""
        self._last = self._loop.time()
        self._seconds = self._usual

    def _look(self) -> None:
        if not self.paused and self._loop.time() >= self._last + self._seconds:
            self._write(KEEP_ALIVE)
            self.written()
        elif self.paused:
            self.written()
        self.start()

    def stop(self) -> None:
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()


async def run_async(sink: AsyncSink, chunks: AsyncIterable[str | bytes]) -> None:
    """Send an asynchronous iterable; waits while the client does not read."""
    iterator = aiter(chunks)
    keep_alive = None
    if (ping := getattr(chunks, "ping", None)) is not None:
        keep_alive = _KeepAlive(asyncio.get_running_loop(), sink.write, ping)
        keep_alive.start()
    try:
        async for chunk in iterator:
            if not sink.write(chunk):
                await _room(sink, keep_alive)
            if keep_alive is not None:
                keep_alive.written()
            if sink.closed:
                # Nobody reads any more; where the route is not cancelled for it, the stream ends here.
                break
    except asyncio.CancelledError as error:
        sink.fail(error)
        raise
    except Exception as error:
        sink.fail(error)
    else:
        sink.finish()
    finally:
        if keep_alive is not None:
            keep_alive.stop()
        for source in _distinct(iterator, chunks):
            await close_unread(source)


async def close_unread(source: Any) -> None:
    """Close what a stream came from, begun or not; what that raises is logged."""
    try:
        await _close_async(source)
    except Exception as error:
        log_failure(error)


async def _room(sink: AsyncSink, keep_alive: _KeepAlive | None) -> None:
    room = asyncio.Event()
    sink.on_room(room.set)
    if keep_alive is None:
        await room.wait()
        return
    keep_alive.paused = True
    await room.wait()
    keep_alive.paused = False


async def _close_async(source: Any) -> None:
    if (close := getattr(source, "aclose", None)) is not None:
        await close()
    elif (close := getattr(source, "close", None)) is not None:
        close()


def _distinct(iterator: object, chunks: object) -> list[Any]:
    """The iterator and what it came from: one object where that is its own iterator, as a generator is."""
    return [iterator] if iterator is chunks else [iterator, chunks]


type StreamSteps = Callable[[Callable[[], object], Callable[[], bool]], object]

_make_steps: list[Callable[[], StreamSteps]] = []


def register_stream_steps(make: Callable[[], StreamSteps]) -> None:
    """Let an integration run the steps of synchronous streams, which leave their thread while the client does not read.

    *make*() is called on the pool thread for each stream and gives what runs its steps: it is called with a step, and
    with a function that says afterwards whether another step will follow. The latest registration counts.
    """
    _make_steps[:] = [make]


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
        self._keep_alive: _KeepAlive | None = None
        self._parked = False
        self._steps: StreamSteps | None = None

    def begin(self) -> None:
        if _make_steps:
            self._steps = _make_steps[0]()
        self._step(self._begin)

    def _step(self, step: Callable[[], None]) -> None:
        if self._steps is None:
            step()
        else:
            self._steps(step, self._is_parked)
        if self._parked:
            # Last of all: from here on the loop may have the next step run.
            self._parked = False
            self._sink.park(self.resume)

    def _is_parked(self) -> bool:
        return self._parked

    def _begin(self) -> None:
        try:
            self._iterator = iter(self._chunks)
            self._begin_keep_alive()
        except BaseException as error:
            self._end(error)
            return
        self._produce()

    def _begin_keep_alive(self) -> None:
        ping = getattr(self._chunks, "ping", None)
        loop = SERVER_LOOP.get(None)
        if ping is not None and loop is not None:
            self._keep_alive = _KeepAlive(loop, self._sink.write, ping)
            _call_soon(loop, self._keep_alive.start)

    def resume(self) -> None:
        if self._keep_alive is not None:
            self._keep_alive.paused = False
        self._context.run(self._step, self._produce)

    def _produce(self) -> None:
        sink, keep_alive = self._sink, self._keep_alive
        if sink.closed:
            self._end(None)
            return
        try:
            for chunk in self._iterator:
                if sink.closed:
                    self._end(None)
                    return
                has_room = sink.write(chunk)
                if keep_alive is not None:
                    keep_alive.written()
                    keep_alive.paused = not has_room
                if not has_room:
                    self._parked = True
                    return
        except BaseException as error:
            # SystemExit, too: it ends no more than the stream, as everywhere on a thread of the pool.
            self._end(error)
        else:
            self._end(None)

    def _end(self, error: BaseException | None) -> None:
        for source in _distinct(self._iterator, self._chunks):
            try:
                if (close := getattr(source, "close", None)) is not None:
                    close()
            except BaseException as close_error:
                error = error or close_error
        if self._keep_alive is not None:
            _call_soon(SERVER_LOOP.get(), self._keep_alive.stop)
        if error is None:
            self._sink.finish()
        else:
            self._sink.fail(error)


def _call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed, and with it every connection
        loop.call_soon_threadsafe(callback)


async def awaited[T](promise: Awaitable[T]) -> T:
    """Any awaitable as a coroutine, which is what a task runs."""
    return await promise


def log_failure(error: BaseException) -> None:
    """Note that a stream failed after its head was sent; the client sees a connection that was cut."""
    if not isinstance(error, asyncio.CancelledError):
        logger.error("a streamed reply failed and was cut off", exc_info=error)
        report_late_failure(error)
