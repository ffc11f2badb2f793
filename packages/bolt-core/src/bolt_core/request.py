"""The Python side of `Request`: what is made of the parsed head when a handler asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from http.cookies import _unquote as unquote_cookie
from urllib.parse import parse_qsl

from ._native import Request

__all__ = ["Headers", "Request"]


class Headers(Mapping[str, str]):
    """Header fields by case-insensitive name; repeated fields are joined by a comma (RFC 9110 §5.3)."""

    __slots__ = ("_fields", "_raw")

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._raw = list(fields)
        self._fields: dict[str, str] = {}
        for name, value in self._raw:
            key = name.lower()
            # Cookies are the one field whose repetition is joined otherwise (RFC 9113 §8.2.3).
            separator = "; " if key == "cookie" else ", "
            self._fields[key] = f"{self._fields[key]}{separator}{value}" if key in self._fields else value

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def get_all(self, name: str) -> list[str]:
        """Every value of a repeated field, in order."""
        key = name.lower()
        return [value for sent, value in self._raw if sent.lower() == key]

    def items_raw(self) -> list[tuple[str, str]]:
        """All fields as sent, in order."""
        return list(self._raw)

    def __repr__(self) -> str:
        return f"Headers({self._raw!r})"


def parse_cookies(values: list[str]) -> dict[str, str]:
    """`Cookie` fields to a dict, leniently as browsers and Django do; of a repeated name the first counts.

    The first is the one with the most specific path (RFC 6265bis §5.8.3).
    """
    cookies: dict[str, str] = {}
    for value in values:
        for pair in value.split(";"):
            name, equals, content = pair.partition("=")
            if not equals:
                name, content = "", name
            name, content = name.strip(), content.strip()
            if name or content:
                cookies.setdefault(name, unquote_cookie(content))
    return cookies


def parse_query(query: str) -> dict[str, list[str]]:
    """A query string to every value of every name, in order (application/x-www-form-urlencoded)."""
    params: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        params.setdefault(name, []).append(value)
    return params


async def stream_body(request: Request) -> AsyncIterator[bytes]:
    """The request's body in pieces as they arrive; one piece where it was read whole.

    Raises `HTTPException` when the body breaks a limit or the client stops sending.
    """
    if not request._streams:
        if request.body:
            yield request.body
        return
    while True:
        chunk = request._read_chunk()
        if chunk is None:
            arrived = asyncio.Event()
            request._on_chunk(arrived.set)
            await arrived.wait()
        elif chunk:
            yield chunk
        else:
            return
