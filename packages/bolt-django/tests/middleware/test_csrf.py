"""Django's CsrfViewMiddleware around routes that stream: the handler begins with a token alone."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from bolt_core import BoltAPI
from bolt_core.responses import EventSourceResponse
from bolt_django.project import build
from boltsite_tools.inprocess import Client
from django.http import StreamingHttpResponse
from django.test import override_settings

TOKEN = "a" * 32
COOKIE = {"Cookie": f"csrftoken={TOKEN}"}
CSRF = "django.middleware.csrf.CsrfViewMiddleware"

ran: list[str] = []


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    """Each test's own."""
    ran.clear()


async def pieces() -> AsyncIterator[bytes]:
    """An asynchronous stream."""
    ran.append("handler")
    yield b"sent"


def pieces_sync() -> Iterator[bytes]:
    """A synchronous one."""
    ran.append("handler")
    yield b"sent"


async def events() -> EventSourceResponse:
    """Events."""
    ran.append("handler")
    return EventSourceResponse(pieces())


def djangos() -> StreamingHttpResponse:
    """A stream of Django's."""
    ran.append("handler")
    return StreamingHttpResponse(pieces_sync())


async def streamed_body(request: Any) -> AsyncIterator[bytes]:
    """Reads its body itself."""
    ran.append("handler")
    async for piece in request.stream():
        yield piece


@pytest.mark.parametrize("handler", [pieces, pieces_sync, events, djangos, streamed_body])
def test_a_stream_needs_its_token(handler: Any) -> None:
    """Without one the reply is a 403, and nothing of the handler has run."""
    with override_settings(BOLT={"MIDDLEWARE": [CSRF]}):
        api = BoltAPI()
        api.post("/", **({"stream_body": True} if handler is streamed_body else {}))(handler)
        with Client(build([api])) as client:
            assert client.request("POST", "/", b"sent").status == 403
            assert client.request("POST", "/", b"sent", COOKIE).status == 403
            assert ran == []
            reply = client.request("POST", "/", b"sent", COOKIE | {"X-CSRFToken": TOKEN})
    assert (reply.status, b"sent" in reply.body) == (200, True)


def test_a_token_in_a_streamed_form_is_none() -> None:
    """The form is the handler's to read, and empty to middleware."""
    found: list[Any] = []
    api = BoltAPI(django_middleware=[CSRF, "looking.keep"])

    @api.post("/", stream_body=True)
    async def handle(request: Any) -> bytes:
        from looking import looked

        found.append((dict(looked["request"].POST), dict(looked["request"].FILES)))
        return b"".join([piece async for piece in request.stream()])

    form = COOKIE | {"Content-Type": "application/x-www-form-urlencoded"}
    body = f"csrfmiddlewaretoken={TOKEN}".encode()
    with Client(build([api])) as client:
        assert client.request("POST", "/", body, form).status == 403
        assert client.request("POST", "/", body, form | {"X-CSRFToken": TOKEN}).body == body
    assert found == [({}, {})]
