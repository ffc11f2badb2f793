"""The test client for asynchronous tests."""

import contextlib
import sys
import warnings
from collections.abc import AsyncIterator
from typing import Any, Self, Unpack, cast, override

import httpx2
from bolt_core import BoltAPI
from bolt_core.api import FrozenApp

from bolt_testing.events import EventStream
from bolt_testing.options import (
    EventOptions,
    RequestOptions,
    TestClientOptions,
    event_request,
    frozen,
    split_options,
    split_request,
    streamed,
)
from bolt_testing.response import TestResponse
from bolt_testing.server import ServerUnderTest
from bolt_testing.transport import LoopTransport


class AsyncTestClient(httpx2.AsyncClient):
    """`TestClient` for tests that are coroutines: the same options, and each method is awaited.

    Requests may run side by side (``asyncio.gather``, task groups). ``async def`` handlers run on a loop of the
    server's, in a thread of its own, so neither loop waits for the other. ``def`` handlers, and synchronous work that
    async ones hand over, run one at a time on the thread of the test's loop while a request is awaited; below Django's
    ``async_to_sync``, as in async methods of its TestCase, on the thread that runs the test's own synchronous calls.
    Either way they see the data of the test.

    Needs asyncio's loop, or anyio on it; trio has no way to run the server's work.
    """

    __test__ = False  # not a test case, whatever its name suggests to pytest

    def __init__(
        self,
        api: BoltAPI | FrozenApp,
        *,
        base_url: str = "http://testserver",
        timeout: float | None = 10.0,
        **options: Unpack[TestClientOptions],
    ) -> None:
        app = frozen(api, "AsyncTestClient")
        server, client = split_options(options, "AsyncTestClient")
        self._server = ServerUnderTest(app, server)
        self._loop_transport = LoopTransport(self._server, timeout)
        super().__init__(base_url=base_url, timeout=timeout, transport=self._loop_transport, trust_env=False, **client)

    @override
    async def request(self, method: str, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a request and return its response; see `TestClient.request`."""
        building, sending = split_request(options)
        request = self.build_request(method, url, **building)
        return cast(TestResponse, await self.send(request, **sending))

    @override
    async def get(self, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a GET request; as `request`."""
        return await self.request("GET", url, **options)

    @override
    async def head(self, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a HEAD request; as `request`."""
        return await self.request("HEAD", url, **options)

    @override
    async def options(self, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send an OPTIONS request; as `request`."""
        return await self.request("OPTIONS", url, **options)

    @override
    async def post(self, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a POST request; as `request`."""
        return await self.request("POST", url, **options)

    @override
    async def put(self, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a PUT request; as `request`."""
        return await self.request("PUT", url, **options)

    @override
    async def patch(self, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a PATCH request; as `request`."""
        return await self.request("PATCH", url, **options)

    @override
    async def delete(self, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a DELETE request; as `request`."""
        return await self.request("DELETE", url, **options)

    @override
    @contextlib.asynccontextmanager
    async def stream(
        self, method: str, url: httpx2.URL | str, **options: Unpack[RequestOptions]
    ) -> AsyncIterator[TestResponse]:
        """A context manager of a response whose body is read inside; leaving it closes the response."""
        response = await self.request(method, url, **streamed(options))
        try:
            yield response
        finally:
            await response.aclose()

    @override
    @contextlib.asynccontextmanager
    async def sse(self, url: httpx2.URL | str, **options: Unpack[EventOptions]) -> AsyncIterator[EventStream]:
        """A context manager of a response's server-sent events; see `TestClient.sse`. Iterate it with ``async for``."""
        method, largest, request = event_request(options)
        async with self.stream(method, url, **request) as response:
            yield EventStream(response, largest)

    def start(self) -> None:
        """Start the server and the application from synchronous code, a fixture's for one; see `__aenter__`."""
        self._loop_transport.start_now()

    def close(self) -> None:
        """As `aclose`, from synchronous code, such as a fixture's end or ``TestCase.addCleanup``."""
        self._loop_transport.close()

    @override
    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await self._loop_transport.start()
        return self

    @override
    async def __aexit__(self, *exc_info: Any) -> None:
        try:
            await super().__aexit__(*exc_info)
        except Exception:
            # What ended the block tells more than what its end brought about.
            if exc_info[1] is None:
                raise

    def __del__(self) -> None:
        # A constructor that raised has left nothing to stop.
        server = getattr(self, "_server", None)
        # While the interpreter ends, the server's thread no longer runs and could not be waited for.
        if server is not None and server.running and not sys.is_finalizing():
            warnings.warn(f"unclosed {type(self).__name__}; use it in an async with block", ResourceWarning, 2, self)
            self.close()
