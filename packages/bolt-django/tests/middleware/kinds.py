"""Middleware of every kind that Django knows; each leaves its name in a header field of the reply."""

import threading
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import async_only_middleware, sync_and_async_middleware, sync_only_middleware
from django.utils.deprecation import MiddlewareMixin

seen: list[Any] = []
"""What middleware was asked, for tests to read; they clear it."""

local = threading.local()


def note(response: Any, name: str) -> Any:
    """Add *name* to the field of the reply."""
    response.headers["X-Seen"] = ", ".join(filter(None, [response.headers.get("X-Seen", ""), name]))
    return response


class Sync:
    """As the documentation of Django has it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Mark the thread, and the reply."""
        local.mark = "set by middleware"
        seen.append(("sync", threading.get_ident()))
        return note(self.get_response(request), "Sync")


class Async:
    """Knows the asynchronous way alone."""

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        assert iscoroutinefunction(get_response)
        self.get_response = get_response

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        """Mark the reply."""
        return note(await self.get_response(request), "Async")


@sync_only_middleware
def sync_function(get_response: Any) -> Any:
    """A function."""
    return lambda request: note(get_response(request), "sync_function")


@async_only_middleware
def async_function(get_response: Any) -> Any:
    """An asynchronous one."""

    async def call(request: HttpRequest) -> HttpResponse:
        return note(await get_response(request), "async_function")

    return call


@sync_and_async_middleware
def either(get_response: Any) -> Any:
    """Both."""
    if iscoroutinefunction(get_response):

        async def call(request: HttpRequest) -> HttpResponse:
            return note(await get_response(request), "either async")

        return call
    return lambda request: note(get_response(request), "either sync")


class Mixin(MiddlewareMixin):
    """With hooks of the old style."""

    def process_request(self, request: HttpRequest) -> None:
        """Leave something for the handler."""
        request.left = "by process_request"  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Mark the reply."""
        return note(response, "Mixin")


class Views(Sync):
    """Has every hook around views."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Answer in place of a view that is asked to."""
        seen.append(("view", getattr(view, "__name__", view), args, kwargs))
        return HttpResponse("by process_view") if "view" in request.GET else None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for an exception that is asked about."""
        seen.append(("exception", type(exception)))
        return HttpResponse("by process_exception", status=418) if "excuse" in request.GET else None

    def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        """Add to the template's context."""
        response.context_data["who"] = "middleware"
        return response


class AsyncViews(Async):
    """The same, asynchronously."""

    async def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Answer in place of a view that is asked to."""
        return HttpResponse("by process_view") if "view" in request.GET else None

    async def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for an exception that is asked about."""
        return HttpResponse("by process_exception", status=418) if "excuse" in request.GET else None

    async def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        """Add to the template's context."""
        response.context_data["who"] = "middleware"
        return response


class Unused:
    """Takes itself out."""

    def __init__(self, get_response: Any) -> None:
        raise MiddlewareNotUsed("not here")


class Closed(Sync):
    """Answers itself."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """With nothing of what is inside."""
        return note(HttpResponse("closed", status=503), "Closed")


class Raises(Sync):
    """Raises what Django has a reply for."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse."""
        raise PermissionDenied


def returns_none(get_response: Any) -> Any:
    """No middleware."""
    return None


def named_by_settings(get_response: Any) -> Any:
    """Reads a setting as it is made."""
    name = settings.LANGUAGE_CODE
    return lambda request: note(get_response(request), name)


def forgets_the_response(get_response: Any) -> Any:
    """Calls the handler and returns nothing."""

    def call(request: HttpRequest) -> None:
        get_response(request)

    return call


@async_only_middleware
def text_for_a_response(get_response: Any) -> Any:
    """Asynchronous, with a text of its own."""

    async def call(request: HttpRequest) -> str:
        return "text"

    return call


class UndeclaredAsync(Sync):
    """Asynchronous, and does not say so."""

    async def __call__(self, request: HttpRequest) -> HttpResponse:  # type: ignore[override]
        """Never run."""
        raise AssertionError


class OddView(Sync):
    """Returns from hooks what is no response."""

    def process_view(self, *args: Any) -> str:
        """A text."""
        return "odd"


class OddException(Sync):
    """The same for exceptions."""

    async def process_exception(self, *args: Any) -> dict[str, str]:
        """A dict."""
        return {"odd": "yes"}


class OddTemplate(Sync):
    """The same for templates."""

    def process_template_response(self, *args: Any) -> None:
        """Nothing."""
