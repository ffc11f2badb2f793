"""Responses a handler may return to choose status, header fields and media type itself."""

import os
from collections.abc import AsyncIterable, Iterable, Mapping
from functools import lru_cache
from types import AsyncGeneratorType, GeneratorType
from typing import Any, ClassVar
from urllib.parse import quote

from bolt_core.files import StrPath, content_disposition, file_body, media_type_of
from bolt_core.types import Headers

__all__ = ["HTML", "JSON", "FileResponse", "PlainText", "Redirect", "Response", "StreamingResponse"]

type HeaderFields = Mapping[str, str] | Iterable[tuple[str, str]]
"""Header fields; pairs where a name must repeat."""

_NOT_IN_PIECES = (str, bytes, bytearray, memoryview, Mapping)

# RFC 3986 §2.2 and §2.3, and "%" so that what is encoded already stays so.
_URL_SAFE = "/#%[]=:;$&()+,!?*@'~"


class Response:
    """A whole body with a media type.

    *status_code* is 200 to 599; `None` takes the route's. *headers* are sent as given, after `Content-Type` unless they
    hold one. *media_type* `None` takes the class's; text types get `charset=utf-8`. Raises `ValueError` for an
    impossible status, `TypeError` for content that is neither text nor bytes.
    """

    media_type: ClassVar[str | None] = None
    __slots__ = ("background", "content", "content_type", "headers", "status_code")

    def __init__(
        self,
        content: Any = b"",
        *,
        status_code: int | None = None,
        headers: HeaderFields | None = None,
        media_type: str | None = None,
    ) -> None:
        self.content = self.check_content(content)
        self.status_code = check_status(status_code)
        self.background = None
        self.headers: Headers = []
        if headers:
            self.headers.extend(headers.items() if isinstance(headers, Mapping) else headers)
        # What the caller encoded, and called by its media type, is theirs to name a charset for.
        ours = media_type is None or isinstance(content, str)
        self.content_type = with_charset(media_type or type(self).media_type) if ours else media_type

    def check_content(self, content: Any) -> Any:
        """Return *content* as it is kept; raise `TypeError` if this class cannot send it."""
        if isinstance(content, bytes | bytearray | memoryview):
            return bytes(content)
        if isinstance(content, str):
            return content.encode()
        found = type(content).__qualname__
        raise TypeError(f"{type(self).__name__} takes str or bytes, not {found}; use JSON(…) for data")

    def fields(self) -> Headers:
        """All header fields, `Content-Type` first."""
        if self.content_type is None or any(name.lower() == "content-type" for name, _ in self.headers):
            return self.headers
        return [("content-type", self.content_type), *self.headers]


class JSON(Response):
    """Data written as JSON. A route's explicit `response_model` applies where the status is below 300."""

    media_type = "application/json"
    __slots__ = ()

    def __init__(
        self,
        content: Any = None,
        *,
        status_code: int | None = None,
        headers: HeaderFields | None = None,
        media_type: str | None = None,
    ) -> None:
        super().__init__(content, status_code=status_code, headers=headers, media_type=media_type)

    def check_content(self, content: Any) -> Any:
        """Any data; it is encoded when the response is sent."""
        return content


class PlainText(Response):
    """Text as `text/plain; charset=utf-8`."""

    media_type = "text/plain"
    __slots__ = ()


class HTML(Response):
    """Text as `text/html; charset=utf-8`. The caller escapes what came from outside."""

    media_type = "text/html"
    __slots__ = ()


class Redirect(Response):
    """Sends the client to *url*, by default with 302 as Django's `redirect()`; 307 and 308 keep method and body.

    Characters that a URL cannot hold are percent-encoded. *url* is not checked against an allowlist: never pass one
    that came from the client unchecked. Raises `ValueError` for a status that is no redirection.
    """

    __slots__ = ()

    def __init__(self, url: str, *, status_code: int = 302, headers: HeaderFields | None = None) -> None:
        if status_code not in (301, 302, 303, 307, 308):
            raise ValueError(f"Redirect: status_code must be 301, 302, 303, 307 or 308, not {status_code!r}")
        super().__init__(b"", status_code=status_code, headers=headers)
        self.headers.insert(0, ("location", quote(str(url), safe=_URL_SAFE)))


