"""The talk with the engine on an event loop: ASGI, and Django's asynchronous test client."""

import asyncio
import contextlib
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
        self._lent = contextlib.ExitStack()
        self._sending: asyncio.Task[None] | None = None

    async def begin(self, origin: Origin) -> None:
        """Connect, and begin to send."""
        connection = self._engine.connect(origin)
        try:
            self._reader, self._writer = await asyncio.open_connection(sock=connection.sock)
        except BaseException:
            connection.close()
            raise
        self._lent.callback(connection.release)
        self._lent.callback(self._writer.transport.abort)
        self._lent.enter_context(self._engine.lending())
        self._sending = asyncio.ensure_future(self._send())

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

    async def _send(self) -> None:
        try:
            # A reply may come before all was read, a 413 for one: then that is what counts.
            with contextlib.suppress(OSError):
                await self._send_request()
            if self._gone is not None:
                await self._gone()
                self.failure = ClientGone()
                self._writer.transport.abort()
        except Exception as error:
            self.failure = error
            self._writer.transport.abort()

    async def _send_request(self) -> None:
        self._writer.write(self._talk.opening)
        async for data in self._body:
            self._writer.write(self._talk.body(data))
            await self._writer.drain()
        self._writer.write(self._talk.end())
        await self._writer.drain()

    async def _receive(self) -> None:
        try:
            data = await self._reader.read(_BLOCK_BYTES)
            self._parts.extend(self._talk.received(data))
        except (OSError, Cut) as error:
            raise self.failure or Cut() from error
