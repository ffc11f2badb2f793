"""Members of `Request` that are no matter of speed, written in Python and put on the native class once."""

from __future__ import annotations

import asyncio
import codecs
import functools
import inspect
import io
from collections.abc import Callable, Iterator
from email.message import Message
from typing import TYPE_CHECKING, Any, NamedTuple

from . import request as _request
from .cgi import cgi_variables
from .negotiation import accepts as header_accepts
from .origins import origin_of
from .request_json import decode_json
from .reversing import SERVED
from .urls import URL, absolute

if TYPE_CHECKING:
    from ._native import Request
    from .forms import FormData
    from .multidict import MultiMapping
    from .reversing import Query

__all__ = ["Address", "install"]


class Address(NamedTuple):
    """The other end of a connection; the port is 0 where a proxy told the address."""

    host: str
    port: int


def _lazy(make: Callable[[Request], Any]) -> property:
    """A property that is computed when first read and then kept with the request."""
    name = make.__name__

    @functools.wraps(make)
    def read(request: Request) -> Any:
        kept = request._lazy
        # Two threads may both have made one; they get the same.
        return kept[name] if name in kept else kept.setdefault(name, make(request))

    return property(read)


def client(request: Request) -> Address | None:
    """The client's address and port, as trusted proxies tell it; else the peer's, `None` where that has no address.

    Behind a server in this process, that server's peer.
    """
    number = request._number
    found = request._client if number is None else origin_of(number).client
    return None if found is None else Address(*found)


def META(request: Request) -> dict[str, Any]:
    """CGI variables of the request, as Django has them."""
    return cgi_variables(request, _request.support().server(request))


def scheme(request: Request) -> str:
    """`http` or `https`: what the client used, as far as a proxy in front is trusted to say so."""
    return _request.support().scheme(request)


def is_secure(self: Request) -> bool:
    """Whether the client used https."""
    return self.scheme == "https"


def get_host(self: Request) -> str:
    """The host that the client asked for, with the port it named."""
    return _request.support().host(self)


def get_port(self: Request) -> str:
    """The port that the client asked for."""
    return _request.support().port(self)


def get_full_path(self: Request, force_append_slash: bool = False) -> str:
    """Path and query as sent; *force_append_slash* ends the path with a slash."""
    path, query = self.raw_path, self.query_string
    slash = "/" if force_append_slash and not path.endswith("/") else ""
    return f"{path}{slash}?{query}" if query else path + slash


def build_absolute_uri(self: Request, location: str | None = None) -> str:
    """*location*, seen from this request, as an absolute URI; by default the request's own."""
    base = f"{self.scheme}://{self.get_host()}"
    if location is None:
        return base + self.get_full_path()
    return absolute(base, self.raw_path, str(location))


def url_for(self: Request, name: str, /, *, query: Query | None = None, **params: Any) -> URL:
    """The absolute URL of the route *name* of the application that serves this request; see `Router.url_for`."""
    return URL(self.build_absolute_uri(SERVED.get().names.url(name, query, params)))


def url(request: Request) -> URL:
    """The request's absolute URL, whose parts have names."""
    return URL(request.build_absolute_uri())


def _media_type(request: Request) -> tuple[str, dict[str, str]]:
    """Type and parameters of the body."""
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    (essence, _), *params = message.get_params([("", "")])
    # RFC 2231 values, in three parts, belong to mail.
    return essence.lower(), {name.lower(): value for name, value in params if name and isinstance(value, str)}


def content_type(request: Request) -> str:
    """The body's media type in lower case, without parameters; empty where none was sent."""
    essence: str = request._media_type[0]
    return essence


def content_params(request: Request) -> dict[str, str]:
    """Parameters of the body's media type, as `charset`."""
    params: dict[str, str] = request._media_type[1]
    return params


def encoding(request: Request) -> str | None:
    """The charset that the body's media type names; `None` where it names none that Python knows."""
    charset = request.content_params.get("charset")
    try:
        return codecs.lookup(charset).name if charset else None
    except LookupError:
        return None


