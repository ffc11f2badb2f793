"""The request of Django's class that middleware gets, and what it shares with the handler's."""

from typing import Any

import pytest
from bolt_core import BoltAPI
from bolt_django.project import build
from boltsite_tools.inprocess import Client
from django.core import signals
from django.http.request import RawPostDataException
from looking import Enclosed, looked

pytestmark = pytest.mark.django_db

KINDS = pytest.mark.parametrize("kind", ["sync", "async"])


@KINDS
def test_everything_can_be_read_and_left(enclosed: Enclosed, kind: str) -> None:
    """Attributes are those of one dict, and META is one."""

    def handle(request: Any) -> Any:
        request.answered = "by the handler"
        return {"left": request.left, "meta": request.META["LEFT"], "state": request.state["left"]}

    async def ahandle(request: Any) -> Any:
        return handle(request)

    client = enclosed(["looking.look_at_request"], ("/items/{n}", ahandle if kind == "async" else handle))
    fields = {"X-Sent": "yes", "Cookie": "c=1", "Content-Type": "application/json"}
    reply = client.request("POST", "/items/7?a=1&a=2", b'{"n":1}', fields)
    assert reply.json() == {"left": "here", "meta": "in META", "state": "here"}
    match = looked.pop("match")
    assert (match.kwargs, match.route, match.url_name) == ({"n": "7"}, "items/{n}", f"{'a' * (kind == 'async')}handle")
    assert looked == {
        "kind": True,
        "line": ("POST", "/items/7", "/items/7", "/items/7?a=1&a=2"),
        "query": ["1", "2"],
        "cookie": "1",
        "header": ("yes", "yes"),
        "type": ("application/json", None),
        "host": ("testserver", "http", False),
        "body": b'{"n":1}',
        "post": None,
        "read": b'{"',
        "back": "by the handler",
    }


def test_a_form_that_the_route_reads(enclosed: Enclosed) -> None:
    """Its fields are there, its bytes are not."""

    def handle(request: Any) -> str:
        request.answered = True
        return str(request.POST["name"])

    client = enclosed(["looking.look_at_request"], ("/", handle))
    fields = {"X-Sent": "yes", "Content-Type": "application/x-www-form-urlencoded"}
    assert client.request("POST", "/", b"name=axe", fields).body == b"axe"
    assert looked["post"] == {"name": ["axe"]}


def test_the_body_of_a_handler_that_takes_none(enclosed: Enclosed) -> None:
    """It is read for the middleware's sake."""
    client = enclosed(["looking.body_of"], ("/", lambda: "x"))
    client.request("POST", "/", b"sent")
    assert looked["body"] == b"sent"


def test_a_body_that_the_handler_streams() -> None:
    """Is not middleware's to read."""
    api = BoltAPI(django_middleware=["looking.body_of"])

    @api.post("/", stream_body=True)
    async def handle(request: Any) -> bytes:
        return b"".join([part async for part in request.stream()])

    with Client(build([api])) as client:
        assert client.request("POST", "/", b"sent").body == b"sent"
    assert looked["body"] is RawPostDataException


@KINDS
def test_who_listens_for_exceptions_gets_the_same_request(enclosed: Enclosed, kind: str) -> None:
    """An error tracker finds on it what its middleware left."""

    def handle() -> None:
        raise ZeroDivisionError

    async def ahandle() -> None:
        raise ZeroDivisionError

    told = []

    def receive(sender: Any, request: Any, **kwargs: Any) -> None:
        told.append(request)

    signals.got_request_exception.connect(receive)
    try:
        client = enclosed(["looking.keep"], ("/", ahandle if kind == "async" else handle))
        assert client.get("/").status == 500
    finally:
        signals.got_request_exception.disconnect(receive)
    assert told == [looked["request"]]
