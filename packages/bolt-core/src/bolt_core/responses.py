"""Responses a handler may return to choose status, header fields and media type itself."""

import datetime as dt
import os
from collections.abc import AsyncIterable, Iterable, Mapping
from functools import lru_cache
from types import AsyncGeneratorType, GeneratorType
from typing import Any, ClassVar, TypedDict, Unpack
from urllib.parse import quote

from bolt_core.background import BackgroundTask, BackgroundTasks
from bolt_core.cookies import CookieOptions, DeleteCookieOptions, SetCookieOptions, cookie_field
from bolt_core.encoding import encode_line
from bolt_core.files import StrPath, content_disposition, file_body, media_type_of
from bolt_core.headers import HeaderFields, ResponseHeaders
from bolt_core.sse import ServerSentEvent, event_stream, last_event_id
from bolt_core.streaming import encoded_items
from bolt_core.types import Headers
from bolt_core.urls import URL_SAFE

__all__ = [
    "HTML",
    "JSON",
    "EventSourceResponse",
    "FileResponse",
    "PlainText",
    "Redirect",
    "Response",
    "ServerSentEvent",
    "StreamingResponse",
    "last_event_id",
]

_NOT_IN_PIECES = (str, bytes, bytearray, memoryview, Mapping)

# Media types of one JSON value per line; of the two, OpenAPI 3.2 and jsonlines.org name the first.
JSON_LINES = frozenset({"application/jsonl", "application/x-ndjson"})

# Neither a cache nor a proxy (nginx reads the second) may hold events back.
EVENT_STREAM_HEADERS = (("cache-control", "no-store"), ("x-accel-buffering", "no"))


class ResponseOptions(TypedDict, total=False):
    """What every response class takes beside its content."""

    status_code: int | None
    headers: HeaderFields | None
    media_type: str | None
    background: BackgroundTask | BackgroundTasks | None


class Response:
    """A whole body with a media type.

    *status_code* is 200 to 599; `None` takes the route's. *headers* are sent as given, after `Content-Type` unless they
    hold one; change them through `headers`. *media_type* `None` takes the class's; text types get `charset=utf-8`.
    *background* runs once the reply was sent. Raises `ValueError` for an impossible status, `TypeError` for content
    that is neither text nor bytes.
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
        background: BackgroundTask | BackgroundTasks | None = None,
    ) -> None:
        self.content = self.check_content(content)
        self.status_code = check_status(status_code)
        self.headers = ResponseHeaders(headers) if headers else ResponseHeaders()
        self.background = background
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

    @property
    def streaming(self) -> bool:
        """Whether `content` is what the body is read from, an iterable or a file, rather than the body itself."""
        return False

    def fields(self) -> Headers:
        """All header fields, `Content-Type` first."""
        if self.content_type is None or "content-type" in self.headers:
            return self.headers.fields()
        return [("content-type", self.content_type), *self.headers.fields()]

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: int | dt.timedelta | None = None,
        **options: Unpack[SetCookieOptions],
    ) -> None:
        """Send a cookie; the names are those of Django's `set_cookie`.

        *max_age* is seconds or a timedelta; without it and *expires* (a datetime, or an HTTP date) the cookie ends with
        the browser's session. *path* is `/` and *samesite* `"lax"` unless given; `None` leaves either out. *secure*,
        *httponly* and *partitioned* are off. Raises `ValueError` for what a browser would ignore or misread:
        `samesite="none"` or *partitioned* without *secure*, a prefix (`__Host-`, `__Secure-`) whose promise is not
        kept, a name that is no token (RFC 6265bis).
        """
        self.headers.add("set-cookie", cookie_field(key, value, CookieOptions(max_age=max_age, **options)))

    def delete_cookie(self, key: str, **options: Unpack[DeleteCookieOptions]) -> None:
        """Have the client forget a cookie; *path*, *domain* and *partitioned* must be those it was set with."""
        lower = key.lower()
        # What a browser asks of the cookie it asks of the one that replaces it.
        prefixed = lower.startswith(("__secure-", "__host-", "__http-"))
        if prefixed or str(options.get("samesite") or "").lower() == "none" or options.get("partitioned"):
            options.setdefault("secure", True)
        httponly = lower.startswith(("__http-", "__host-http-"))
        past = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        gone = CookieOptions(max_age=0, expires=past, httponly=httponly, **options)
        self.headers.add("set-cookie", cookie_field(key, "", gone))


class JSON(Response):
    """Data written as JSON. A route's explicit `response_model` applies where the status is below 300."""

    media_type = "application/json"
    __slots__ = ()

    def __init__(self, content: Any = None, **options: Unpack[ResponseOptions]) -> None:
        super().__init__(content, **options)

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

    def __init__(
        self,
        url: str,
        *,
        status_code: int = 302,
        headers: HeaderFields | None = None,
        background: BackgroundTask | BackgroundTasks | None = None,
    ) -> None:
        if status_code not in (301, 302, 303, 307, 308):
            raise ValueError(f"Redirect: status_code must be 301, 302, 303, 307 or 308, not {status_code!r}")
        super().__init__(b"", status_code=status_code, headers=headers, background=background)
        self.headers["location"] = quote(str(url), safe=URL_SAFE)


