"""The talk with the engine on an event loop: ASGI, and Django's asynchronous test client."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Self

from bolt_core.origins import Origin

from bolt_django.bridge.engine import Engine
from bolt_django.bridge.talk import Cut, Head, Talk

_BLOCK_BYTES = 64 * 1024

type Gone = Callable[[], Awaitable[object]]


class ClientGone(Exception):
    """The client has left before its reply was whole."""


class Exchange:
    """Sends one request and reads its reply, both at once; iterating gives the content, `close` hangs up."""

    def __init__(
        self,
        engine: Engine,
        talk: Talk,
        body: AsyncIterator[bytes],
        gone: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        """*gone*() is awaited once the request is sent, and returns when the client has left."""
        self._engine = engine
        self._talk = talk
        self._body = body
        self._gone = gone
        self.failure: BaseException | None = None
        """Why the request was given up: what reading its body raised, or that the client has left."""
        self._parts: list[bytes] = []
        # Plain socket calls, as a transport would close its socket in a later turn, which a loop may not have.
        self._loop = asyncio.get_running_loop()
        self._lent = contextlib.ExitStack()
        self._sending: asyncio.Task[None] | None = None

    async def begin(self, origin: Origin) -> None:
        """Connect, and begin to send."""
        connection = self._engine.connect(origin)
        self._lent.callback(connection.close)
        self._sock = connection.sock
        self._sock.setblocking(False)
        self._lent.callback(self._unwatch)
        self._lent.enter_context(self._engine.lending())
        self._sending = self._loop.create_task(self._send())

    async def head(self) -> Head:
        """The beginning of the reply; raises Cut."""
        try:
            while self._talk.head is None:
                await self._receive()
        except BaseException:
            self.close()
            raise
        return self._talk.head

    async def content(self) -> bytes:
        """The whole content; raises Cut."""
        return b"".join([part async for part in self])

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            while not self._parts:
                if self._talk.complete:
                    self.close()
                    raise StopAsyncIteration
                await self._receive()
        except BaseException:
            self.close()
            raise
        return self._parts.pop(0)

    def close(self) -> None:
        """Hang up; a handler that still runs is cancelled."""
        if self._sending is not None:
            self._sending.cancel()
        self._lent.close()

    async def aclose(self) -> None:
        """As `close`."""
        self.close()

    def _unwatch(self) -> None:
        """Let the loop forget the socket before it is closed, and its descriptor used again."""
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)

    async def _send(self) -> None:
        try:
            # A reply may come before all was read, a 413 for one: then that is what counts.
            with contextlib.suppress(OSError):
                await self._send_request()
            if self._gone is not None:
                await self._gone()
                self._give_up(ClientGone())
        except Exception as error:
            self._give_up(error)

    def _give_up(self, failure: Exception) -> None:
        self.failure = failure
        with contextlib.suppress(OSError):
            # The engine sees its client leave; whoever reads the reply sees its end.
            self._sock.shutdown(socket.SHUT_RDWR)

    async def _send_request(self) -> None:
        await self._loop.sock_sendall(self._sock, self._talk.opening)
        async for data in self._body:
            await self._loop.sock_sendall(self._sock, self._talk.body(data))
        await self._loop.sock_sendall(self._sock, self._talk.end())

    async def _receive(self) -> None:
        try:
            data = await self._loop.sock_recv(self._sock, _BLOCK_BYTES)
            self._parts.extend(self._talk.received(data))
        except (OSError, Cut) as error:
            raise self.failure or Cut() from error
