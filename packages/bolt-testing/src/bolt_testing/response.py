"""A response whose body can be read as the server produces it."""

import codecs
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal, overload

import httpx2

from bolt_testing.events import EventStream


class TestResponse(httpx2.Response):
    """httpx2's response, with ``iter_content`` as *requests* has it, and events.

    A response of `AsyncTestClient` has the methods that begin with ``a``; one of `TestClient` the others.
    """

    __test__ = False  # not a test case, whatever its name suggests to pytest

    @overload
    def iter_content(
        self, chunk_size: int | None = None, decode_unicode: Literal[False] = False
    ) -> Iterator[bytes]: ...
    @overload
    def iter_content(self, chunk_size: int | None = None, *, decode_unicode: Literal[True]) -> Iterator[str]: ...

    def iter_content(self, chunk_size: int | None = None, decode_unicode: bool = False) -> Iterator[Any]:
        """Yield the decoded body in pieces, each as soon as it arrives and none empty.

        *chunk_size* is the most bytes that one piece is made of; ``None``, the default, is no bound. A piece never
        waits for more to fill it. With *decode_unicode* the pieces are text in the response's encoding: a character
        is never split, and bytes that are no character become U+FFFD.

        Raises ValueError for a *chunk_size* below 1, httpx2.StreamConsumed when the stream was read before,
        httpx2.ReadTimeout when nothing comes in time; when the server cuts the body off, what its handler raised, or
        httpx2.RemoteProtocolError with ``raise_server_exceptions=False``.
        """
        return self._read(self._pieces(chunk_size, decode_unicode))

    def _read(self, pieces: "_Pieces") -> Iterator[Any]:
        for data in self.iter_bytes():
            yield from pieces.feed(data)
        yield from pieces.end()

    @overload
    def aiter_content(
        self, chunk_size: int | None = None, decode_unicode: Literal[False] = False
    ) -> AsyncIterator[bytes]: ...
    @overload
    def aiter_content(self, chunk_size: int | None = None, *, decode_unicode: Literal[True]) -> AsyncIterator[str]: ...

    def aiter_content(self, chunk_size: int | None = None, decode_unicode: bool = False) -> AsyncIterator[Any]:
        """As `iter_content`, for a response of `AsyncTestClient`."""
        return self._aread(self._pieces(chunk_size, decode_unicode))

    async def _aread(self, pieces: "_Pieces") -> AsyncIterator[Any]:
        async for data in self.aiter_bytes():
            for piece in pieces.feed(data):
                yield piece
        for piece in pieces.end():
            yield piece

    def iter_events(self, max_event_size: int | None = None) -> Iterator[httpx2.ServerSentEvent]:
        """Yield the server-sent events of the body as they arrive; see `EventStream`."""
        return iter(EventStream(self, max_event_size))

    def aiter_events(self, max_event_size: int | None = None) -> AsyncIterator[httpx2.ServerSentEvent]:
        """As `iter_events`, for a response of `AsyncTestClient`."""
        return aiter(EventStream(self, max_event_size))

    def _pieces(self, chunk_size: int | None, decode_unicode: bool) -> "_Pieces":
        if chunk_size is not None and chunk_size < 1:
            raise ValueError(f"chunk_size must be at least 1 byte or None, not {chunk_size}")
        return _Pieces(chunk_size, (self.encoding or "utf-8") if decode_unicode else None)


class _Pieces:
    """Cuts data to size and decodes it, where an encoding is given."""

    def __init__(self, size: int | None, encoding: str | None) -> None:
        self._size = size
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace") if encoding is not None else None

    def feed(self, data: bytes) -> Iterator[bytes | str]:
        step = self._size or len(data)
        for start in range(0, len(data), step or 1):
            piece = data[start : start + step]
            if self._decoder is None:
                yield piece
            elif text := self._decoder.decode(piece):
                yield text

    def end(self) -> Iterator[str]:
        if self._decoder is not None and (text := self._decoder.decode(b"", final=True)):
            yield text
