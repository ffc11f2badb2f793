"""The test client: an httpx2 client whose only server is the application under test."""

import contextlib
import sys
import warnings
from collections.abc import Iterator
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
from bolt_testing.transport import PipelineTransport


class TestClient(httpx2.Client):
    """Sends requests to *api* through the real HTTP pipeline, without a network.

    The server and the application's startup hooks start with the ``with`` block, or with the first request where there
    is none; they stop at its end, or with `close`. ``async def`` handlers run on a loop in a thread of the server's;
    ``def`` handlers and hooks, and synchronous work that async ones hand over, run on the thread that sent the request,
    so they see its database transaction.

    *api* is a BoltAPI or what its ``freeze()`` returned. *use_http_layer* (default False) goes through a TCP port of
    127.0.0.1 instead of a socket pair. *raise_server_exceptions* (default True) raises what a handler, its stream or
    its background work raised; with False a test reads what a client would, a 500 or a reply that was cut off. *config*
    holds the server's limits. *timeout* (seconds, default 10; ``None`` is no limit) bounds every wait for the server:
    one that runs out raises ``httpx2.ReadTimeout``, and interrupts a ``def`` handler on the main thread. *base_url*
    gives the ``Host``. All else (*headers*, *cookies*, *auth*, *follow_redirects*, …) is what it is in
    ``httpx2.Client``; redirects are not followed by default, and proxies, ``netrc`` and other settings of the
    environment are ignored.

    Raises TypeError for an *api* of another type and for an unknown keyword.
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
        app = frozen(api, "TestClient")
        server, client = split_options(options, "TestClient")
        self._server = ServerUnderTest(app, server)
        self._limit = timeout
        super().__init__(
            base_url=base_url,
            timeout=timeout,
            transport=PipelineTransport(self._server, timeout),
            trust_env=False,
            **client,
        )

    @override
    def request(self, method: str, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a request and return its response, the body read; with ``stream=True``, to be read by the caller.

        Raises what the application raised (see *raise_server_exceptions*), and httpx2.TransportError when there is no
        whole reply: ReadTimeout for one that does not come in time, RemoteProtocolError for one that was cut off.
        """
        building, sending = split_request(options)
        request = self.build_request(method, url, **building)
        return cast(TestResponse, self.send(request, **sending))

    @override
    def get(self, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a GET request; as `request`."""
        return self.request("GET", url, **options)

    @override
    def head(self, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a HEAD request; as `request`."""
        return self.request("HEAD", url, **options)

    @override
    def options(self, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send an OPTIONS request; as `request`."""
        return self.request("OPTIONS", url, **options)

    @override
    def post(self, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a POST request; as `request`."""
        return self.request("POST", url, **options)

    @override
    def put(self, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a PUT request; as `request`."""
        return self.request("PUT", url, **options)

    @override
    def patch(self, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a PATCH request; as `request`."""
        return self.request("PATCH", url, **options)

    @override
    def delete(self, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a DELETE request; as `request`."""
        return self.request("DELETE", url, **options)

    @override
    @contextlib.contextmanager
    def stream(self, method: str, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> Iterator[TestResponse]:
        """A context manager of a response whose body is read inside; leaving it closes the response."""
        response = self.request(method, url, **streamed(options))
        try:
            yield response
        finally:
            response.close()

    @override
    @contextlib.contextmanager
    def sse(self, url: httpx2.URL | str, **options: Unpack[EventOptions]) -> Iterator[EventStream]:
        """A context manager of a response's server-sent events, to be iterated inside.

        *last_event_id* is sent as a browser sends it that connects again; *method* is GET by default; *max_event_size*
        is the most characters of one event, more raising httpx2.SSEError (default ``None``: no limit).
        """
        method, largest, request = event_request(options)
        with self.stream(method, url, **request) as response:
            yield EventStream(response, largest)

    @override
    def close(self) -> None:
        """Close every connection and stop the server and the application; a second call does nothing.

        Raises what a shutdown hook raised.
        """
        super().close()
        self._server.close(self._limit)

    @override
    def __enter__(self) -> Self:
        super().__enter__()
        self._server.start(self._limit)
        return self

    @override
    def __exit__(self, *exc_info: Any) -> None:
        super().__exit__(*exc_info)
        try:
            self._server.close(self._limit)
        except Exception:
            # What ended the block tells more than what its end brought about.
            if exc_info[1] is None:
                raise

    def __del__(self) -> None:
        # A constructor that raised has left nothing to stop.
        server = getattr(self, "_server", None)
        # While the interpreter ends, the server's thread no longer runs and could not be waited for.
        if server is not None and server.running and not sys.is_finalizing():
            warnings.warn(f"unclosed {type(self).__name__}; use it in a with block", ResourceWarning, 2, self)
            self.close()