def accepts(self: Request, media_type: str) -> bool:
    """Whether the client takes a reply of *media_type* (RFC 9110 §12.5.1)."""
    return header_accepts(self.headers.get("accept", "*/*"), media_type)


def json(self: Request, type: Any = Any) -> Any:
    """The body decoded from JSON, as *type* if given; an untyped body is decoded once.

    Raises `UnsupportedMediaType` where the body is not declared as JSON, `BadRequest` where it is none, and
    `RequestValidationError` with every problem where it is no *type*; `TypeError` for a type that is no body's.
    """
    if type is not Any:
        return decode_json(self, type)
    kept = self._lazy
    return kept["json"] if "json" in kept else kept.setdefault("json", decode_json(self, Any))


def form(self: Request) -> FormData:
    """The form in the body, text fields and files; empty where the body is none.

    Raises `HTTPException`: 400 for a malformed form, 413 beyond a limit; `RuntimeError` where the body is streamed.
    """
    from .forms import form_of

    if self._streams:
        # Raises what says how such a body is read.
        _ = self.body
    kept = self._lazy
    form: FormData = kept["form"] if "form" in kept else kept.setdefault("form", form_of(self))
    return form


def POST(request: Request) -> MultiMapping[str]:  # Django's name
    """Text fields of a form that was sent by POST; empty for any other method or body."""
    return _request.support().fields(request.form().texts.multi_items() if request.method == "POST" else ())


def FILES(request: Request) -> MultiMapping[Any]:  # Django's name
    """Files of a form that was sent by POST; empty for any other method or body."""
    return _request.support().files(request.form().files.multi_items() if request.method == "POST" else ())


async def is_disconnected(self: Request) -> bool:
    """Whether the client has left. Lets the event loop look before it answers."""
    if not self._gone:
        await asyncio.sleep(0)
    return self._gone


async def check_object_permissions(request: Request, obj: Any) -> None:
    """Raise 403, or 401 for nobody, unless the route's guards let the request go on with *obj*."""
    from .authentication import check_object_permissions as check

    await check(request, obj)


async def auser(request: Request) -> Any:
    """`request.user`, awaited where it is awaitable."""
    user = request.user
    return await user if inspect.isawaitable(user) else user


def _file(request: Request) -> io.BytesIO:
    """The body as a file with a position."""
    return io.BytesIO(request.body)


def read(self: Request, size: int = -1, /) -> bytes:
    """The next *size* bytes of the body, all that are left by default."""
    file: io.BytesIO = self._file
    return file.read(size)


def readline(self: Request, size: int = -1, /) -> bytes:
    """The body's next line, with its line break."""
    file: io.BytesIO = self._file
    return file.readline(size)


def readlines(self: Request) -> list[bytes]:
    """The lines that are left of the body."""
    return list(self)


def __iter__(self: Request) -> Iterator[bytes]:
    """The lines that are left of the body."""
    return iter(self.readline, b"")


_METHODS: tuple[Callable[..., Any], ...] = (
    is_secure,
    get_host,
    get_port,
    get_full_path,
    build_absolute_uri,
    url_for,
    accepts,
    json,
    form,
    is_disconnected,
    read,
    readline,
    readlines,
    __iter__,
)
_PROPERTIES: tuple[Callable[[Request], Any], ...] = (scheme, url, content_type, content_params, encoding)
_KEPT: tuple[Callable[[Request], Any], ...] = (client, META, POST, FILES, _media_type, _file)


def install(request_class: type[Request]) -> None:
    """Put the members on the native class, whose own they are from then on."""
    for function in (*_METHODS, *_PROPERTIES, *_KEPT):
        function.__qualname__ = f"Request.{function.__name__}"
    for method in _METHODS:
        setattr(request_class, method.__name__, method)
    for read in _PROPERTIES:
        setattr(request_class, read.__name__, property(read))
    for make in _KEPT:
        setattr(request_class, make.__name__, _lazy(make))
    # Not on the class, so that Django's `login` can set another.
    _request.register_request_method("auser", auser)
    _request.register_request_method("check_object_permissions", check_object_permissions)
    _request.register_request_attribute("resolver_match", lambda request: None)
