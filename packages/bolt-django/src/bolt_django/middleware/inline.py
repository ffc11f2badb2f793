"""Django's own middleware that does not block, run where it stands on the event loop.

Django hands `process_request` and `process_response` of its asynchronous stack to a thread each, whatever they do. Of
the classes here it is known what they do: reading settings and headers, which takes microseconds, and in some requests
more. For those the thread is kept. A subclass may do anything, and gets the thread always.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

type GetResponse = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


def _never(request: Any) -> bool:
    return False


def _saves_session(request: Any) -> bool:
    session = getattr(request, "session", None)
    return session is not None and (session.modified or settings.SESSION_SAVE_EVERY_REQUEST)


def _stores_messages(request: Any) -> bool:
    messages = getattr(request, "_messages", None)
    return messages is not None and (messages.used or messages.added_new)


# Class: whether process_response blocks for a request.
_BLOCKS: dict[str, Callable[[Any], bool]] = {
    "django.middleware.security.SecurityMiddleware": _never,
    "django.middleware.csp.ContentSecurityPolicyMiddleware": _never,
    "django.contrib.sessions.middleware.SessionMiddleware": _saves_session,
    "django.middleware.locale.LocaleMiddleware": _never,
    "django.middleware.common.CommonMiddleware": _never,
    "django.middleware.csrf.CsrfViewMiddleware": _never,
    "django.contrib.auth.middleware.AuthenticationMiddleware": _never,
    "django.contrib.messages.middleware.MessageMiddleware": _stores_messages,
    "django.middleware.clickjacking.XFrameOptionsMiddleware": _never,
}


def is_known(middleware: Any) -> bool:
    """Whether *middleware*'s hooks may run on the loop."""
    kind = type(middleware)
    name = f"{kind.__module__}.{kind.__qualname__}"
    # With CSRF_USE_SESSIONS the token is read from the session: a query.
    return name in _BLOCKS and not (name.endswith("CsrfViewMiddleware") and settings.CSRF_USE_SESSIONS)


def inline(middleware: Any) -> GetResponse:
    """What calls *middleware*, one of those known, on the loop."""
    kind = type(middleware)
    blocks = _BLOCKS[f"{kind.__module__}.{kind.__qualname__}"]
    process_request = getattr(middleware, "process_request", None)
    process_response = getattr(middleware, "process_response", None)
    get_response = middleware.get_response

    async def call(request: HttpRequest) -> HttpResponseBase:
        response = process_request(request) if process_request is not None else None
        response = response or await get_response(request)
        if process_response is None:
            return response  # type: ignore[no-any-return]
        if blocks(request):
            saved: HttpResponseBase = await sync_to_async(process_response)(request, response)
            return saved
        changed: HttpResponseBase = process_response(request, response)
        return changed

    return call