class StreamingResponse(Response):
    """A body produced piece by piece by a sync or async iterable of str or bytes; text is sent as UTF-8.

    A sync iterable runs on the thread pool, never on the event loop. An iterable that fails ends the connection, so
    that what was sent never looks complete; failing before its first piece is a 500. *media_type* is `text/plain`
    unless given. Raises `TypeError` for content that cannot be iterated, such as a function that was not called.
    """

    media_type = "text/plain"
    __slots__ = ()

    def check_content(self, content: Any) -> Any:
        """Return *content* if it yields pieces."""
        kind = type(content)
        # What is usual is let through first: the tests below ask abstract classes, which takes longer.
        if kind is AsyncGeneratorType or kind is GeneratorType:
            return content
        if issubclass(kind, _NOT_IN_PIECES):
            raise TypeError(f"StreamingResponse takes an iterable of pieces, not {kind.__qualname__}")
        if not isinstance(content, AsyncIterable | Iterable):
            hint = "; call the function: StreamingResponse(generate())" if callable(content) else ""
            raise TypeError(f"StreamingResponse takes a sync or async iterable, not {kind.__qualname__}{hint}")
        return content


class FileResponse(Response):
    """A file, sent by the engine without being read into memory, with ranges and conditional requests (RFC 9110).

    With *root*, *path* is relative to it and leads nowhere else, by `..`, an absolute path or a symbolic link. A file
    that is missing, or no regular file, is 404, one that the server may not read 403; both are logged. *filename* is
    what the client is offered, by default the path's last component; *as_attachment* offers it for saving rather than
    showing. *media_type* `None` is guessed from that name; text types get `charset=utf-8`. An `ETag`, `Last-Modified`
    or `Accept-Ranges` among *headers* replaces the file's own. Raises `TypeError` for what is no path.
    """

    __slots__ = ()

    def __init__(
        self,
        path: StrPath,
        *,
        root: StrPath | None = None,
        filename: str | None = None,
        as_attachment: bool = False,
        status_code: int | None = None,
        headers: HeaderFields | None = None,
        media_type: str | None = None,
    ) -> None:
        body = file_body(path, root)
        name = os.path.basename(filename or path)
        super().__init__(body, status_code=status_code, headers=headers)
        self.content_type = with_charset(media_type or media_type_of(name))
        disposition = content_disposition(name, as_attachment=as_attachment)
        if disposition is not None and not any(name.lower() == "content-disposition" for name, _ in self.headers):
            self.headers.append(("content-disposition", disposition))

    def check_content(self, content: Any) -> Any:
        """Any file; the engine opens it."""
        return content


PLAIN_RESPONSES: tuple[type[Response], ...] = (StreamingResponse, FileResponse, PlainText, HTML, Redirect, Response)
"""Classes, subclasses apart, read by the engine itself: `status_code`, `fields()` and `content` are all they have."""


def check_status(status: int | None) -> int | None:
    """Return *status* if a final response can have it; raise `ValueError` otherwise."""
    if status is None or is_status(status):
        return status
    raise ValueError(f"status_code must be an int from 200 to 599, not {status!r}")


def is_status(value: object) -> bool:
    """Whether *value* is the status of a final response."""
    return isinstance(value, int) and not isinstance(value, bool) and 200 <= value <= 599


@lru_cache(maxsize=256)
def with_charset(media_type: str | None) -> str | None:
    """*media_type* with `charset=utf-8` where it is text and names none."""
    if media_type is None or not media_type.startswith("text/") or "charset=" in media_type.lower():
        return media_type
    return f"{media_type}; charset=utf-8"
