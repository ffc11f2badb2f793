"""A raw HTTP client for tests of the engine: bytes in, bytes out, with the pool's jobs run on the test's thread."""

import http.client
import io
import json
import select
import threading
import time
from typing import Any

from bolt_core import BoltAPI
from bolt_core.config import ServerConfig
from bolt_core.inprocess import InProcessServer

PATIENCE = 10.0
"""Seconds after which a test that waits fails; no test takes that long."""


class Answer:
    """A parsed reply."""

    def __init__(self, response: http.client.HTTPResponse, body: bytes) -> None:
        self.status = response.status
        self.headers: dict[str, str] = {}
        for name, value in response.getheaders():
            before = self.headers.get(name.lower())
            self.headers[name.lower()] = value if before is None else f"{before}, {value}"
        self.body = body

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


class _Reader(io.RawIOBase):
    def __init__(self, client: "Client") -> None:
        self._client = client

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._client.receive(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Client:
    """One connection."""

    def __init__(self, server: InProcessServer) -> None:
        self._server = server
        self._socket = server.connect()
        self._pushed_back = b""
        self._file = io.BufferedReader(_Reader(self), 1)

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        self._socket.sendall(data)

    def receive(self, size: int) -> bytes:
        """Some bytes, or none at the end of the stream; runs the pool's jobs meanwhile."""
        if self._pushed_back:
            data, self._pushed_back = self._pushed_back[:size], self._pushed_back[size:]
            return data
        deadline = time.monotonic() + PATIENCE
        while True:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self._socket, self._server.jobs_fd], [], [], max(0.0, left))
            if self._server.jobs_fd in ready:
                self._server.run_jobs()
            if self._socket in ready:
                return self._socket.recv(size)
            if not ready:
                raise TimeoutError(f"no reply within {PATIENCE} s")

    def peek(self) -> None:
        """Wait for the first bytes of a reply without taking them."""
        self._pushed_back += self.receive(1)

    def answer(self, *, head: bool = False) -> Answer:
        """The next reply."""
        response = http.client.HTTPResponse(_Socket(self._file), method="HEAD" if head else "GET")  # type: ignore[arg-type]
        response.begin()
        return Answer(response, response.read())

    def until_closed(self) -> bytes:
        """Everything up to the end of the stream or a reset."""
        received = b""
        while True:
            try:
                data = self.receive(65536)
            except ConnectionResetError:
                return received
            if not data:
                return received
            received += data

    def close(self) -> None:
        """Leave."""
        self._socket.close()


class _Socket:
    """What `HTTPResponse` wants of a socket."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file

    def makefile(self, *_args: object, **_kwargs: object) -> "_Keep":
        return _Keep(self._file)


class _Keep:
    """The connection's reader, which outlives a response."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def close(self) -> None:
        """The connection stays open."""

    def flush(self) -> None:
        """Nothing is written here."""


class Served:
    """An application served in process."""

    def __init__(self, server: InProcessServer) -> None:
        self._server = server
        self._clients: list[Client] = []

    def begin(self, data: bytes) -> Client:
        """A new connection that has sent *data*."""
        client = Client(self._server)
        self._clients.append(client)
        client.send(data)
        return client

    def send(self, data: bytes, *, head: bool = False) -> Answer:
        """The reply to *data* on a new connection."""
        client = self.begin(data)
        try:
            return client.answer(head=head)
        finally:
            client.close()

    def get(self, path: str) -> Answer:
        """The reply to a GET request."""
        return self.send(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())

    def run_until(self, event: threading.Event) -> None:
        """Run the pool's jobs until *event* is set."""
        deadline = time.monotonic() + PATIENCE
        while not event.is_set():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not done within {PATIENCE} s")
            if select.select([self._server.jobs_fd], [], [], 0.005)[0]:
                self._server.run_jobs()

    def close(self) -> None:
        """Stop serving."""
        for client in self._clients:
            client.close()
        self._server.close()


def serve(api: BoltAPI, config: ServerConfig | None = None) -> Served:
    """Serve an application in process."""
    server = InProcessServer(api.freeze(), config)
    server.start()
    return Served(server)
