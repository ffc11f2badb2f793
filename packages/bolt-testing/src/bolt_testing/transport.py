"""An httpx2 transport over connections of our own making."""

import contextlib
from collections.abc import Iterable, Iterator

import httpcore2
import httpx2

from bolt_testing.recording import RecordingHooks
from bolt_testing.response import TestResponse

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


class PipelineTransport(httpx2.BaseTransport):
    """Sends requests as HTTP/1.1 over the connections that *backend* opens."""

    def __init__(self, backend: httpcore2.NetworkBackend, hooks: RecordingHooks | None = None) -> None:
        """Own the connections; *backend* belongs to the caller, as do *hooks*, whose exceptions are raised."""
        self._hooks = hooks
        self._pool = httpcore2.ConnectionPool(network_backend=backend, max_connections=None)

    def handle_request(self, request: httpx2.Request) -> TestResponse:
        """Send *request* and return the response with its body unread.

        Raises httpx2.UnsupportedProtocol for anything but ``http``: there is no TLS between a test and its server.
        """
        if request.url.scheme != "http":
            raise httpx2.UnsupportedProtocol(
                f"TestClient cannot open {request.url}: it speaks plain http; for a view that asks for https, "
                "send the header that your proxy sets (X-Forwarded-Proto: https, for one)",
                request=request,
            )
        with _translated(request):
            reply = self._pool.handle_request(_lowered(request))
        if self._hooks is not None:
            self._hooks.reraise()
        assert isinstance(reply.stream, Iterable)
        return TestResponse(
            reply.status,
            headers=reply.headers,
            stream=_Body(reply.stream, request),
            extensions=reply.extensions,
        )

    def close(self) -> None:
        """Close every connection, those with an unfinished reply included."""
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, chunks: Iterable[bytes], request: httpx2.Request) -> None:
        self._chunks = chunks
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        with _translated(self._request):
            yield from self._chunks

    def close(self) -> None:
        if (close := getattr(self._chunks, "close", None)) is not None:
            close()


def _lowered(request: httpx2.Request) -> httpcore2.Request:
    url = request.url
    assert isinstance(request.stream, httpx2.SyncByteStream)
    return httpcore2.Request(
        method=request.method,
        url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


@contextlib.contextmanager
def _translated(request: httpx2.Request) -> Iterator[None]:
    try:
        yield
    except tuple(_ERRORS) as exc:
        raise _ERRORS[type(exc)](_explained(exc, request), request=request) from exc


def _explained(exc: Exception, request: httpx2.Request) -> str:
    text = f"{request.method} {request.url.raw_path.decode('ascii')}: {exc}"
    if isinstance(exc, httpcore2.TimeoutException):
        text += "; the handler hangs, or needs a larger timeout= on the TestClient or on this request"
    return text
