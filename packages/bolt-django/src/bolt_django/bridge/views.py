"""The views of our routes: Django's request goes to the engine, the engine's reply comes back as Django's response.

The engine routes anew, so what it does, it does here as well: validation, limits, statuses, header fields.
"""

from collections.abc import AsyncIterator, Iterator
from http.cookies import Morsel, _unquote
from typing import Any
from urllib.parse import quote

from asgiref.sync import sync_to_async
from bolt_core import pool
from bolt_core.origins import Origin
from bolt_core.plan import EMPTY_STATUSES
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import connections, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt

from bolt_django.bridge import blocking as blocking_io
from bolt_django.bridge import looping as looping_io
from bolt_django.bridge.engine import engine, engine_of_loop
from bolt_django.bridge.talk import Head, Talk

_BLOCK_BYTES = 64 * 1024
# Content up to this length becomes a plain HttpResponse, which middleware may look into.
_LARGEST_PLAIN = 1024 * 1024
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# What every request of Django's has; all else was set by middleware.
_OWN = frozenset(vars(HttpRequest())) | {
    *("environ", "scope", "path", "path_info", "script_name", "method", "META", "body", "headers", "upload_handlers"),
    *("_stream", "_read_started", "_body", "_post", "_files", "_post_parse_error", "_body_receive", "_upload_handlers"),
    *("GET", "POST", "COOKIES", "FILES", "content_type", "content_params", "encoding", "resolver_match"),
}


def _blocking(request: HttpRequest, **kwargs: str) -> HttpResponseBase:
    """Serve on a thread that may wait."""
    _check_outside()
    if _is_open_to_forgery(request) and (refusal := _csrf_refusal(request)) is not None:
        return refusal
    exchange = blocking_io.Exchange(engine(), _origin(request), _talk(request), _body(request))
    head = exchange.head()
    if _is_plain(request, head):
        return _response(HttpResponse(exchange.content()), head)
    return _response(StreamingHttpResponse(_Closing(exchange)), head)


async def _looping(request: HttpRequest, **kwargs: str) -> HttpResponseBase:
    """Serve on an event loop."""
    _check_outside()
    # The token may be in the session, in the database.
    if _is_open_to_forgery(request) and (refusal := await sync_to_async(_csrf_refusal)(request)) is not None:
        return refusal
    exchange = looping_io.Exchange(await engine_of_loop(), _talk(request), _async_body(request))
    await exchange.begin(_origin(request))
    head = await exchange.head()
    if _is_plain(request, head):
        return _response(HttpResponse(await exchange.content()), head)
    return _response(StreamingHttpResponse(exchange), head)


def _fit_for_django(view: Any) -> Any:
    """CSRF is checked by the view itself; transactions are the handler's, on its own thread."""
    for alias in connections:
        view = transaction.non_atomic_requests(alias)(view)
    return csrf_exempt(view)


blocking = _fit_for_django(_blocking)
looping = _fit_for_django(_looping)


class _Closing:
    """Content that hangs up when the response is closed, begun or not."""

    def __init__(self, exchange: blocking_io.Exchange) -> None:
        self._exchange = exchange
        self._parts = iter(exchange)

    def __iter__(self) -> Iterator[bytes]:
        return self._parts

    def close(self) -> None:
        """Called by `response.close()`."""
        self._exchange.close()


def _check_outside() -> None:
    """Under `runbolt` the engine has had its say already: what it does not route is nothing of ours."""
    if pool._current.get(None) is not None:
        raise Http404("no route of the API matches this path")


def _talk(request: HttpRequest) -> Talk:
    fields = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in request.headers.items()]
    if "Host" not in request.headers:
        fields.append((b"host", request._get_raw_host().encode()))  # type: ignore[attr-defined]
    try:
        return Talk(request.method or "GET", _target(request), fields, body=_length(request))
    except ValueError as error:
        raise SuspiciousOperation(str(error)) from error


def _target(request: HttpRequest) -> bytes:
    scope = getattr(request, "scope", {})
    if (raw := scope.get("raw_path")) and request.path == request.path_info:
        # As sent: a slash inside a value is told from one between values.
        target: bytes = raw
    else:
        target = quote(request.path_info, safe="/:@!$&'()*+,;=-._~").encode()
    query = request.META.get("QUERY_STRING")
    return target + b"?" + query.encode("latin-1") if query else target


