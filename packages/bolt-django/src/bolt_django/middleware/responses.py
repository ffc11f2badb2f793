"""Responses on their way between the framework's layers and Django's middleware, nothing lost in either direction."""

import os
from collections.abc import Iterable, Iterator
from http.cookies import CookieError, SimpleCookie
from typing import Any

from bolt_core._native import FileBody
from bolt_core.around import Settled
from bolt_core.request import Request
from bolt_core.responses import Response
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from bolt_django.adapters.results import DjangoResponse
from bolt_django.adapters.results import response as adapted
from bolt_django.http import header_fields


class _Whole(HttpResponse):
    """A whole body from inside."""

    raw_cookies: tuple[str, ...] = ()
    repeated: tuple[tuple[str, str], ...] = ()


class _Streamed(StreamingHttpResponse):
    """A body in pieces, or a file of the engine's; left alone, it goes on as it came."""

    raw_cookies: tuple[str, ...] = ()
    repeated: tuple[tuple[str, str], ...] = ()

    def __init__(self, source: Any, **options: Any) -> None:
        self.source = source
        super().__init__(_parts(source), **options)
        self._own = self._iterator  # type: ignore[attr-defined]

    def untouched(self) -> bool:
        """Whether nothing has put other pieces in the place of these."""
        return self._iterator is self._own  # type: ignore[attr-defined]


_BLOCK_BYTES = 64 * 1024


def _file_parts(file: FileBody) -> Iterator[bytes]:
    """The content of a file of the engine's, for middleware that reads it."""
    number, offset = file.open(), 0
    try:
        # The position of a file that was open already is somebody else's.
        while part := os.pread(number, _BLOCK_BYTES, offset):
            offset += len(part)
            yield part
    finally:
        os.close(number)


def _parts(source: Any) -> Any:
    return _file_parts(source) if isinstance(source, FileBody) else source


def to_django(response: Response) -> HttpResponseBase:
    """*response* as Django's middleware knows it; a Django response that the handler returned is that very one."""
    fields = response.fields()
    if isinstance(response.content, DjangoResponse):
        original = response.content.response
        for name, value in fields:
            original.headers.setdefault(name, value)
        return original
    kind: Any = _Streamed if response.streaming else _Whole
    # A type, so that Django makes none up from its settings; the fields replace it.
    made: HttpResponseBase = kind(response.content, status=response.status_code, content_type="text/plain")
    _set_fields(made, fields)
    return made


def _set_fields(made: Any, fields: Iterable[tuple[str, str]]) -> None:
    headers = made.headers._store
    headers.clear()
    for name, value in fields:
        key = name.lower()
        if key == "set-cookie":
            if not _understood(made.cookies, value):
                made.raw_cookies = (*made.raw_cookies, value)
        elif key in headers:
            made.repeated = (*made.repeated, (name, value))
        else:
            headers[key] = (name, value)


def _understood(cookies: SimpleCookie, field: str) -> bool:
    """Whether *field* was added to *cookies* without a loss."""
    read: SimpleCookie = SimpleCookie()
    try:
        read.load(field)
    except CookieError:
        return False
    if len(read) != 1:
        return False
    (name, morsel), *_ = read.items()
    if name in cookies or _attributes(morsel.OutputString()) != _attributes(field):
        return False
    cookies[name] = morsel.value
    cookies[name].update(morsel)
    return cookies[name].OutputString().partition(";")[0] == field.partition(";")[0]


def _attributes(field: str) -> set[str]:
    return {part.strip().lower() for part in field.split(";")[1:] if part.strip()}


def from_django(result: HttpResponseBase, request: Request) -> Response:
    """What Django's middleware returned, for the layers outside."""
    if not isinstance(result, _Whole | _Streamed):
        return adapted(result, request)
    fields = header_fields(result)
    fields += result.repeated
    fields += [("set-cookie", cookie) for cookie in result.raw_cookies]
    if isinstance(result, _Whole):
        return Settled((result.status_code, fields, result.content), request)
    if result.untouched():
        return Settled((result.status_code, fields, result.source), request)
    response = adapted(result, request)
    return Settled((result.status_code, fields, response.content), request)
