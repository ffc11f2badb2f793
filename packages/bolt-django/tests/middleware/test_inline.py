"""Django's own middleware in one call: what each class sees is what it would see in a chain."""

import re
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from boltsite_tools.inprocess import Client
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware
from django.test import override_settings
from looking import Enclosed

FRAMES = "django.middleware.clickjacking.XFrameOptionsMiddleware"
SECURITY = "django.middleware.security.SecurityMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"

pytestmark = pytest.mark.usefixtures("no_headers_of_the_engine")


@pytest.fixture
def no_headers_of_the_engine(settings: Any) -> None:
    """Else it is the engine that adds those of Django's classes."""
    settings.BOLT = {"SECURITY_HEADERS": False}


@pytest.fixture(params=["sync", "async"])
def reached(request: pytest.FixtureRequest, enclosed: Enclosed) -> Callable[..., Client]:
    """Serves a handler of each kind within middleware: `reached([paths], [list that counts calls])`."""

    def serve(paths: list[str], calls: list[str]) -> Client:
        def handler() -> str:
            calls.append("handler")
            return "made"

        async def async_handler() -> str:
            return handler()

        return enclosed(paths, ("/", handler if request.param == "sync" else async_handler))

    return serve


def test_each_adds_its_own(reached: Callable[..., Client]) -> None:
    """Every hook is called, whichever way the handler runs."""
    calls: list[str] = []
    reply = reached([SECURITY, FRAMES, COMMON], calls).get("/")
    assert reply.headers["X-Frame-Options"] == "DENY"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert calls == ["handler"]


@override_settings(SECURE_SSL_REDIRECT=True)
def test_an_answer_on_the_way_in_passes_those_outside(reached: Callable[..., Client]) -> None:
    """The class that answers sees its own answer, those outside of it do, and those inside see nothing."""
    calls: list[str] = []
    with mock.patch.object(CommonMiddleware, "process_request", side_effect=AssertionError):
        reply = reached([FRAMES, SECURITY, COMMON], calls).get("/")
    assert reply.status == 301
    assert reply.headers["X-Frame-Options"] == "DENY"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert calls == []


def test_an_error_on_the_way_in_is_a_response_outside(reached: Callable[..., Client]) -> None:
    """CommonMiddleware refuses a user agent with PermissionDenied; its own process_response does not see that."""
    calls: list[str] = []
    with (
        override_settings(DISALLOWED_USER_AGENTS=[re.compile("bad")]),
        mock.patch.object(CommonMiddleware, "process_response", side_effect=AssertionError),
    ):
        reply = reached([FRAMES, COMMON, SECURITY], calls).request("GET", "/", headers={"User-Agent": "bad"})
    assert (reply.status, calls) == (403, [])
    assert reply.headers["X-Frame-Options"] == "DENY"
    assert reply.headers["X-Content-Type-Options"] is None


def test_an_error_on_the_way_out_is_a_response_outside(reached: Callable[..., Client]) -> None:
    """What process_response raises is answered, and goes on outward; a hook that a test replaces is the one called."""
    calls: list[str] = []
    client = reached([FRAMES, SECURITY, COMMON], calls)
    with mock.patch.object(SecurityMiddleware, "process_response", side_effect=LookupError("broken")):
        reply = client.get("/")
    assert (reply.status, calls) == (500, ["handler"])
    assert reply.headers["X-Frame-Options"] == "DENY"


def test_hooks_run_in_the_order_of_a_chain(reached: Callable[..., Client]) -> None:
    """Requests pass from the first to the last, responses the other way, over classes that are not Django's too."""
    calls: list[str] = []

    def note(kind: Any, hook: str) -> Any:
        real = getattr(kind, hook)

        def noting(self: Any, *args: Any) -> Any:
            calls.append(f"{kind.__name__}.{hook}")
            return real(self, *args)

        return mock.patch.object(kind, hook, noting)

    client = reached([SECURITY, SESSIONS, f"{__name__}.own", COMMON, FRAMES], calls)
    with (
        note(SecurityMiddleware, "process_request"),
        note(SecurityMiddleware, "process_response"),
        note(SessionMiddleware, "process_request"),
        note(SessionMiddleware, "process_response"),
        note(CommonMiddleware, "process_request"),
        note(CommonMiddleware, "process_response"),
        note(XFrameOptionsMiddleware, "process_response"),
    ):
        client.get("/")
    assert calls == [
        "SecurityMiddleware.process_request",
        "SessionMiddleware.process_request",
        "CommonMiddleware.process_request",
        "handler",
        "XFrameOptionsMiddleware.process_response",
        "CommonMiddleware.process_response",
        "SessionMiddleware.process_response",
        "SecurityMiddleware.process_response",
    ]


def own(get_response: Any) -> Any:
    """Middleware of a project's."""

    def call(request: HttpRequest) -> HttpResponse:
        response: HttpResponse = get_response(request)
        return response

    return call


class Shouting(XFrameOptionsMiddleware):
    """A subclass with a call of its own."""

    def __call__(self, request: HttpRequest) -> Any:
        """Answers by itself."""
        if self.async_mode:  # type: ignore[attr-defined]
            return self._acall(request)
        return HttpResponse("shout")

    async def _acall(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("shout")


def test_a_subclass_is_called_as_it_is(reached: Callable[..., Client]) -> None:
    """Nothing is known of what it does."""
    calls: list[str] = []
    reply = reached([SECURITY, f"{__name__}.Shouting", COMMON], calls).get("/")
    assert (reply.body, calls) == (b"shout", [])
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_an_error_of_the_handler_passes_all(enclosed: Enclosed) -> None:
    """It is a response before the innermost sees it."""

    def handler() -> None:
        raise LookupError("broken")

    async def async_handler() -> None:
        raise LookupError("broken")

    for made in (handler, async_handler):
        reply = enclosed([FRAMES, SECURITY], ("/", made)).get("/")
        assert reply.status == 500
        assert reply.headers["X-Frame-Options"] == "DENY"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