def _length(request: HttpRequest) -> bool | int:
    if (body := vars(request).get("_body")) is not None:
        return len(body) or request.META.get("CONTENT_LENGTH") == "0"
    if getattr(request, "_read_started", False):
        raise RuntimeError(
            f"{request.method} {request.path}: a middleware has used up the body of this request, so the API cannot "
            "have it; let the middleware read request.body, or leave paths of the API alone"
        )
    if (length := request.META.get("CONTENT_LENGTH") or "").isdecimal():
        return int(length)
    # A chunked body, which only ASGI servers pass on.
    return b"chunked" in dict(getattr(request, "scope", {}).get("headers", ())).get(b"transfer-encoding", b"")


def _body(request: HttpRequest) -> Iterator[bytes]:
    while data := request.read(_BLOCK_BYTES):
        yield data


async def _async_body(request: HttpRequest) -> AsyncIterator[bytes]:
    # Django has received the body already, into memory or a file.
    for data in _body(request):
        yield data


def _origin(request: HttpRequest) -> Origin:
    meta = request.META
    address = meta.get("REMOTE_ADDR")
    return Origin(
        client=(address, int(meta.get("REMOTE_PORT") or 0)) if address else None,
        scheme=request._get_scheme() or "http",  # type: ignore[attr-defined]
        server=(str(meta.get("SERVER_NAME", "localhost")), str(meta.get("SERVER_PORT", "80"))),
        attributes={name: value for name, value in vars(request).items() if name not in _OWN},
    )


def _is_plain(request: HttpRequest, head: Head) -> bool:
    if request.method == "HEAD" or head.status in EMPTY_STATUSES:
        return True
    return head.length is not None and head.length <= _LARGEST_PLAIN


def _response[R: HttpResponseBase](response: R, head: Head) -> R:
    """*response* with the engine's status and fields, and none of Django's own."""
    response.status_code = head.status
    response.reason_phrase = head.reason
    del response["Content-Type"]
    for raw_name, raw_value in head.fields:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name == "set-cookie":
            _add_cookie(response, value)
        else:
            name = name.title()
            response[name] = f"{response[name]}, {value}" if name in response else value
    # The engine has logged what went wrong.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


class _SentCookie(Morsel[str]):
    """A cookie that leaves exactly as the engine wrote it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        pair, *attributes = text.split("; ")
        name, _, value = pair.partition("=")
        self.set(name, _unquote(value), value)
        for attribute in attributes:
            key, equals, setting = attribute.partition("=")
            if self.isReservedKey(key):
                self[key] = setting if equals else True
        self._text = text

    def OutputString(self, attrs: Any = None) -> str:
        """The field's value."""
        return self._text


def _add_cookie(response: HttpResponseBase, text: str) -> None:
    cookie = _SentCookie(text)
    key = cookie.key
    while key in response.cookies:
        # Of the same name for another path or domain.
        key += " "
    dict.__setitem__(response.cookies, key, cookie)


def _is_open_to_forgery(request: HttpRequest) -> bool:
    """Whether a session vouches for the request, which changes something and which another site may have sent.

    What carries no session cookie cannot act for a user by it; nor does a browser by itself send the credentials of
    another scheme than those it asks the user for.
    """
    installed = any(path.endswith(".CsrfViewMiddleware") for path in settings.MIDDLEWARE)
    if not installed or request.method in _SAFE_METHODS or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    scheme = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")[0].lower()
    return scheme in ("", "basic", "digest", "negotiate")


def _csrf_refusal(request: HttpRequest) -> HttpResponseBase | None:
    """Django's refusal, where the request does not prove that it comes from this site."""
    probe = HttpRequest.__new__(type(request))
    if settings.CSRF_HEADER_NAME in request.META:
        # Looking for the token in a form would use the body up.
        vars(probe).update(vars(request), _post=QueryDict(), _files=MultiValueDict())
    else:
        _ = request.body
        vars(probe).update(vars(request))
    check = CsrfViewMiddleware(lambda request: HttpResponse())
    check.process_request(probe)
    return check.process_view(probe, _never_exempt, (), {})


def _never_exempt(request: HttpRequest) -> HttpResponseBase:
    """Stands for the view, which is not called."""
    raise NotImplementedError
