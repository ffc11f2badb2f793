"""The network as httpcore2 sees it: sockets of a server that borrows the caller's thread."""

import contextlib
import selectors
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import httpcore2

# epoll and kqueue cost a descriptor per selector; two descriptors to watch are not worth one.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


class JobSource(Protocol):
    """What a server owes to the thread that calls it: ``def`` handlers and other work for that very thread."""

    @property
    def jobs_fd(self) -> int:
        """A descriptor that is readable while jobs wait."""

    def run_jobs(self, seconds: float | None) -> bool:
        """Run every waiting job; whether all ended within *seconds* (``None``: no limit)."""


class JobRunningStream(httpcore2.NetworkStream):
    """A connection to the server whose waits run the server's jobs.

    A `def` handler so runs on the thread that sent the request: it sees that thread's database transaction,
    and a debugger or ``pytest.raises`` works as in a plain call.
    """

    def __init__(self, sock: socket.socket, jobs: JobSource) -> None:
        """Own *sock*, a connected stream socket; *jobs* belongs to the caller and outlives the stream."""
        sock.setblocking(False)
        self._sock = sock
        self._jobs = jobs
        self._selector: selectors.BaseSelector = _Selector()
        self._selector.register(sock, selectors.EVENT_READ)
        self._selector.register(jobs.jobs_fd, selectors.EVENT_READ)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return 1 to *max_bytes* bytes, or none at the end of the stream.

        Raises httpcore2.ReadTimeout when *timeout* seconds pass without a byte.
        """
        expired = httpcore2.ReadTimeout(f"nothing was received for {timeout} s")
        with translated(httpcore2.ReadError):
            while True:
                self._wait(selectors.EVENT_READ, timeout, expired)
                with contextlib.suppress(BlockingIOError):
                    return self._sock.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of *buffer*; raises httpcore2.WriteTimeout when the server takes nothing for *timeout* seconds."""
        expired = httpcore2.WriteTimeout(f"the server read nothing for {timeout} s")
        rest = memoryview(buffer)
        with translated(httpcore2.WriteError):
            while rest:
                try:
                    rest = rest[self._sock.send(rest) :]
                except BlockingIOError:
                    self._wait(selectors.EVENT_WRITE, timeout, expired)

    def close(self) -> None:
        """Close the socket; the server sees the client leave."""
        self._selector.close()
        self._sock.close()

    def get_extra_info(self, info: str) -> Any:
        """Answer what httpcore2 asks of an idle connection: whether the server has closed it."""
        if info == "socket":
            return self._sock
        if info == "is_readable":
            return self._sock.fileno() < 0 or self._ready(selectors.EVENT_READ, 0)[0]
        return None

    def _wait(self, event: int, timeout: float | None, expired: Exception) -> None:
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            remaining = None if end is None else end - time.monotonic()
            if remaining is not None and remaining <= 0:
                raise expired
            ready, jobs_wait = self._ready(event, remaining)
            # Jobs first: what a finished request left behind is done before the test sees its reply.
            if jobs_wait:
                if not self._jobs.run_jobs(remaining):
                    raise expired
            elif ready:
                return

    def _ready(self, event: int, timeout: float | None) -> tuple[bool, bool]:
        """Return whether the socket is ready for *event*, and whether jobs wait."""
        self._selector.modify(self._sock, event)
        ready = {key.fileobj for key, _ in self._selector.select(timeout)}
        return self._sock in ready, self._jobs.jobs_fd in ready


class JobRunningBackend(httpcore2.NetworkBackend):
    """Opens every connection to the one server there is, whatever host and port a URL names."""

    def __init__(self, connect: Callable[[], socket.socket], jobs: JobSource) -> None:
        """*connect* opens a new connection to the server."""
        self._connect = connect
        self._jobs = jobs

    def connect_tcp(  # the signature is httpcore2's
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Open a connection; raises httpcore2.ConnectError when the server is gone."""
        with translated(httpcore2.ConnectError):
            return JobRunningStream(self._connect(), self._jobs)


@contextlib.contextmanager
def translated(error: type[Exception]) -> Iterator[None]:
    """Turn an OSError into httpcore2's *error*."""
    try:
        yield
    except OSError as exc:
        raise error(str(exc)) from exc