class StreamingResponse(Response):
    """A body produced piece by piece by a sync or async iterable of str or bytes; text is sent as UTF-8.

    A sync iterable runs on the thread pool, never on the event loop. An iterable that fails ends the connection, so
    that what was sent never looks complete; failing before its first piece is a 500. *media_type* is `text/plain`
    unless given; with `application/jsonl` every piece that is neither str nor bytes is written as a line of JSON.
    Raises `TypeError` for content that cannot be iterated, such as a function that was not called.
    """

    media_type = "text/plain"
    __slots__ = ()

    def __init__(self, content: Any, **options: Unpack[ResponseOptions]) -> None:
        super().__init__(content, **options)
        if self.content_type in JSON_LINES:
            self.content = encoded_items(self.content, encode_line)

    @property
    def streaming(self) -> bool:
        """Always."""
        return True

    def check_content(self, content: Any) -> Any:
        """Return *content* if it yields pieces."""
        kind = type(content)
        # What is usual is let through first: the tests below ask abstract classes, which takes longer.
        if kind is AsyncGeneratorType or kind is GeneratorType:
            return content
        name = type(self).__name__
        if issubclass(kind, _NOT_IN_PIECES):
            raise TypeError(f"{name} takes an iterable of pieces, not {kind.__qualname__}")
        if not isinstance(content, AsyncIterable | Iterable):
            hint = f"; call the function: {name}(generate())" if callable(content) else ""
            raise TypeError(f"{name} takes a sync or async iterable, not {kind.__qualname__}{hint}")
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
        **options: Unpack[ResponseOptions],
    ) -> None:
        super().__init__(file_body(path, root), **options)
        name = os.path.basename(filename or path)
        self.content_type = with_charset(self.content_type or media_type_of(name))
        disposition = content_disposition(name, as_attachment=as_attachment)
        if disposition is not None:
            self.headers.setdefault("content-disposition", disposition)

    @property
    def streaming(self) -> bool:
        """Always; the content is the engine's to read."""
        return True

    def check_content(self, content: Any) -> Any:
        """Any file; the engine opens it."""
        return content


class EventSourceResponse(StreamingResponse):
    """Server-sent events (the HTML standard's `text/event-stream`) from a sync or async iterable.

    What it yields is an event each: a `ServerSentEvent`, a str as its data, or anything else as data in JSON. *ping*
    is the number of seconds of silence after which a comment keeps the connection open; `None` sends none. *retry* is
    how many milliseconds a client waits before it connects again. Where the first event takes longer than a second, a
    comment opens the stream, so that the client learns that it is connected.
    """

    media_type = "text/event-stream"
    __slots__ = ()

    def __init__(
        self,
        content: Any,
        *,
        ping: float | None = 15.0,
        retry: int | None = None,
        **options: Unpack[ResponseOptions],
    ) -> None:
        super().__init__(content, **options)
        self.content = event_stream(self.content, ping=ping, retry=retry)
        for name, value in EVENT_STREAM_HEADERS:
            self.headers.setdefault(name, value)


PLAIN_RESPONSES: tuple[type[Response], ...] = (
    StreamingResponse,
    FileResponse,
    PlainText,
    HTML,
    Redirect,
    Response,
)
"""Classes, subclasses apart, read by the engine itself: `status_code`, `fields()` and `content` are all they have.

One whose content is `EncodedItems` is not: its route says how the data among the items is written.
"""


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
    """*media_type* with `charset=utf-8` where it is text and names none; events are UTF-8 by their standard."""
    if media_type is None or not media_type.startswith("text/") or "charset=" in media_type.lower():
        return media_type
    return media_type if media_type == "text/event-stream" else f"{media_type}; charset=utf-8"
