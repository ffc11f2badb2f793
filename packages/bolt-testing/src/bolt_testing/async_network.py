"""The network as httpcore2 sees it from an event loop."""

import selectors
import socket
import weakref
from collections.abc import Iterable
from typing import Any

import httpcore2

from bolt_testing.network import translated
from bolt_testing.server import ServerUnderTest
from bolt_testing.waiting import LoopWaiter


class LoopStream(httpcore2.AsyncNetworkStream):
    """A connection to the server."""

    def __init__(self, sock: socket.socket, waiter: LoopWaiter) -> None:
        """Own *sock*, a connected stream socket."""
        sock.setblocking(False)
        self._sock = sock
        self._waiter = waiter

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return 1 to *max_bytes* bytes, or none at the end of the stream.

        Raises httpcore2.ReadTimeout when *timeout* seconds pass without a byte.
        """
        with translated(httpcore2.ReadError):
            while True:
                await self._ready(selectors.EVENT_READ, timeout, httpcore2.ReadTimeout)
                try:
                    return self._sock.recv(max_bytes)
                except BlockingIOError:
                    continue

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of *buffer*; raises httpcore2.WriteTimeout when the server takes nothing for *timeout* seconds."""
        rest = memoryview(buffer)
        with translated(httpcore2.WriteError):
            while rest:
                try:
                    rest = rest[self._sock.send(rest) :]
                except BlockingIOError:
                    await self._ready(selectors.EVENT_WRITE, timeout, httpcore2.WriteTimeout)

    async def _ready(self, event: int, timeout: float | None, expired: type[Exception]) -> None:
        try:
            await self._waiter.ready(self._sock, event, timeout)
        except TimeoutError as error:
            raise expired(f"nothing came or went for {timeout} s") from error

    async def aclose(self) -> None:
        """Close the socket; the server sees the client leave."""
        self.close()

    def close(self) -> None:
        """Close the socket, from synchronous code."""
        self._sock.close()

    def get_extra_info(self, info: str) -> Any:
        """Answer what httpcore2 asks of an idle connection: whether the server has closed it."""
        if info == "socket":
            return self._sock
        if info == "is_readable":
            return self._sock.fileno() < 0 or _readable(self._sock)
        return None


class LoopBackend(httpcore2.AsyncNetworkBackend):
    """Opens every connection to the one server there is, whatever host and port a URL names."""

    def __init__(self, server: ServerUnderTest, waiter: LoopWaiter) -> None:
        """*server* runs before a connection is asked for."""
        self._server = server
        self._waiter = waiter
        self._streams: weakref.WeakSet[LoopStream] = weakref.WeakSet()

    async def connect_tcp(  # the signature is httpcore2's
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Open a connection; raises httpcore2.ConnectError when the server is gone."""
        with translated(httpcore2.ConnectError):
            stream = LoopStream(self._server.connect(), self._waiter)
        self._streams.add(stream)
        return stream

    def close(self) -> None:
        """Close every connection, from synchronous code."""
        for stream in list(self._streams):
            stream.close()


def _readable(sock: socket.socket) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        return bool(selector.select(0))
