"""Responses on their way through Django's middleware."""

import gzip
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from bolt_core import BackgroundTasks
from bolt_core.responses import EventSourceResponse, FileResponse, Response
from django.http import FileResponse as DjangoFile
from django.http import HttpResponse, StreamingHttpResponse
from looking import Enclosed, looked

pytestmark = pytest.mark.django_db

KINDS = pytest.mark.parametrize("kind", ["sync", "async"])
GZIP = "django.middleware.gzip.GZipMiddleware"


def made(kind: str, make: Any) -> Any:
    """A handler of *kind* that returns what *make* does."""

    async def ahandle() -> Any:
        return make()

    return ahandle if kind == "async" else make


@KINDS
def test_a_whole_reply(enclosed: Enclosed, kind: str) -> None:
    """Status, fields that repeat, cookies with all their attributes: nothing is lost on the way."""

    def make() -> Response:
        response = Response(b"made", status_code=201, media_type="text/x-own")
        response.headers.add("Link", "</a>")
        response.headers.add("Link", "</b>")
        response.set_cookie("plain", "1", httponly=True)
        response.set_cookie("parted", "2", secure=True, partitioned=True, samesite="none")
        return response

    reply = enclosed(["looking.look_at_response"], ("/", made(kind, make))).get("/")
    assert (reply.status, reply.body, reply.headers["Content-Type"]) == (201, b"made", "text/x-own")
    assert (looked["status"], looked["content"]) == (201, b"made")
    assert reply.headers.get_all("Link") == ["</a>", "</b>"]
    assert reply.headers["X-Added"] == "yes"
    cookies = sorted((reply.headers.get_all("Set-Cookie") or []), key=str.lower)
    assert [cookie.partition("=")[0] for cookie in cookies] == ["added", "parted", "plain"]
    assert "partitioned" in cookies[1].lower()
    assert "httponly" in cookies[2].lower()
    assert "plain" in looked["cookies"]


@KINDS
def test_no_content_stays_without_a_type(enclosed: Enclosed, kind: str) -> None:
    """Django's own default of text/html is not added."""

    def make() -> None:
        return None

    make.__annotations__["return"] = None
    handler = made(kind, make)
    handler.__annotations__["return"] = None
    reply = enclosed(["looking.look_at_response"], ("/", handler)).get("/")
    assert (reply.status, reply.headers["Content-Type"]) == (204, None)


@KINDS
def test_streams(enclosed: Enclosed, kind: str) -> None:
    """Pieces go through as they come; the middleware may put others in their place."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a" * 500
        yield b"b" * 500

    def pieces_sync() -> Iterator[bytes]:
        yield b"a" * 500
        yield b"b" * 500

    body = b"a" * 500 + b"b" * 500
    handler = pieces if kind == "async" else pieces_sync
    client = enclosed(["looking.look_at_response"], ("/", handler))
    assert client.get("/").body == body
    assert looked["streaming"]
    zipped = enclosed([GZIP], ("/", handler)).get("/", {"Accept-Encoding": "gzip"})
    assert (zipped.headers["Content-Encoding"], gzip.decompress(zipped.body)) == ("gzip", body)


@KINDS
def test_events_keep_their_pings(enclosed: Enclosed, kind: str) -> None:
    """A stream that is left alone is that of the handler."""

    async def events() -> AsyncIterator[str]:
        yield "one"

    def make() -> EventSourceResponse:
        return EventSourceResponse(events(), ping=0.5)

    reply = enclosed(["looking.look_at_response"], ("/", made(kind, make))).get("/")
    assert reply.body == b"data: one\n\n"
    assert reply.headers["Content-Type"] == "text/event-stream"


@KINDS
@pytest.mark.parametrize("own", [True, False])
def test_files(enclosed: Enclosed, kind: str, own: bool, tmp_path: Path) -> None:
    """The server sends them, ranges and all, unless a middleware reads them: then they are read."""
    path = tmp_path / "file.txt"
    path.write_bytes(b"0123456789" * 100)

    def make() -> Any:
        return FileResponse(path) if own else DjangoFile(path.open("rb"))

    handler = made(kind, make)
    part = enclosed(["looking.look_at_response"], ("/", handler)).get("/", {"Range": "bytes=1-3"})
    assert (part.status, part.body) == (206, b"123")
    zipped = enclosed([GZIP], ("/", handler)).get("/", {"Accept-Encoding": "gzip"})
    assert (zipped.status, gzip.decompress(zipped.body)) == (200, path.read_bytes())


def test_what_a_response_holds_is_closed_once(enclosed: Enclosed) -> None:
    """Of a whole one when it was taken, of a stream at its end."""
    closed = []

    class Held:
        def __init__(self, name: str) -> None:
            self.name = name

        def close(self) -> None:
            closed.append(self.name)

    def whole() -> HttpResponse:
        response = HttpResponse("whole")
        response._resource_closers.append(Held("whole").close)  # type: ignore[attr-defined]
        return response

    def stream() -> StreamingHttpResponse:
        response = StreamingHttpResponse(iter([b"a", b"b"]))
        response._resource_closers.append(Held("stream").close)  # type: ignore[attr-defined]
        return response

    client = enclosed(["looking.look_at_response"], ("/whole", whole), ("/stream", stream))
    assert client.get("/whole").body == b"whole"
    assert client.get("/stream").body == b"ab"
    client.get("/whole")
    assert closed == ["whole", "stream", "whole"]


@KINDS
def test_background_tasks(enclosed: Enclosed, kind: str) -> None:
    """Run after the reply, whatever middleware made of it."""
    done = []

    def handle(tasks: BackgroundTasks) -> str:
        tasks.add_task(done.append, kind)
        return "made"

    async def ahandle(tasks: BackgroundTasks) -> str:
        return handle(tasks)

    client = enclosed(["looking.look_at_response"], ("/", ahandle if kind == "async" else handle))
    assert client.get("/").body == b"made"
    for _ in range(100):
        if done:
            break
        client.get("/nothing")
    assert done == [kind]


def test_conditional_requests(enclosed: Enclosed) -> None:
    """ConditionalGetMiddleware tags and answers as for views."""
    client = enclosed(["django.middleware.http.ConditionalGetMiddleware"], ("/", lambda: "made"))
    tag = client.get("/").headers["ETag"]
    again = client.get("/", {"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
