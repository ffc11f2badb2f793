"""Request signals around API routes."""

import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from bolt_core import BoltAPI
from bolt_core.exceptions import NotFound
from bolt_django.project import build
from boltsite_tools.inprocess import Client
from django.core import signals

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """What receivers besides Django's own are told."""
    told: list[str] = []

    def started(sender: Any, environ: dict[str, Any], **kwargs: Any) -> None:
        told.append(f"started {environ['PATH_INFO']}")

    def finished(sender: Any, **kwargs: Any) -> None:
        told.append("finished")

    signals.request_started.connect(started)
    signals.request_finished.connect(finished)
    yield told
    signals.request_started.disconnect(started)
    signals.request_finished.disconnect(finished)


def make_api() -> BoltAPI:
    """Every kind of handler."""
    api = BoltAPI()

    @api.get("/async")
    async def handler() -> str:
        return "x"

    @api.get("/sync")
    def handler_sync() -> str:
        return "x"

    @api.get("/fails")
    async def fails() -> None:
        raise NotFound

    @api.get("/fails/sync")
    def fails_sync() -> None:
        raise ValueError

    @api.get("/bound/{n}")
    async def bound(n: int) -> None: ...

    @api.get("/stream")
    async def stream() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    @api.get("/stream/sync")
    def stream_sync() -> Iterator[bytes]:
        yield b"a"
        yield b"b"

    return api


@pytest.mark.parametrize("path", ["/async", "/sync", "/fails", "/fails/sync", "/bound/x", "/stream", "/stream/sync"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_once_a_request(heard: list[str], path: str, method: str) -> None:
    """Whatever becomes of it; a refusal of the server's own on a route's path, too."""
    with Client(build([make_api()])) as client:
        client.request(method, path)
        # The one before has ended when the next is answered.
        client.get("/sync")
    assert heard[:2] == [f"started {path}", "finished"]
    assert heard[2:] == ["started /sync", "finished"]


def test_a_stream_finishes_with_its_last_piece(heard: list[str]) -> None:
    """Not with its head."""
    api, before_last = BoltAPI(), []

    @api.get("/stream")
    def stream() -> Iterator[bytes]:
        yield b"a"
        before_last.append(list(heard))
        yield b"b"

    with Client(build([api])) as client:
        assert client.get("/stream").body == b"ab"
    assert before_last == [["started /stream"]]
    assert heard == ["started /stream", "finished"]


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_where_the_requests_connection_is(path: str) -> None:
    """On the thread that `def` handlers and the ORM of async ones run on, here the test's."""
    threads: list[int] = []

    def finished(sender: Any, **kwargs: Any) -> None:
        threads.append(threading.get_ident())

    signals.request_finished.connect(finished)
    try:
        with Client(build([make_api()])) as client:
            client.get(path)
    finally:
        signals.request_finished.disconnect(finished)
    assert threads == [threading.get_ident()]


def test_nobody_listens() -> None:
    """But Django itself: then nothing encloses a route."""
    (plan, *_) = build([make_api()]).app.routes
    assert plan.around is None


def test_a_receiver_that_raises_is_an_error_of_the_request() -> None:
    """As under Django: what listens to the start of a request may refuse it."""

    def broken(sender: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    signals.request_started.connect(broken)
    try:
        with Client(build([make_api()])) as client:
            assert client.get("/async").status == 500
            assert client.get("/sync").status == 500
    finally:
        signals.request_started.disconnect(broken)
