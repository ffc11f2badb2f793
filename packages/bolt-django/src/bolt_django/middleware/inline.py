"""Django's own middleware, run in one call where it stands, and on the event loop where it does not block.

Of the classes here it is known what they do: their `__call__` is that of `MiddlewareMixin`, and their hooks read
settings and headers, which takes microseconds, and in some requests more. A chain of calls with a guard around each
costs as much as the hooks do. And of an asynchronous stack Django hands each hook to a thread, whatever it does; here
only those that block are. A subclass may do anything, and is called as Django calls it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from bolt_core.around import answer_of, answer_of_async
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from bolt_django.middleware.responses import to_django

type GetResponse = Callable[[HttpRequest], HttpResponseBase]
type GetResponseAsync = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


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


def _name(middleware: Any) -> str:
    kind = type(middleware)
    return f"{kind.__module__}.{kind.__qualname__}"


def is_known(middleware: Any) -> bool:
    """Whether *middleware* is one whose hooks may be called one by one."""
    return _name(middleware) in _BLOCKS and type(middleware).__call__ is MiddlewareMixin.__call__


def may_run_on_loop(middleware: Any) -> bool:
    """Whether *middleware*'s hooks may run on the loop."""
    # With CSRF_USE_SESSIONS the token is read from the session: a query.
    return is_known(middleware) and not (
        settings.CSRF_USE_SESSIONS and _name(middleware).endswith("CsrfViewMiddleware")
    )


def in_one_call(levels: Sequence[Any], inner: GetResponse) -> GetResponse:
    """What calls the hooks of *levels*, the first outermost, around *inner*; never raises.

    As a chain would: `process_request` of a class that answers is followed by its own `process_response` and those
    outside of it, and what a class raises becomes a response that those outside of it see. Hooks are looked up for each
    request, as `MiddlewareMixin` does, so one that a test replaces is called.
    """
    before = [level if hasattr(level, "process_request") else None for level in levels]
    after = [level if hasattr(level, "process_response") else None for level in levels]

    def call(request: HttpRequest) -> HttpResponseBase:
        entered = 0
        try:
            for level in before:
                entered += 1
                if level is not None and (response := level.process_request(request)):
                    break
            else:
                response = inner(request)
        except Exception as exc:
            entered -= 1
            response = to_django(answer_of(exc, request.bolt))  # type: ignore[attr-defined]
        for level in after[:entered][::-1]:
            if level is not None:
                try:
                    response = level.process_response(request, response)
                except Exception as exc:
                    response = to_django(answer_of(exc, request.bolt))  # type: ignore[attr-defined]
        return response  # type: ignore[no-any-return]

    return call


def in_one_call_async(levels: Sequence[Any], inner: GetResponseAsync) -> GetResponseAsync:
    """The same on the event loop, for those that may run there."""
    before = [level if hasattr(level, "process_request") else None for level in levels]
    after = [
        (level, _BLOCKS[_name(level)]) if hasattr(level, "process_response") else (None, _never) for level in levels
    ]

    async def call(request: HttpRequest) -> HttpResponseBase:
        entered = 0
        try:
            for level in before:
                entered += 1
                if level is not None and (response := level.process_request(request)):
                    break
            else:
                response = await inner(request)
        except Exception as exc:
            entered -= 1
            response = to_django(await answer_of_async(exc, request.bolt))  # type: ignore[attr-defined]
        for level, blocks in after[:entered][::-1]:
            if level is not None:
                try:
                    if blocks is not _never and blocks(request):
                        response = await sync_to_async(level.process_response)(request, response)
                    else:
                        response = level.process_response(request, response)
                except Exception as exc:
                    response = to_django(await answer_of_async(exc, request.bolt))  # type: ignore[attr-defined]
        return response  # type: ignore[no-any-return]

    return call
