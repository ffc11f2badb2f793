"""Server-sent events: the standard's parsing rules, and the ways to read them with the clients."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from bolt_core import BoltAPI, PlainText, Request, StreamingResponse
from bolt_testing import AsyncTestClient, TestClient
from bolt_testing.events import EventParser

Event = httpx2.ServerSentEvent

CASES = {
    "data alone is a message": (b"data: a\n\n", [Event(data="a")]),
    "one space after the colon is dropped": (b"data:  a\ndata:b\n\n", [Event(data=" a\nb")]),
    "several data lines are one text": (b"data: a\ndata\ndata: b\n\n", [Event(data="a\n\nb")]),
    "an empty data line is an event": (b"data\n\n", [Event(data="")]),
    "type and id": (b"event: tick\nid: 7\ndata: a\n\n", [Event("tick", "a", "7")]),
    "an id lasts, a type does not": (b"id: 7\nevent: x\ndata\n\ndata\n\n", [Event("x", "", "7"), Event(id="7")]),
    "an empty id resets it": (b"id: 7\ndata: a\n\nid\ndata: b\n\n", [Event(data="a", id="7"), Event(data="b")]),
    "an id with NUL is ignored": (b"id: 1\ndata\n\nid: 2\0\ndata\n\n", [Event(id="1")] * 2),
    "comments are skipped": (b": hello\ndata: a\n:\n\n", [Event(data="a")]),
    "unknown fields are skipped": (b"colour: red\nDATA: x\ndata: a\n\n", [Event(data="a")]),
    "without data nothing is dispatched": (b"event: x\nid: 3\n\n:\n\ndata: a\n\n", [Event(data="a", id="3")]),
    "retry is digits": (b"retry: 250\ndata\n\nretry: -1\ndata\n\n", [Event(retry=250)] * 2),
    "CR ends a line": (b"data: a\rdata: b\r\r", [Event(data="a\nb")]),
    "CR LF ends one line": (b"data: a\r\ndata: b\r\n\r\n", [Event(data="a\nb")]),
    "other separators end none": ("data: a\x0b\x0c\u2028\x85b\n\n".encode(), [Event(data="a\x0b\x0c\u2028\x85b")]),
    "a byte order mark is dropped": (b"\xef\xbb\xbfdata: a\n\n", [Event(data="a")]),
    "only the first one": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
    "an unfinished event is dropped": (b"data: a\n\ndata: b\n", [Event(data="a")]),
    "what is no UTF-8 is replaced": (b"data: \xff\xc3\n\n", [Event(data="\ufffd\ufffd")]),
    "a character may be split": ("data: 日本🦀\n\n".encode(), [Event(data="日本🦀")]),
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("case", CASES)
def test_parsing(case: str, size: int) -> None:
    """Each rule of the HTML Standard, 9.2.6, however the transport cuts the stream."""
    data, expected = CASES[case]
    parser = EventParser()

    assert [event for at in range(0, len(data), size) for event in parser.feed(data[at : at + size])] == expected


def test_an_event_comes_with_the_line_that_ends_it() -> None:
    """A CR may be half of a line end, and the event does not wait for the other half."""
    parser = EventParser()

    assert list(parser.feed(b"data: a\r\r")) == [Event(data="a")]
    assert list(parser.feed(b"\ndata: b\r\n\r\n")) == [Event(data="b")]


def test_an_event_that_is_too_large_is_an_error() -> None:
    """Of many lines or of one that does not end."""
    for data in (b"data: 12345\ndata: 12345\n\n", b"data: 1234567890123"):
        with pytest.raises(httpx2.SSEError, match="more than 15 characters"):
            list(EventParser(15).feed(data))
    assert list(EventParser(15).feed(b"data: 1234\n\ndata: 1234\n\n")) == [Event(data="1234")] * 2


@pytest.fixture
def api() -> BoltAPI:
    """Streams of events."""
    api = BoltAPI()

    @api.get("/events")
    async def events(request: Request) -> StreamingResponse:
        first = int(request.headers.get("last-event-id", "0"))

        async def generate() -> AsyncIterator[str]:
            for number in range(first + 1, first + 4):
                yield f"id: {number}\ndata: {number}\n\n"

        return StreamingResponse(generate(), media_type="text/event-stream")

    @api.get("/fields")
    async def fields(request: Request) -> StreamingResponse:
        async def generate() -> AsyncIterator[str]:
            for name in ("accept", "cache-control", "x-mine"):
                yield f"data: {request.headers[name]}\n\n"

        return StreamingResponse(generate(), media_type="text/event-stream")

    @api.get("/text")
    async def text() -> PlainText:
        return PlainText("data: a\n\n")

    @api.get("/down")
    async def down() -> PlainText:
        return PlainText("down", status_code=503)

    return api


@pytest.mark.parametrize("use_http_layer", [False, True])
def test_sse_yields_events(api: BoltAPI, use_http_layer: bool) -> None:
    """The events of a response, with its status and fields at hand."""
    with TestClient(api, use_http_layer=use_http_layer) as client, client.sse("/events") as events:
        assert events.response.headers["content-type"] == "text/event-stream"
        assert [event.data for event in events] == ["1", "2", "3"]


def test_iter_events_yields_events(api: BoltAPI) -> None:
    """Of any response, read in advance or not."""
    with TestClient(api) as client:
        for stream in (False, True):
            assert [event.id for event in client.get("/events", stream=stream).iter_events()] == ["1", "2", "3"]


def test_a_client_goes_on_where_it_was(api: BoltAPI) -> None:
    """last_event_id is what a browser sends that connects again."""
    with TestClient(api) as client, client.sse("/events", last_event_id="7") as events:
        assert next(iter(events)).data == "8"


def test_the_fields_of_a_browser_are_sent(api: BoltAPI) -> None:
    """Accept and Cache-Control, unless the test sends its own."""
    with TestClient(api) as client, client.sse("/fields", headers={"X-Mine": "1", "accept": "*/*"}) as events:
        assert [event.data for event in events] == ["*/*", "no-store", "1"]


def test_events_come_as_they_are_sent() -> None:
    """The next one is made only after the last was read."""
    read = threading.Semaphore(0)
    api = BoltAPI()

    @api.get("/events")
    async def events() -> StreamingResponse:
        async def generate() -> AsyncIterator[str]:
            for number in range(3):
                yield f"data: {number}\n\n"
                await asyncio.to_thread(read.acquire)

        return StreamingResponse(generate(), media_type="text/event-stream")

    seen = []
    with TestClient(api) as client, client.sse("/events") as source:
        for event in source:
            seen.append(event.data)
            read.release()
    assert seen == ["0", "1", "2"]


@pytest.mark.parametrize(("path", "message"), [("/text", "text/plain"), ("/down", "503"), ("/nowhere", "404")])
def test_what_is_no_event_stream_is_an_error(api: BoltAPI, path: str, message: str) -> None:
    """As it is for a browser; the response says more."""
    with TestClient(api) as client, client.sse(path) as events:
        with pytest.raises(httpx2.SSEError, match=message):
            list(events)
        assert events.response.status_code in (200, 404, 503)


async def test_the_async_client_yields_events(api: BoltAPI) -> None:
    """With `async for`, by both ways."""
    async with AsyncTestClient(api) as client:
        async with client.sse("/events", last_event_id="3") as events:
            assert [event.data async for event in events] == ["4", "5", "6"]
        response = await client.get("/events", stream=True)
        assert [event.data async for event in response.aiter_events()] == ["1", "2", "3"]


def test_leaving_the_events_is_a_client_that_leaves() -> None:
    """An endless stream ends with the block."""
    left = threading.Event()
    api = BoltAPI()

    @api.get("/events")
    async def events() -> StreamingResponse:
        async def generate() -> AsyncIterator[str]:
            try:
                yield "data: a\n\n"
                await asyncio.Event().wait()
            finally:
                left.set()

        return StreamingResponse(generate(), media_type="text/event-stream")

    with TestClient(api) as client:
        with client.sse("/events") as source:
            first: Any = next(iter(source))
        assert first.data == "a"
        assert left.wait(timeout=10)
