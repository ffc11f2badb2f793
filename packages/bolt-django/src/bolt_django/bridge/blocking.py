"""The talk with the engine from a thread that may wait: WSGI, and Django's test client."""

import selectors
from collections.abc import Iterator

from bolt_core.origins import Origin

from bolt_django.bridge.engine import Engine
from bolt_django.bridge.talk import Cut, Head, Talk

_BLOCK_BYTES = 64 * 1024
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


class Exchange:
    """Sends one request and reads its reply, both at once, so that neither waits for the other.

    Iterating gives the content; `close` hangs up.
    """

    def __init__(self, engine: Engine, origin: Origin, talk: Talk, body: Iterator[bytes]) -> None:
        self._engine = engine
        self._talk = talk
        self._body: Iterator[bytes] | None = body
        self._outgoing = memoryview(talk.opening)
        self._parts: list[bytes] = []
        self._connection = engine.connect(origin)
        self._sock = self._connection.sock
        self._sock.setblocking(False)
        self._selector: selectors.BaseSelector = _Selector()
        self._selector.register(self._sock, selectors.EVENT_READ)
        if engine.jobs_fd is not None:
            self._selector.register(engine.jobs_fd, selectors.EVENT_READ)

    def head(self) -> Head:
        """The beginning of the reply; raises Cut."""
        try:
            while self._talk.head is None:
                self._advance()
        except BaseException:
            self.close()
            raise
        return self._talk.head

    def content(self) -> bytes:
        """The whole content; raises Cut."""
        return b"".join(self)

    def __iter__(self) -> Iterator[bytes]:
        try:
            while True:
                parts, self._parts = self._parts, []
                yield from parts
                if self._talk.complete and not self._parts:
                    return
                if not self._parts:
                    self._advance()
        finally:
            self.close()

    def close(self) -> None:
        """Hang up; a handler that still runs is cancelled."""
        self._selector.close()
        self._connection.close()

    def _advance(self) -> None:
        """Wait for something, and do it."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._has_outgoing() else 0)
        self._selector.modify(self._sock, wanted)
        events = {key.fileobj: mask for key, mask in self._selector.select()}
        if self._engine.jobs_fd in events:
            self._engine.run_jobs()
        happened = events.get(self._sock, 0)
        if happened & selectors.EVENT_READ:
            self._receive()
        elif happened & selectors.EVENT_WRITE:
            self._send()

    def _has_outgoing(self) -> bool:
        if not self._outgoing and self._body is not None:
            data = next(self._body, None)
            if data is None:
                self._body = None
            self._outgoing = memoryview(self._talk.end() if data is None else self._talk.body(data))
        return bool(self._outgoing)

    def _send(self) -> None:
        try:
            self._outgoing = self._outgoing[self._sock.send(self._outgoing) :]
        except BlockingIOError:
            pass
        except OSError:
            # Answered before it was read, by a 413 for one: the reply is what counts.
            self._outgoing, self._body = memoryview(b""), None

    def _receive(self) -> None:
        try:
            data = self._sock.recv(_BLOCK_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            raise Cut from error
        self._parts.extend(self._talk.received(data))
