"""The application inside the test's process, on the test's own thread and database connection."""

import http.client
import io
import json
import selectors
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from bolt_core.config import ServerConfig
from bolt_core.inprocess import InProcessServer
from bolt_core.pool import Pool
from bolt_core.preparation import prepared_context
from bolt_django.project import Project

PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Reply:
    """A whole reply."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    complete: bool

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """Sends requests to *project*; `def` handlers and Django views run on the calling thread, meanwhile."""

    def __init__(self, project: Project, config: ServerConfig | None = None, *, threads: int = 0) -> None:
        # With threads of its own the server does not need the test's, which may then do something else meanwhile.
        pool = Pool(threads) if threads else Pool(1, external=True)
        config = config or ServerConfig(shutdown_timeout=5.0)
        self.server = InProcessServer(project.app, config, base_context=prepared_context(pool), pool=pool)

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.server.close()
        self.server.pool.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        """One GET."""
        return self.request("GET", path, headers=headers)

    def request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        """One request on a connection of its own."""
        fields = {"Host": "testserver", "Connection": "close"} | dict(headers or {})
        if body:
            fields.setdefault("Content-Length", str(len(body)))
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return self.raw(head.encode("latin-1") + b"\r\n" + body, method)

    def raw(self, data: bytes, method: str = "GET") -> Reply:
        """Send *data* and read to the end of the connection."""
        client = self.server.connect()
        client.settimeout(PATIENCE_SECONDS)
        with client:
            client.sendall(data)
            return parse(self.read_all(client), method)

    def read_all(self, client: socket.socket) -> bytes:
        """All that the server sends until it closes."""
        received = io.BytesIO()
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ)
            selector.register(self.server.jobs_fd, selectors.EVENT_READ)
            end = time.monotonic() + PATIENCE_SECONDS
            while True:
                events = selector.select(end - time.monotonic())
                assert events, f"no reply in {PATIENCE_SECONDS} s: {received.getvalue()[:200]!r}"
                for key, _ in events:
                    if key.fileobj is not client:
                        self.server.run_jobs()
                    elif data := client.recv(65536):
                        received.write(data)
                    else:
                        return received.getvalue()


class _Bytes:
    """What http.client reads a reply from in place of a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        """The reply."""
        return io.BytesIO(self._data)


def parse(data: bytes, method: str) -> Reply:
    """A reply read from a connection; one that was cut off has what arrived of its body."""
    response = http.client.HTTPResponse(_Bytes(data), method=method)  # type: ignore[arg-type]
    response.begin()
    try:
        body, complete = response.read(), True
    except http.client.IncompleteRead as cut:
        body, complete = cut.partial, False
    return Reply(response.status, response.headers, body, complete)
