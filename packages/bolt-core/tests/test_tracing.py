"""Identifiers and traces of requests, from the wire to handlers and log records."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any, Literal

import pytest
from bolt_core import BoltAPI, ConfigError, Request
from bolt_core.config import ServerConfig
from bolt_core.logging import LoggingConfig
from bolt_core.responses import Response, StreamingResponse
from bolt_core.tracing import (
    RequestIDFilter,
    TraceContext,
    TracingSettings,
    current_request_id,
    current_trace,
    parse,
)
from raw_client import Answer, serve

pytestmark = pytest.mark.usefixtures("registries")

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
BOTH = TracingSettings(request_id=True, trace_context=True)


def told(**options: Any) -> BoltAPI:
    """Routes that tell what they see, each kind of handler one."""
    api = BoltAPI(**options)

    def seen(request: Request) -> dict[str, Any]:
        trace = current_trace()
        return {
            "id": current_request_id(),
            "header": request.headers.get("x-request-id"),
            "trace": None if trace is None else [trace.trace_id, trace.parent_id, trace.flags, trace.state],
        }

    @api.get("/sync")
    def sync(request: Request) -> dict[str, Any]:
        return seen(request)

    @api.get("/async")
    async def not_sync(request: Request) -> dict[str, Any]:
        await asyncio.sleep(0)
        return seen(request)

    @api.get("/task")
    async def task(request: Request) -> dict[str, Any]:
        async def later() -> dict[str, Any]:
            return seen(request)

        return await asyncio.create_task(later())

    @api.get("/error")
    async def error() -> None:
        raise LookupError("broken")

    return api


def streaming() -> BoltAPI:
    """Both kinds of streams."""
    api = BoltAPI()

    @api.get("/stream")
    async def stream() -> StreamingResponse:
        async def chunks() -> AsyncIterator[str]:
            await asyncio.sleep(0)
            yield str(current_request_id())

        return StreamingResponse(chunks())

    @api.get("/sync-stream")
    def sync_stream() -> StreamingResponse:
        def chunks() -> Iterator[str]:
            yield str(current_request_id())

        return StreamingResponse(chunks())

    return api


def ask(api: BoltAPI, path: str, settings: TracingSettings | None = None, *fields: str, method: str = "GET") -> Answer:
    """The reply to one request."""
    served = serve(api, ServerConfig(tracing=settings or TracingSettings()))
    lines = "".join(f"{field}\r\n" for field in ("Host: a.example", *fields))
    try:
        return served.send(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode())
    finally:
        served.close()


@pytest.mark.parametrize("kind", ["sync", "async", "task"])
def test_handlers_know_both(kind: str) -> None:
    """Wherever they run, and whatever they start."""
    answer = ask(
        told(), f"/{kind}", BOTH, "X-Request-ID: abc-1", f"traceparent: {PARENT}", "tracestate: a=1", "tracestate: b=2"
    )
    assert answer.json() == {"id": "abc-1", "header": "abc-1", "trace": [TRACE, SPAN, 1, "a=1,b=2"]}
    assert answer.headers["x-request-id"] == "abc-1"


@pytest.mark.parametrize("kind", ["stream", "sync-stream"])
def test_streams_know_their_request(kind: str) -> None:
    """Chunks are made in the request's context."""
    assert b"abc" in ask(streaming(), f"/{kind}", BOTH, "X-Request-ID: abc").body


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("request_id", [True, "make"])
def test_identifiers_are_made(kind: str, request_id: Literal[True, "make"]) -> None:
    """One that cannot be taken over, and any where clients have no say, gives way to a new one."""
    sent = "mine" if request_id == "make" else "not usable"
    answer = ask(told(), f"/{kind}", TracingSettings(request_id=request_id), f"X-Request-ID: {sent}")
    made = answer.headers["x-request-id"]
    assert len(made) == 32
    assert answer.json() == {"id": made, "header": made, "trace": None}


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/gone", 404), ("PUT", "/sync", 405), ("GET", "/error", 500)]
)
def test_every_reply_has_its_identifier(method: str, path: str, status: int) -> None:
    """Refusals and errors, too."""
    answer = ask(told(), path, BOTH, "X-Request-ID: abc", method=method)
    assert (answer.status, answer.headers["x-request-id"]) == (status, "abc")


def test_a_reply_may_bring_its_own() -> None:
    """A handler's own field stands."""

    api = BoltAPI()

    @api.get("/")
    async def own() -> Response:
        return Response(b"", headers={"X-Request-ID": "own"})

    assert ask(api, "/", BOTH, "X-Request-ID: abc").headers["x-request-id"] == "own"


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_by_default_nothing_is_done(kind: str) -> None:
    """What a client sends is in its headers and nowhere else."""
    answer = ask(told(), f"/{kind}", None, "X-Request-ID: a b", f"traceparent: {PARENT}")
    assert answer.json() == {"id": None, "header": "a b", "trace": None}
    assert "x-request-id" not in answer.headers


