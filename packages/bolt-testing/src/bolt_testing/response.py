"""A response whose body can be read as the server produces it."""

import codecs
from collections.abc import Iterator
from typing import Literal, overload

import httpx2


class TestResponse(httpx2.Response):
    """httpx2's response, with ``iter_content`` as *requests* has it."""

    __test__ = False  # not a test case, whatever its name suggests to pytest

    @overload
    def iter_content(
        self, chunk_size: int | None = None, decode_unicode: Literal[False] = False
    ) -> Iterator[bytes]: ...
    @overload
    def iter_content(self, chunk_size: int | None = None, *, decode_unicode: Literal[True]) -> Iterator[str]: ...

    def iter_content(self, chunk_size: int | None = None, decode_unicode: bool = False) -> Iterator[bytes | str]:
        """Yield the decoded body in pieces, each as soon as it arrives and none empty.

        *chunk_size* is the most bytes that one piece is made of; ``None``, the default, is no bound. A piece never
        waits for more to fill it. With *decode_unicode* the pieces are text in the response's encoding: a character
        is never split, and bytes that are no character become U+FFFD.

        Raises ValueError for a *chunk_size* below 1, httpx2.StreamConsumed when the stream was read before,
        httpx2.RemoteProtocolError when the server cuts the body off, httpx2.ReadTimeout when nothing comes in time.
        """
        if chunk_size is not None and chunk_size < 1:
            raise ValueError(f"chunk_size must be at least 1 byte or None, not {chunk_size}")
        pieces = self._pieces(chunk_size)
        return self._decoded(pieces) if decode_unicode else pieces

    def _pieces(self, chunk_size: int | None) -> Iterator[bytes]:
        for data in self.iter_bytes():
            step = chunk_size or len(data)
            for start in range(0, len(data), step or 1):
                yield data[start : start + step]

    def _decoded(self, pieces: Iterator[bytes]) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self.encoding or "utf-8")(errors="replace")
        for piece in pieces:
            if text := decoder.decode(piece):
                yield text
        if text := decoder.decode(b"", final=True):
            yield text
