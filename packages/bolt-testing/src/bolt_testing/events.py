"""Server-sent events as a browser reads them: HTML Standard, section "Server-sent events", 9.2.6."""

import codecs
from collections.abc import AsyncIterator, Iterator
from typing import override

import httpx2


class EventStream(httpx2.EventSource):
    """The events of a response; iterate it, with ``async for`` where the client is asynchronous.

    Unlike httpx2's own it drops a byte order mark, decodes as UTF-8 whatever the charset says, and yields only what
    a browser would dispatch: an event with data, once the blank line that ends it is there. `retry` is the latest that
    the server has asked for.

    Raises httpx2.SSEError for a response of another status than 200 or another type than ``text/event-stream``.
    """

    def _parser(self) -> "EventParser":
        if self.response.status_code != 200:
            # 9.2.3: anything else fails the connection.
            raise self._error(f"the reply is {self.response.status_code} and no event stream")
        try:
            self._check_content_type()
        except httpx2.SSEError as error:
            raise self._error(str(error)) from None
        return EventParser(self._max_event_size)

    def _error(self, text: str) -> httpx2.SSEError:
        error = httpx2.SSEError(text)
        error.request = self.response.request
        return error

    @override
    def __iter__(self) -> Iterator[httpx2.ServerSentEvent]:
        parser = self._parser()
        for chunk in self.response.iter_bytes():
            yield from parser.feed(chunk)

    @override
    async def __aiter__(self) -> AsyncIterator[httpx2.ServerSentEvent]:
        parser = self._parser()
        async for chunk in self.response.aiter_bytes():
            for event in parser.feed(chunk):
                yield event


class EventParser:
    """Bytes in, events out."""

    def __init__(self, max_event_size: int | None = None) -> None:
        """*max_event_size*: bytes of text that one event may have; more raises httpx2.SSEError. ``None``: no limit."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._largest = max_event_size
        self._begun = False
        self._after_cr = False
        self._line = ""
        self._size = 0
        self._data: list[str] = []
        self._type = ""
        self._last_id = ""
        self._retry: int | None = None

    def feed(self, chunk: bytes) -> Iterator[httpx2.ServerSentEvent]:
        """Yield the events that *chunk* completes."""
        for line in self._lines(self._decoder.decode(chunk)):
            if line:
                self._grow(line)
                self._take(line)
            elif (event := self._dispatched()) is not None:
                yield event
        self._check(len(self._line))

    def _lines(self, text: str) -> Iterator[str]:
        if text and not self._begun:
            self._begun = True
            text = text.removeprefix("\ufeff")
        if text and self._after_cr:
            # CR and LF are one line end, also when a chunk ends between them.
            text = text.removeprefix("\n")
            self._after_cr = False
        if not text:
            return
        self._after_cr = text.endswith("\r")
        *whole, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for line in whole:
            whole_line, self._line = self._line + line, ""
            yield whole_line
        self._line += rest

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._last_id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self._retry = int(value)

    def _dispatched(self) -> httpx2.ServerSentEvent | None:
        data, kind = self._data, self._type or "message"
        self._data, self._type, self._size = [], "", 0
        return httpx2.ServerSentEvent(kind, "\n".join(data), self._last_id, self._retry) if data else None

    def _grow(self, line: str) -> None:
        self._size += len(line)
        self._check(0)

    def _check(self, pending: int) -> None:
        if self._largest is not None and self._size + pending > self._largest:
            raise httpx2.SSEError(f"an event has more than {self._largest} characters")
