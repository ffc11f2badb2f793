"""What becomes of a handler's result where a status stands beside it, or it must be written off the loop."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bolt_core import BoltAPI, outcomes, reading, register_encoder
from bolt_core.outcomes import register_result_adapter
from bolt_core.responses import JSON, PlainText, Redirect, Response, StreamingResponse
from bolt_serializers import encoding
from raw_client import Served


class Foreign:
    """A response of another library."""


class Lazy:
    """Refuses to be read on the event loop, as an ORM's objects do."""


class LoopRefused(Exception):
    """What it says so with."""


def read_lazy(_: Lazy) -> str:
    if asyncio._get_running_loop() is not None:
        raise LoopRefused
    return "read"


async def in_thread(function: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(function)


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An integration's registrations; returns what its adapter was called with."""
    adapted: list[str] = []
    for module, name in ((encoding, "_encoders"), (outcomes, "_adapters"), (reading, "_off_loop")):
        monkeypatch.setattr(module, name, getattr(module, name).copy())
    register_encoder(Lazy, read_lazy)
    register_encoder(Iterator, list)
    register_encoder(type(_ for _ in ()), list)
    register_result_adapter(Foreign, lambda result, request: adapted.append("foreign") or JSON({"lazy": Lazy()}))
    reading.register_off_loop(in_thread, (LoopRefused,))
    return adapted


def both(api: BoltAPI, path: str, make: Callable[[], Any]) -> None:
    """A route on the loop and one in the pool."""

    @api.get(f"/async{path}")
    async def on_loop():  # type: ignore[no-untyped-def]
        return make()

    @api.get(f"/sync{path}")
    def in_pool():  # type: ignore[no-untyped-def]
        return make()


@pytest.mark.parametrize("kind", ["/async", "/sync"])
def test_the_status_beside_a_response_is_the_one_that_is_sent(served: Callable[..., Served], kind: str) -> None:
    """Whatever the response says itself; its headers and content stay."""
    api = BoltAPI()
    both(api, "/own", lambda: (PlainText("x", status_code=202), 201))
    both(api, "/redirect", lambda: (Redirect("/new"), 301))
    both(api, "/stream", lambda: (StreamingResponse(iter(["x"]), status_code=202), 418))
    both(api, "/json", lambda: (JSON({"a": 1}, status_code=202), 404))
    server = served(api)

    assert (server.get(f"{kind}/own").status, server.get(f"{kind}/own").body) == (201, b"x")
    moved = server.get(f"{kind}/redirect")
    assert (moved.status, moved.headers["location"]) == (301, "/new")
    assert server.get(f"{kind}/stream").status == 418
    assert server.get(f"{kind}/json").status == 404


@pytest.mark.parametrize("kind", ["/async", "/sync"])
def test_a_result_is_adapted_once(served: Callable[..., Served], kind: str, registered: list[str]) -> None:
    """Also where what it was adapted to cannot be written on the loop."""
    api = BoltAPI()
    both(api, "/", Foreign)
    both(api, "/status", lambda: (Foreign(), 201))
    server = served(api)

    assert server.get(f"{kind}/").body == b'{"lazy":"read"}'
    assert registered == ["foreign"]
    answer = server.get(f"{kind}/status")
    assert (answer.status, answer.body) == (201, b'{"lazy":"read"}')
    assert registered == ["foreign", "foreign"]


@pytest.mark.parametrize("kind", ["/async", "/sync"])
@pytest.mark.parametrize("path", ["/plain", "/json"])
def test_an_iterator_in_a_result_is_read_once(served: Callable[..., Served], kind: str, path: str) -> None:
    """Beside, before and inside what must leave the loop."""
    api = BoltAPI()

    def items() -> Iterator[Any]:
        yield 1
        yield Lazy()
        yield 2

    both(api, "/plain", lambda: {"items": items(), "lazy": Lazy(), "more": items()})
    both(api, "/json", lambda: JSON({"items": items(), "lazy": Lazy(), "more": items()}))

    assert served(api).get(kind + path).body == b'{"items":[1,"read",2],"lazy":"read","more":[1,"read",2]}'


@pytest.mark.parametrize("kind", ["/async", "/sync"])
def test_an_iterator_that_fails_is_a_500(served: Callable[..., Served], kind: str) -> None:
    """And no empty list: it is not asked again."""
    api = BoltAPI()

    def items() -> Iterator[int]:
        yield 1
        raise ValueError("halfway")

    both(api, "/", lambda: {"items": items()})

    assert served(api).get(f"{kind}/").status == 500


HOSTILE = ["a\r\nSet-Cookie: b=1", "a\0", "snow \u2603", "\ud800", "\x7f"]


@pytest.mark.parametrize("kind", ["/async", "/sync"])
@pytest.mark.parametrize("number", range(len(HOSTILE)))
@pytest.mark.parametrize("path", ["/response", "/json", "/stream", "/add"])
def test_a_header_that_cannot_be_sent_is_a_logged_500(
    served: Callable[..., Served], caplog: pytest.LogCaptureFixture, kind: str, number: int, path: str
) -> None:
    """In the usual shape; nothing of its value reaches the client."""
    api, value = BoltAPI(), HOSTILE[number]

    def pieces() -> Iterator[str]:
        yield "x"

    def added() -> Response:
        response = PlainText("x")
        response.headers.add("X-Note", value)
        return response

    both(api, "/response", lambda: PlainText("x", headers={"X-Note": value}))
    both(api, "/json", lambda: JSON({}, headers={"X-Note": value}))
    both(api, "/stream", lambda: StreamingResponse(pieces(), headers={"X-Note": value}))
    both(api, "/add", added)

    answer = served(api).get(kind + path)

    assert answer.status == 500
    assert answer.body == b'{"detail":"Internal Server Error"}'
    assert "x-note" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert "X-Note" in caplog.text


@pytest.mark.parametrize("kind", ["/async", "/sync"])
def test_a_stream_that_is_not_sent_is_closed(served: Callable[..., Served], kind: str) -> None:
    """Here for its header."""
    api, closed = BoltAPI(), threading.Event()

    class Chunks:
        def __iter__(self) -> Iterator[str]:
            yield "x"

        def close(self) -> None:
            closed.set()

    both(api, "/", lambda: StreamingResponse(Chunks(), headers={"X-Note": "\n"}))

    assert served(api).get(f"{kind}/").status == 500
    assert closed.is_set()


def test_a_header_within_latin_1_is_sent_as_one_octet(served: Callable[..., Served]) -> None:
    """As WSGI and Django have it."""
    api = BoltAPI()
    both(api, "/", lambda: PlainText("x", headers={"X-Note": "caf\u00e9"}))

    assert served(api).get("/async/").headers["x-note"].encode("latin-1") == b"caf\xe9"


@pytest.mark.parametrize("kind", ["/async", "/sync"])
def test_a_model_of_data_lets_no_stream_pass(
    served: Callable[..., Served], caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    """What a generator yields would leave unchecked; the log says how to name it."""
    api = BoltAPI()

    def pieces() -> Iterator[str]:
        yield "secret"

    @api.get("/async", response_model=list[int])
    async def on_loop():  # type: ignore[no-untyped-def]
        return pieces()

    @api.get("/sync", response_model=list[int])
    def in_pool():  # type: ignore[no-untyped-def]
        yield "secret"

    answer = served(api).get(kind)

    assert (answer.status, answer.body) == (500, b'{"detail":"Internal Server Error"}')
    assert "response_model=list[int] does not describe" in caplog.text
