"""HTTP/1.1 between a server in front and the engine, without I/O: what is sent, and what comes back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import h11

# Of one connection, not of the message (RFC 9110 §7.6.1), or settled by the server in front: it has answered `Expect`,
# and dates what it sends.
_NOT_PASSED_ON = frozenset(
    {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer", b"proxy-connection", b"expect"}
)
_NOT_PASSED_BACK = _NOT_PASSED_ON | {b"date"}
# The engine keeps its own heads small; a handler may set many cookies.
_LARGEST_HEAD = 1024 * 1024
# What a target may hold as it is (RFC 3986); lenient servers let other bytes through.
_TARGET_SAFE = "/:@!$&'()*+,;=-._~%?[]"

type Fields = list[tuple[bytes, bytes]]


class Cut(ConnectionAbortedError):
    """The engine broke a reply off, as a handler's stream failed; it must not look complete."""

    def __init__(self) -> None:
        super().__init__("the reply was broken off: the handler or its stream failed (see the log)")


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a reply."""

    status: int
    reason: str
    fields: Fields
    """Without those of a single connection."""
    length: int | None
    """Bytes of the content; `None` where only its end tells."""


class Talk:
    """One request and its reply."""

    def __init__(self, method: str, target: bytes, fields: Iterable[tuple[bytes, bytes]], *, body: bool | int) -> None:
        """*body*: its length in bytes, or whether there is one.

        Raises ValueError for what cannot be sent as HTTP.
        """
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
        kept = [(name, value) for name, value in fields if name.lower() not in {*_NOT_PASSED_ON, b"content-length"}]
        if not any(name.lower() == b"host" for name, _ in kept):
            kept.append((b"host", b"localhost"))
        if body is True:
            kept.append((b"transfer-encoding", b"chunked"))
        elif body is not False:
            kept.append((b"content-length", str(body).encode()))
        kept.append((b"connection", b"close"))
        try:
            request = h11.Request(method=method, target=quote(target, safe=_TARGET_SAFE).encode(), headers=kept)
            self.opening = self._connection.send(request) or b""
        except h11.LocalProtocolError as error:
            raise ValueError(f"the request cannot be passed on: {error}") from error
        self.head: Head | None = None
        self.complete = False

    def body(self, data: bytes) -> bytes:
        """*data* of the request's body as it is sent."""
        return self._connection.send(h11.Data(data=data)) or b"" if data else b""

    def end(self) -> bytes:
        """The end of the request."""
        return self._connection.send(h11.EndOfMessage()) or b""

    def received(self, data: bytes) -> Iterator[bytes]:
        """Take what the engine sent, nothing at its end; yield content. Sets `head` and `complete`; raises Cut."""
        try:
            self._connection.receive_data(data)
            while not self.complete:
                event: Any = self._connection.next_event()
                if event is h11.NEED_DATA:
                    return
                if isinstance(event, h11.Response):
                    self.head = _head_of(event)
                elif isinstance(event, h11.Data):
                    yield bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    self.complete = True
                elif isinstance(event, h11.ConnectionClosed):
                    raise Cut
        except h11.RemoteProtocolError as error:
            raise Cut from error


def _head_of(event: h11.Response) -> Head:
    fields = [(bytes(name), bytes(value)) for name, value in event.headers]
    length = next((int(value) for name, value in fields if name == b"content-length"), None)
    kept = [(name, value) for name, value in fields if name not in _NOT_PASSED_BACK]
    return Head(event.status_code, bytes(event.reason).decode("latin-1"), kept, length)
