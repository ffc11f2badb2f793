"""Middleware that notes what it sees, for tests to read."""

from collections.abc import Callable
from typing import Any

from boltsite_tools.inprocess import Client
from django.http import HttpRequest
from django.http.request import RawPostDataException

looked: dict[str, Any] = {}

type Enclosed = Callable[..., Client]
"""Serves handlers within middleware; a fixture of `conftest`."""


def look_at_response(get_response: Any) -> Any:
    """Middleware that reads the response and adds to it."""

    def call(request: Any) -> Any:
        response = get_response(request)
        looked.update(
            status=response.status_code,
            streaming=response.streaming,
            content=None if response.streaming else response.content,
            cookies={name: morsel.OutputString() for name, morsel in response.cookies.items()},
            headers=dict(response.headers),
        )
        response.headers["X-Added"] = "yes"
        response.set_cookie("added", "1")
        return response

    return call


def look_at_request(get_response: Any) -> Any:
    """Middleware that reads everything and leaves something."""

    def call(request: Any) -> Any:
        looked.update(
            kind=isinstance(request, HttpRequest),
            line=(request.method, request.path, request.path_info, request.get_full_path()),
            query=request.GET.getlist("a"),
            cookie=request.COOKIES.get("c"),
            header=(request.headers["X-Sent"], request.META["HTTP_X_SENT"]),
            type=(request.content_type, request.encoding),
            host=(request.get_host(), request.scheme, request.is_secure()),
            body=request.body if request.content_type == "application/json" else None,
            post=dict(request.POST) if request.content_type != "application/json" else None,
            read=request.read(2) if request.content_type == "application/json" else None,
        )
        request.left = "here"
        request.META["LEFT"] = "in META"
        looked["match"] = request.resolver_match
        response = get_response(request)
        looked["back"] = request.answered
        return response

    return call


def body_of(get_response: Any) -> Any:
    """Middleware that reads the body."""

    def call(request: Any) -> Any:
        try:
            looked["body"] = request.body
        except RawPostDataException as error:
            looked["body"] = type(error)
        return get_response(request)

    return call


def keep(get_response: Any) -> Any:
    """Middleware that remembers the request it had."""

    def call(request: Any) -> Any:
        looked["request"] = request
        return get_response(request)

    return call
