"""The Python side of `Request`: what is made of the parsed head when a handler asks for it.

What depends on the framework around, such as the class of `request.GET` or the meaning of a proxy's headers, is asked
of one `RequestSupport`; names that an integration adds are registered one by one.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from http.cookies import _unquote as unquote_cookie
from typing import Any
from urllib.parse import parse_qsl

from ._native import Request
from .exceptions import PayloadTooLarge
from .multidict import MultiDict, MultiMapping
from .origins import origin_of
from .urls import split_host

__all__ = [
    "Headers",
    "Request",
    "RequestSupport",
    "register_absent_attribute",
    "register_request_attribute",
    "register_request_method",
    "register_request_support",
]

MAX_FIELDS = 1000
"""Parameters read of one query, as where a handler declares them."""

_TO_DECLARE = "use request.json(), request.form(), or a typed parameter of the handler"

_attributes: dict[str, Callable[[Request], Any]] = {}
_methods: dict[str, Callable[..., Any]] = {}
_remedies: dict[str, str] = {
    "user": "nothing has authenticated this request; let the route authenticate, or set request.user in middleware",
    "session": "no middleware has set it; add a session middleware, or set request.session",
    "data": _TO_DECLARE,
    "is_ajax": 'compare request.headers.get("x-requested-with"), or ask request.accepts("application/json")',
    "upload_handlers": "uploads are parsed before the handler runs; limit them by File(max_size=…) and by settings",
    "environ": "see request.META",
    "scope": "see request.method, request.path, request.headers and request.client",
}


class RequestSupport:
    """How a request is read without a framework around. An integration registers a subclass that knows better."""

    def query(self, text: str) -> MultiMapping[str]:
        """The parameters of a query string, for `GET` and `query_params`; raises what refuses too many of them."""
        try:
            return MultiDict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
        except ValueError:
            raise PayloadTooLarge("The query has too many parameters") from None

    def fields(self, pairs: Iterable[tuple[str, str]]) -> MultiMapping[str]:
        """The text fields of a form, for `POST`."""
        return MultiDict(pairs)

    def files(self, pairs: Iterable[tuple[str, Any]]) -> MultiMapping[Any]:
        """The files of a form, for `FILES`."""
        return MultiDict(pairs)

    def server(self, request: Request) -> tuple[str, str]:
        """SERVER_NAME and SERVER_PORT: what the client asked for (RFC 3875 §4.1.14)."""
        return split_host(request.host or "localhost", "http")

    def scheme(self, request: Request) -> str:
        """`http` or `https`: what the client used, by `ServerConfig.proxies`; behind another server, what that says."""
        number = request._number
        secure = request._secure if number is None else origin_of(number).scheme == "https"
        return "https" if secure else "http"

    def host(self, request: Request) -> str:
        """The host that the client asked for, with the port it named."""
        return request.host or "localhost"

    def port(self, request: Request) -> str:
        """The port that the client asked for."""
        return split_host(self.host(request), self.scheme(request))[1]


_supports: list[RequestSupport] = [RequestSupport()]


def support() -> RequestSupport:
    """Whoever was registered last."""
    return _supports[-1]


def register_request_support(new: RequestSupport) -> None:
    """Let *new* decide what depends on the framework around, for the whole process."""
    _supports[:] = [new]


def register_request_attribute(name: str, make: Callable[[Request], Any]) -> None:
    """Let `request.<name>` be *make*(request) where nothing has set it; called once for each request that reads it."""
    _attributes[name] = make


def register_request_method(name: str, function: Callable[..., Any]) -> None:
    """Let `request.<name>(…)` call *function*(request, …) where nothing has set the name."""
    _methods[name] = function


def register_absent_attribute(name: str, remedy: str) -> None:
    """Let the `AttributeError` of reading `request.<name>` before anything has set it end with *remedy*."""
    _remedies[name] = remedy


def absent_attribute(request: Request, name: str) -> Any:
    """What `request.<name>` is where neither the class nor `state` has it."""
    if (front := origin_of(request._number).attributes) and name in front:
        return front[name]
    if name == "auth":
        return request._auth()
    lazy = request._lazy
    if name in lazy:
        return lazy[name]
    if (make := _attributes.get(name)) is not None:
        # Two threads may both have made one; they get the same.
        return lazy.setdefault(name, make(request))
    if (function := _methods.get(name)) is not None:
        return types.MethodType(function, request)
    remedy = f": {_remedies[name]}" if name in _remedies else ""
    raise AttributeError(f"request.{name} has not been set{remedy}", name=name, obj=request)


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
        # Names alone: values hold credentials, and a repr ends in logs.
        return f"<Headers {', '.join(self._fields)}>"


def parse_cookies(values: list[str]) -> dict[str, str]:
    """`Cookie` fields to a dict, leniently as browsers and Django do; of a repeated name the last counts."""
    cookies: dict[str, str] = {}
    for value in values:
        for pair in value.split(";"):
            name, equals, content = pair.partition("=")
            if not equals:
                name, content = "", name
            name, content = name.strip(), content.strip()
            if name or content:
                cookies[name] = unquote_cookie(content)
    return cookies


def parse_query(query: str) -> MultiMapping[str]:
    """A query string to its parameters (application/x-www-form-urlencoded)."""
    return support().query(query)


async def stream_body(request: Request) -> AsyncIterator[bytes]:
    """The request's body in pieces as they arrive; one piece where it was read whole.

    Raises `HTTPException` when the body breaks a limit, `ClientDisconnect` when the client leaves before its end, and
    `RuntimeError` when a streamed body was asked for before, or the reply has been sent.
    """
    if not request._streams:
        if request.body:
            yield request.body
        return
    reader = object()
    if request._lazy.setdefault("stream", reader) is not reader:
        raise RuntimeError("request.stream() gives a streamed body once; keep what you need of the first reading")
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


# Adds the members that are written in Python to the class; at the end, as they are made of all above.
from . import request_members as _members  # noqa: E402

_members.install(Request)
