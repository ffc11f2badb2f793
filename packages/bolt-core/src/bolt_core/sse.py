"""Server-sent events: one event as bytes, and a stream of them that keeps its connection open.

The format is that of the HTML standard, §9.2 "Server-sent events".
"""

import re
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from typing import Any

from bolt_core.encoding import JSON_ENCODER
from bolt_core.streaming import encoded_items

__all__ = ["ServerSentEvent", "event_stream", "last_event_id"]

# §9.2.5: a line ends with CRLF, LF or CR, and with nothing else that Python's splitlines() would take for one.
_LINE_END = re.compile(r"\r\n|\n|\r")


class ServerSentEvent:
    """One event: *data* is text, or anything else, which is written as JSON; `None` sends none.

    *event* names its type, *id* is what a client that connects again sends as `Last-Event-ID`, *retry* how many
    milliseconds it waits before that, *comment* is seen by nobody but a reader of the stream. Line breaks in *data*
    and *comment* arrive as line breaks. Raises `ValueError` for a line break in *event* or *id*, for a NUL in *id*,
    with which clients ignore it, and for a negative *retry*.
    """

    __slots__ = ("comment", "data", "event", "id", "retry")

    def __init__(
        self,
        data: Any = None,
        *,
        event: str | None = None,
        id: str | int | None = None,
        retry: int | None = None,
        comment: str | None = None,
    ) -> None:
        self.data = data
        self.event = None if event is None else _one_line("event", event)
        self.id = None if id is None else _one_line("id", str(id))
        if self.id is not None and "\0" in self.id:
            raise ValueError("a server-sent event's id must hold no NUL: clients ignore such an id")
        self.retry = check_retry(retry)
        self.comment = comment

    def encode(self, encode_data: Callable[[Any], bytes] = JSON_ENCODER.encode) -> bytes:
        """The event as it is sent; *encode_data* writes data that is no text."""
        lines = []
        if self.comment is not None:
            lines += [f": {line}" for line in _LINE_END.split(self.comment)]
        if self.event is not None:
            lines.append(f"event: {self.event}")
        if self.id is not None:
            lines.append(f"id: {self.id}")
        if self.retry is not None:
            lines.append(f"retry: {self.retry}")
        if self.data is not None:
            text = self.data if isinstance(self.data, str) else encode_data(self.data).decode()
            lines += [f"data: {line}" for line in _LINE_END.split(text)]
        return ("\n".join(lines) + "\n\n").encode()

    def __repr__(self) -> str:
        return f"ServerSentEvent({self.data!r}, event={self.event!r}, id={self.id!r})"


def _one_line(name: str, text: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"a server-sent event's {name} must be str, not {type(text).__qualname__}")
    if _LINE_END.search(text):
        raise ValueError(f"a server-sent event's {name} must hold no line break, which would begin another field")
    return text


def check_retry(retry: int | None) -> int | None:
    """Return *retry* if clients understand it; raise `ValueError` otherwise."""
    if retry is not None and (isinstance(retry, bool) or not isinstance(retry, int) or retry < 0):
        raise ValueError(f"retry must be a number of milliseconds, 0 or more, not {retry!r}")
    return retry


def encode_event(item: Any, encode_data: Callable[[Any], bytes] = JSON_ENCODER.encode) -> bytes:
    """What a generator of events yields, as an event."""
    if isinstance(item, ServerSentEvent):
        return item.encode(encode_data)
    if isinstance(item, bytes):
        item = item.decode()
    return ServerSentEvent(item).encode(encode_data)


def event_stream(
    items: Iterable[Any] | AsyncIterable[Any],
    *,
    ping: float | None = 15.0,
    retry: int | None = None,
    encode: Callable[[Any], bytes] = encode_event,
) -> Iterable[bytes] | AsyncIterable[bytes]:
    """The chunks of a stream of events; see `EventSourceResponse`."""
    if ping is not None and (isinstance(ping, bool) or not isinstance(ping, int | float) or not ping > 0):
        raise ValueError(f"ping must be a number of seconds above 0, or None, not {ping!r}")
    opening = b"" if check_retry(retry) is None else f"retry: {retry}\n\n".encode()
    return encoded_items(items, encode, opening=opening, ping=ping)


def last_event_id(request: Any) -> str | None:
    """The id of the last event that a client saw before it connected again; `None` on its first connection."""
    headers: Mapping[str, str] = request.headers
    value = headers.get("last-event-id")
    if value is None:
        return None
    # §9.2.3: sent as UTF-8, while header fields are read as ISO 8859-1.
    return value.encode("latin-1").decode("utf-8", "replace")
