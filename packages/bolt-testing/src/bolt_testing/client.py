"""The test client: an httpx2 client whose only server is the application under test."""

import sys
import warnings
from typing import Any, TypedDict, Unpack, cast, override

import httpx2
from bolt_core import BoltAPI
from bolt_core.api import FrozenApp
from bolt_core.config import ServerConfig

from bolt_testing.network import JobRunningBackend
from bolt_testing.recording import RecordingHooks, recorded
from bolt_testing.response import TestResponse
from bolt_testing.server import ServerUnderTest
from bolt_testing.transport import PipelineTransport


class ClientOptions(TypedDict, total=False):
    """Keywords of `TestClient` that mean what they mean to ``httpx2.Client``."""

    auth: Any
    cookies: Any
    default_encoding: Any
    event_hooks: Any
    follow_redirects: bool
    headers: Any
    max_redirects: int
    params: Any


class ServerOptions(TypedDict, total=False):
    """What `TestClient` takes for the server's side."""

    config: ServerConfig
    raise_server_exceptions: bool
    use_http_layer: bool


class TestClientOptions(ClientOptions, ServerOptions, total=False):
    """Every keyword of `TestClient` but *base_url* and *timeout*."""


class RequestOptions(TypedDict, total=False):
    """What every request method takes; each means what it means to ``httpx2.Client.request``."""

    auth: Any
    content: Any
    cookies: Any
    data: Any
    extensions: Any
    files: Any
    follow_redirects: Any
    headers: Any
    json: Any
    params: Any
    stream: bool
    timeout: Any


# What httpx2's `send` decides; all else makes the request.
_SENDING = ("auth", "follow_redirects", "stream")


class TestClient(httpx2.Client):
    """Sends requests to *api* through the real HTTP pipeline, without a network.

    The server starts with the first request and stops with `close` or at the end of a ``with`` block. ``async def``
    handlers run on a loop in a thread of the server's; ``def`` handlers, and synchronous work that async ones hand
    over, run on the thread that sent the request, so they see its database transaction.

    *api* is a BoltAPI or what its ``freeze()`` returned. *use_http_layer* (default False) goes through a TCP port of
    127.0.0.1 instead of a socket pair. *raise_server_exceptions* (default False) raises what a handler raised, where
    a client would read a 500. *config* holds the server's limits. *timeout* (seconds, default 10; ``None`` is no limit)
    bounds every wait for the server: one that runs out raises ``httpx2.ReadTimeout``, and interrupts a ``def`` handler
    on the main thread. *base_url* gives the ``Host``. All else (*headers*, *cookies*, *auth*, *follow_redirects*, …)
    is what it is in ``httpx2.Client``; redirects are not followed by default, and proxies, ``netrc`` and other
    settings of the environment are ignored.

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
        app = _frozen(api)
        server, client = _split(options)
        hooks: RecordingHooks | None = None
        if server.get("raise_server_exceptions", False):
            app, hooks = recorded(app)
        self._server = ServerUnderTest(app, server.get("config"), use_http_layer=server.get("use_http_layer", False))
        super().__init__(
            base_url=base_url,
            timeout=timeout,
            transport=PipelineTransport(JobRunningBackend(self._server.connect, self._server), hooks),
            trust_env=False,
            **client,
        )

    @override
    def request(self, method: str, url: httpx2.URL | str, **options: Unpack[RequestOptions]) -> TestResponse:
        """Send a request and return its response, the body read; with ``stream=True``, to be read by the caller.

        Raises httpx2.TransportError when there is no whole reply: ReadTimeout for one that does not come in time,
        RemoteProtocolError for one that was cut off.
        """
        sending = {name: value for name, value in options.items() if name in _SENDING}
        building: dict[str, Any] = {name: value for name, value in options.items() if name not in _SENDING}
        request = self.build_request(method, url, **building)
        return cast(TestResponse, self.send(request, **cast(dict[str, Any], sending)))

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
    def close(self) -> None:
        """Close every connection and stop the server; a second call does nothing."""
        super().close()
        self._server.close()

    @override
    def __exit__(self, *exc_info: Any) -> None:
        super().__exit__(*exc_info)
        self._server.close()

    def __del__(self) -> None:
        # A constructor that raised has left nothing to stop.
        server = getattr(self, "_server", None)
        # While the interpreter ends, the server's thread no longer runs and could not be waited for.
        if server is not None and server.running and not sys.is_finalizing():
            warnings.warn(f"unclosed {type(self).__name__}; use it in a with block", ResourceWarning, 2, self)
            self.close()


def _frozen(api: BoltAPI | FrozenApp) -> FrozenApp:
    if isinstance(api, BoltAPI):
        return api.freeze()
    if isinstance(api, FrozenApp):
        return api
    raise TypeError(f"TestClient takes a BoltAPI or what its freeze() returned, not {type(api).__qualname__}")


def _split(options: TestClientOptions) -> tuple[ServerOptions, ClientOptions]:
    """Tell the server's options from the client's; raise TypeError for those of neither."""
    known = TestClientOptions.__annotations__
    if unknown := sorted(set(options) - set(known)):
        raise TypeError(f"TestClient has no option {unknown[0]!r}; it takes base_url, timeout, {', '.join(known)}")
    server = {name: value for name, value in options.items() if name in ServerOptions.__annotations__}
    client = {name: value for name, value in options.items() if name in ClientOptions.__annotations__}
    return cast(ServerOptions, server), cast(ClientOptions, client)
