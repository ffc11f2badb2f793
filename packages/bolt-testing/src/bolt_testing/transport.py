"""httpx2 transports over connections of our own making."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

import httpcore2
import httpx2
from bolt_core.inprocess import InProcessServer
from bolt_core.pool import on_event_loop

from bolt_testing.async_network import LoopBackend
from bolt_testing.deadline import HandlerTimeout
from bolt_testing.network import JobRunningBackend
from bolt_testing.recording import Target
from bolt_testing.response import TestResponse
from bolt_testing.server import ServerUnderTest, late
from bolt_testing.waiting import LoopWaiter

# httpx2 names its errors as httpcore2 does and adds the request to them.
_ERRORS: dict[type[Exception], type[httpx2.TransportError]] = {
    getattr(httpcore2, name): getattr(httpx2, name)
    for name in (
        "ConnectError",
        "ConnectTimeout",
        "LocalProtocolError",
        "PoolTimeout",
        "ReadError",
        "ReadTimeout",
        "RemoteProtocolError",
        "WriteError",
        "WriteTimeout",
    )
}


class Failures:
    """What the application raised, raised again in the request that met it; nothing, unless the client asks for it."""

    def __init__(self, server: ServerUnderTest) -> None:
        """*server* records."""
        self._server = server

    def check_head(self, request: httpx2.Request, status: int) -> None:
        """Raise what became the 500 that *request* got."""
        if status >= 500:
            self._raise(request, late=False)

    def check_background(self, request: httpx2.Request) -> None:
        """Raise what the background work of a reply raised, which has ended."""
        self._raise(request, late=False)

    def _raise(self, request: httpx2.Request, *, late: bool) -> None:
        failure = self._server.recorder.take(target_of(request), late=late) if self._server.raises else None
        if failure is not None:
            raise failure

    @contextlib.contextmanager
    def before(self, request: httpx2.Request) -> Iterator[None]:
        """Put what the application raised in the place of the error that the client met because of it."""
        try:
            yield
        except tuple(_ERRORS) as exc:
            if not isinstance(exc, httpcore2.TimeoutException):
                self._raise(request, late=True)
            raise _ERRORS[type(exc)](_explained(exc, request), request=request) from exc


class PipelineTransport(httpx2.BaseTransport):
    """Sends requests to *server* as HTTP/1.1; the first one starts it."""

    def __init__(self, server: ServerUnderTest, timeout: float | None) -> None:
        """*server* belongs to the caller; *timeout* is for its start."""
        self._server = server
        self._timeout = timeout
        self._failures = Failures(server)
        self._pool = httpcore2.ConnectionPool(
            network_backend=JobRunningBackend(server.connect, server), max_connections=None
        )

    def handle_request(self, request: httpx2.Request) -> TestResponse:
        """Send *request* and return the response with its body unread.

        Raises httpx2.UnsupportedProtocol for anything but ``http``: there is no TLS between a test and its server.
        """
        _check_scheme(request, "TestClient")
        self._server.start(self._timeout)
        with self._failures.before(request):
            reply = self._pool.handle_request(_lowered(request))
        assert isinstance(reply.stream, Iterable)
        body = _Body(reply.stream, request, self._server, self._failures)
        try:
            self._failures.check_head(request, reply.status)
        except BaseException:
            body.close()
            raise
        return TestResponse(reply.status, headers=reply.headers, stream=body, extensions=reply.extensions)

    def close(self) -> None:
        """Close every connection, those with an unfinished reply included."""
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(
        self, chunks: Iterable[bytes], request: httpx2.Request, server: ServerUnderTest, failures: Failures
    ) -> None:
        self._chunks = chunks
        self._request = request
        self._server = server
        self._failures = failures

    def __iter__(self) -> Iterator[bytes]:
        with self._failures.before(self._request):
            yield from self._chunks
        # As in production, the work began once the reply was sent; a test wants to see what it came to.
        self._server.wait_for_background(target_of(self._request), _timeout_of(self._request))
        self._failures.check_background(self._request)

    def close(self) -> None:
        if (close := getattr(self._chunks, "close", None)) is not None:
            close()


class LoopTransport(httpx2.AsyncBaseTransport):
    """As `PipelineTransport`, for an event loop."""

    def __init__(self, server: ServerUnderTest, timeout: float | None) -> None:
        """*server* belongs to the caller; *timeout* is for its start and its stop."""
        self._server = server
        self._timeout = timeout
        self.failures = Failures(server)
        self._waiter = LoopWaiter(server, timeout)
        self._backend = LoopBackend(server, self._waiter)
        self._pool = httpcore2.AsyncConnectionPool(network_backend=self._backend, max_connections=None)
        # The one startup that all first requests wait for.
        self._starting: asyncio.Task[None] | None = None

    async def handle_async_request(self, request: httpx2.Request) -> TestResponse:
        """Send *request* and return the response with its body unread; raises as `PipelineTransport`."""
        _check_scheme(request, "AsyncTestClient")
        await self.start()
        with self.failures.before(request):
            reply = await self._pool.handle_async_request(_lowered(request))
        assert isinstance(reply.stream, AsyncIterable)
        body = _AsyncBody(reply.stream, request, self)
        try:
            self.failures.check_head(request, reply.status)
        except BaseException:
            await body.aclose()
            raise
        return TestResponse(reply.status, headers=reply.headers, stream=body, extensions=reply.extensions)

    async def start(self) -> None:
        """Start the server and the application unless they run; raises what a startup hook raised."""
        if self._starting is None:
            if self._server.running:
                return
            if not on_event_loop():
                raise RuntimeError("AsyncTestClient needs a running asyncio loop; on trio, use TestClient in a thread")
            # Begun here: a test's ContextVars are those of whoever sends the first request.
            server = self._server.begin()
            self._starting = asyncio.get_running_loop().create_task(self._started(server))
        try:
            await asyncio.shield(self._starting)
        finally:
            if self._starting is not None and self._starting.done():
                self._starting = None

    async def _started(self, server: InProcessServer) -> None:
        try:
            await self._waiter.until(lambda: server.settled, self._timeout)
        except TimeoutError:
            self._server.give_up()
            raise TimeoutError(late("startup", self._timeout)) from None
        try:
            self._server.finish_start()
        except HandlerTimeout:
            # The interrupted hook may end the startup before this task hears of the timeout.
            raise TimeoutError(late("startup", self._timeout)) from None

    async def aclose(self) -> None:
        """Close every connection, those with an unfinished reply included, and stop the server."""
        if not self._server.running:
            return
        await self._pool.aclose()
        self._backend.close()
        if (server := self._server.begin_close()) is None:
            return
        limit = self._server.stop_limit(self._timeout)
        try:
            await self._waiter.until(lambda: server.ended, limit)
        except TimeoutError:
            self._server.forget()
            raise TimeoutError(late("shutdown", limit)) from None
        self._server.finish_close()

    def start_now(self) -> None:
        """As `start`, from synchronous code."""
        self._server.start(self._timeout)

    def close(self) -> None:
        """As `aclose`, from synchronous code."""
        self._backend.close()
        self._server.close(self._timeout)

    async def wait_for_background(self, request: httpx2.Request) -> None:
        """Wait until the background work of the reply to *request*, if any, has ended; raises TimeoutError."""
        future = self._server.begin_background(target_of(request))
        if future is None:
            return
        limit = _timeout_of(request)
        try:
            await self._waiter.until(future.done, limit)
        except TimeoutError:
            raise TimeoutError(late("background work", limit)) from None
        finally:
            future.cancel()


class _AsyncBody(httpx2.AsyncByteStream):
    def __init__(self, chunks: AsyncIterable[bytes], request: httpx2.Request, transport: LoopTransport) -> None:
        self._chunks = chunks
        self._request = request
        self._transport = transport

    async def __aiter__(self) -> AsyncIterator[bytes]:
        failures = self._transport.failures
        with failures.before(self._request):
            async for chunk in self._chunks:
                yield chunk
        await self._transport.wait_for_background(self._request)
        failures.check_background(self._request)

    async def aclose(self) -> None:
        if (close := getattr(self._chunks, "aclose", None)) is not None:
            await close()


def target_of(request: httpx2.Request) -> Target:
    """What the server knows *request* by."""
    return request.method, request.url.raw_path.decode("ascii")


def _timeout_of(request: httpx2.Request) -> float | None:
    timeout: float | None = request.extensions.get("timeout", {}).get("read")
    return timeout


def _check_scheme(request: httpx2.Request, client: str) -> None:
    if request.url.scheme != "http":
        raise httpx2.UnsupportedProtocol(
            f"{client} cannot open {request.url}: it speaks plain http; for a view that asks for https, "
            "send the header that your proxy sets (X-Forwarded-Proto: https, for one)",
            request=request,
        )


def _lowered(request: httpx2.Request) -> httpcore2.Request:
    url = request.url
    return httpcore2.Request(
        method=request.method,
        url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


def _explained(exc: Exception, request: httpx2.Request) -> str:
    text = f"{request.method} {request.url.raw_path.decode('ascii')}: {exc}"
    if isinstance(exc, httpcore2.TimeoutException):
        text += "; the handler hangs, or needs a larger timeout= on the client or on this request"
    return text
