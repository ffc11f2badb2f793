"""One request's way through Django: answered, streamed and closed on one pool thread."""

import asyncio
import contextlib
import contextvars
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from bolt_core.pool import PoolExecutor, current_pool
from bolt_core.responses import Response, StreamingResponse
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest, get_script_name
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from bolt_django import db
from bolt_django.fallback.chunks import ChunkStream
from bolt_django.http import header_fields

# Django reads files in 4 KiB pieces; each would be a hand-over between threads.
_FILE_BLOCK_BYTES = 64 * 1024

type Respond = Callable[[WSGIRequest], HttpResponseBase]


class Exchange:
    """Takes a WSGI environ to *respond*, and its response to the event loop."""

    def __init__(self, environ: dict[str, Any], respond: Respond) -> None:
        self._environ = environ
        self._respond = respond
        self._pool = current_pool()
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Response] = self._loop.create_future()
        self._gone = False
        self._begun = False
        self._lease = db.Lease(self._pool)
        # Set on the pool thread that makes the response.
        self._thread: int | None = None
        self._foreign: list[BaseDatabaseWrapper] = []
        self._context = contextvars.Context()
        self._response: HttpResponseBase | None = None
        self._stream: ChunkStream | None = None
        self._parts: Iterator[bytes] = iter(())

    async def answer(self) -> Response:
        """The head of Django's response, its body whole or still coming.

        It is here before Django has closed the response, as a WSGI server sends the body before it calls `close()`.
        """
        run = asyncio.ensure_future(self._run())
        run.add_done_callback(self._ended)
        try:
            return await asyncio.shield(self._answer)
        except asyncio.CancelledError:
            # An async view ends here; a sync one cannot be interrupted, and what it returns is closed unsent.
            self._gone = True
            self._answer.add_done_callback(_discard)
            run.cancel()
            raise

    async def _run(self) -> None:
        # By way of asgiref, so that async views and middleware find the running loop instead of starting one each.
        executor: Any = PoolExecutor(self._pool)
        await sync_to_async(self._serve, thread_sensitive=False, executor=executor)()

    def _ended(self, run: "asyncio.Task[None]") -> None:
        if self._gone and not self._begun:
            # Cancelled in the pool's queue: it never runs.
            self._environ["wsgi.input"].close()
        error = None if run.cancelled() else run.exception()
        if not self._answer.done():
            if error is None or self._gone:
                self._answer.cancel()
            else:
                self._answer.set_exception(error)
        elif error is not None:
            self._loop.call_exception_handler({"message": "closing a Django response failed", "exception": error})

    def _serve(self) -> None:
        self._thread = self._pool.current_thread()
        self._lease.run(self._begin, self._keeps)

    def _keeps(self, connection: Any) -> bool:
        """A stream's connections wait for it: a cursor may be open on them."""
        return self._stream is not None and db.is_open(connection)

    def _begin(self) -> None:
        self._begun = True
        if self._gone:
            self._environ["wsgi.input"].close()
            return
        self._foreign = db.in_transaction()
        set_script_prefix(get_script_name(self._environ))
        with db.hidden(self._foreign):
            signals.request_started.send(sender=WSGIHandler, environ=self._environ)
        try:
            response = self._response = self._respond(WSGIRequest(self._environ))
        except BaseException:
            self._close()
            raise
        response._handler_class = WSGIHandler  # type: ignore[attr-defined]
        if isinstance(response, StreamingHttpResponse):
            self._begin_stream(response)
        else:
            content: bytes = response.content  # type: ignore[attr-defined]
            self._deliver(Response(content, status_code=response.status_code, headers=header_fields(response)))
            self._close()

    def _begin_stream(self, response: StreamingHttpResponse) -> None:
        self._context = contextvars.copy_context()
        content: AsyncIterator[bytes]
        if response.is_async:
            content = _AsyncBody(response, functools.partial(self._later, self._close))
        else:
            content = self._stream = ChunkStream(self._loop, functools.partial(self._later, self._produce))
        self._deliver(StreamingResponse(content, status_code=response.status_code, headers=header_fields(response)))
        if self._stream is None:
            if self._gone:
                self._close()
            return
        if isinstance(response, FileResponse):
            response.block_size = _FILE_BLOCK_BYTES
        if self._environ["REQUEST_METHOD"] == "HEAD":
            self._stream.closed = True
        self._parts = iter(response.streaming_content)  # type: ignore[arg-type]
        self._produce()

    def _produce(self) -> None:
        """Hand chunks over until the client falls behind; `_later` calls again."""
        assert self._stream is not None
        try:
            while not (self._stream.closed or self._gone):
                part = next(self._parts, None)
                if part is None:
                    break
                if part and not self._stream.push(part):
                    return
        except BaseException as error:
            self._stream.end(error)
        else:
            self._stream.end()
        stream, self._stream = self._stream, None
        self._close()
        stream.closed = True

    def _later(self, step: Callable[[], None]) -> None:
        """Go on with *step* on the thread that made the response."""
        unit = functools.partial(self._lease.run, step, self._keeps)
        self._pool.submit(functools.partial(self._context.run, unit), self._thread)

    def _deliver(self, answer: Response) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: the server was stopped meanwhile
            self._loop.call_soon_threadsafe(self._take, answer)

    def _take(self, answer: Response) -> None:
        if not self._answer.done():
            self._answer.set_result(answer)

    def _close(self) -> None:
        """Close the response, which sends `request_finished`; and the spooled body."""
        with db.hidden(self._foreign):
            if self._response is not None:
                self._response.close()
            else:
                signals.request_finished.send(sender=WSGIHandler)
        self._environ["wsgi.input"].close()


def _discard(answer: asyncio.Future[Response]) -> None:
    """End the stream of an answer that nobody takes any more."""
    if not answer.cancelled() and answer.exception() is None and isinstance(answer.result(), StreamingResponse):
        closing = asyncio.ensure_future(answer.result().content.aclose())
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)


# The loop itself keeps only weak references to its tasks.
_closing: set[asyncio.Future[None]] = set()


class _AsyncBody:
    """The chunks of an asynchronous streaming response, iterated on the event loop; *close* is called once."""

    def __init__(self, response: StreamingHttpResponse, close: Callable[[], None]) -> None:
        self._parts: Any = response.streaming_content
        self._close: Callable[[], None] | None = close

    def __aiter__(self) -> "_AsyncBody":
        return self

    async def __anext__(self) -> bytes:
        part: bytes = await anext(self._parts)
        return part

    async def aclose(self) -> None:
        """End the iteration; then close the response on its thread."""
        close, self._close = self._close, None
        if close is None:
            return
        try:
            await self._parts.aclose()
        finally:
            close()