def test_each_is_asked_for_by_itself() -> None:
    """Identifiers without traces, traces without identifiers."""
    fields = ("X-Request-ID: abc", f"traceparent: {PARENT}")
    assert ask(told(), "/async", TracingSettings(request_id=True), *fields).json()["trace"] is None
    answer = ask(told(), "/async", TracingSettings(trace_context=True), *fields)
    assert answer.json() == {"id": None, "header": "abc", "trace": [TRACE, SPAN, 1, ""]}
    assert "x-request-id" not in answer.headers


def test_requests_of_one_connection_are_told_apart() -> None:
    """Nothing of one request is seen by the next."""
    served = serve(told(), ServerConfig(tracing=BOTH))
    try:
        head = "GET /async HTTP/1.1\r\nHost: a\r\n"
        first = served.send(f"{head}X-Request-ID: abc\r\ntraceparent: {PARENT}\r\n\r\n".encode()).json()
        second = served.send(f"{head}\r\n".encode()).json()
    finally:
        served.close()
    assert first["id"] == "abc"
    assert second["id"] not in (None, "abc")
    assert second["trace"] is None
    assert current_request_id() is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (PARENT, TraceContext(TRACE, SPAN, 1)),
        (f"00-{TRACE}-{SPAN}-00", TraceContext(TRACE, SPAN, 0)),
        (f"cc-{TRACE}-{SPAN}-03-what-the-future-will-be", TraceContext(TRACE, SPAN, 3)),
        (f"cc-{TRACE}-{SPAN}-01", TraceContext(TRACE, SPAN, 1)),
        (None, None),
        ("", None),
        (f"ff-{TRACE}-{SPAN}-01", None),
        (f"00-{TRACE}-{SPAN}-01-more", None),
        (f"cc-{TRACE}-{SPAN}-01.more", None),
        (f"00-{TRACE.upper()}-{SPAN}-01", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE[1:]}-{SPAN}-01", None),
        (f"00-{TRACE}-{SPAN}-1", None),
        (f"{PARENT}\n", None),
    ],
)
def test_traceparent_is_read_as_the_standard_says(value: str | None, expected: TraceContext | None) -> None:
    """W3C Trace Context, §3.2; what is malformed is as if it were not there."""
    assert parse(value) == expected


def test_several_parents_are_none() -> None:
    """A trace has one caller (§3.2)."""
    answer = ask(told(), "/sync", BOTH, f"traceparent: {PARENT}", f"traceparent: {PARENT}")
    assert answer.json()["trace"] is None


def test_a_trace_goes_on() -> None:
    """What is sent to the next server is what came."""
    trace = parse(PARENT)
    assert trace is not None
    assert (trace.traceparent, trace.sampled) == (PARENT, True)
    assert TraceContext(TRACE, SPAN, 2).sampled is False


@pytest.mark.parametrize("kind", ["error", "sync", "async"])
def test_log_records_have_both(caplog: pytest.LogCaptureFixture, kind: str) -> None:
    """Those of the framework as well as a handler's own, by the filter; `LoggingConfig` names them as fields."""
    caplog.handler.addFilter(RequestIDFilter())
    caplog.set_level(logging.INFO)
    api = told(logging_config=LoggingConfig(request_log_fields={"request_id", "trace_id"}))
    ask(api, f"/{kind}", BOTH, "X-Request-ID: abc", f"traceparent: {PARENT}")
    found = [vars(record) for record in caplog.records if record.name.startswith("django_bolt") or record.exc_info]
    assert found
    assert {(record["request_id"], record["trace_id"]) for record in found} == {("abc", TRACE)}


def test_the_filter_outside_of_requests() -> None:
    """A formatter that names the fields finds them always; what a record says itself stays."""
    record = logging.makeLogRecord({"trace_id": "mine"})
    assert RequestIDFilter().filter(record) is True
    assert (vars(record)["request_id"], vars(record)["trace_id"]) == ("-", "mine")


@pytest.mark.parametrize("value", [1, "take", None])
def test_another_setting_is_refused(value: Any) -> None:
    """With what it takes."""
    with pytest.raises(ConfigError, match="give True, False or 'make'"):
        TracingSettings(request_id=value)
    with pytest.raises(ConfigError, match="give True or False"):
        TracingSettings(trace_context=value)
