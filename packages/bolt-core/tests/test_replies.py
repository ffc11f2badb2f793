"""Replies as a client gets them: streams of items, events, background tasks, negotiation, cookies."""

import asyncio
import contextvars
import math
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import msgspec
import pytest
from bolt_core import BoltAPI, Request, background, reading
from bolt_core.background import BackgroundTask, BackgroundTasks, drain_background
from bolt_core.outcomes import register_result_adapter
from bolt_core.pool import run_in_pool
from bolt_core.responses import JSON, EventSourceResponse, PlainText, Response, ServerSentEvent, StreamingResponse
from raw_client import Served


class Item(msgspec.Struct):
    id: int


def get(server: Served, path: str, **headers: str) -> Any:
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return server.send(f"GET {path} HTTP/1.1\r\nHost: test\r\n{fields}\r\n".encode())


def test_annotated_generators_stream_json_lines(served: Callable[..., Served]) -> None:
    """Each item is checked and filtered by its type, on the loop and in the pool."""
    api = BoltAPI()

    @api.get("/async")
    async def on_loop() -> AsyncIterator[Item]:
        yield Item(1)
        yield {"id": 2, "secret": 3}  # type: ignore[misc]

    @api.get("/sync")
    def in_pool() -> Iterator[dict[str, int]]:
        yield {"id": 1}

    @api.get("/response")
    async def response() -> StreamingResponse:
        return StreamingResponse(iter([{"a": 1}, Item(2)]), media_type="application/jsonl")

    @api.get("/broken")
    async def broken() -> AsyncIterator[Item]:
        yield {"id": "x"}  # type: ignore[misc]

    server = served(api)

    answer = server.get("/async")
    assert (answer.headers["content-type"], answer.body) == ("application/jsonl", b'{"id":1}\n{"id":2}\n')
    assert server.get("/sync").body == b'{"id":1}\n'
    assert server.get("/response").body == b'{"a":1}\n{"id":2}\n'
    assert server.get("/broken").status == 500


@pytest.mark.parametrize("path", ["/async", "/sync", "/annotated"])
def test_events_arrive_with_their_headers(served: Callable[..., Served], path: str) -> None:
    """From both kinds of generators; data that is no text is JSON."""
    api = BoltAPI()

    def events() -> Iterator[Any]:
        yield ServerSentEvent("a\nb", event="e", id="1")
        yield "text"
        yield {"n": 1}

    async def async_events() -> AsyncIterator[Any]:
        for event in events():
            yield event

    @api.get("/async")
    async def on_loop() -> EventSourceResponse:
        return EventSourceResponse(async_events(), retry=500)

    @api.get("/sync")
    def in_pool() -> EventSourceResponse:
        return EventSourceResponse(events(), retry=500)

    @api.get("/annotated")
    async def annotated() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent(retry=500)
        async for event in async_events():
            yield event

    answer = served(api).get(path)

    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.body == b'retry: 500\n\nevent: e\nid: 1\ndata: a\ndata: b\n\ndata: text\n\ndata: {"n":1}\n\n'


def test_a_silent_event_stream_is_kept_open(served: Callable[..., Served]) -> None:
    """A comment opens it; the generator is not disturbed, and closed when its client leaves while it waits."""
    api, go_on, closed = BoltAPI(), threading.Event(), threading.Event()

    async def events() -> AsyncIterator[str]:
        try:
            while not go_on.is_set():
                await asyncio.sleep(0)
            yield "late"
            await asyncio.Event().wait()
        finally:
            closed.set()

    @api.get("/")
    async def on_loop() -> EventSourceResponse:
        return EventSourceResponse(events(), ping=0.02)

    server = served(api)
    client = server.begin(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    received = b""
    while b": keep-alive" not in received:
        received += client.receive(4096)
    go_on.set()
    while b"data: late" not in received:
        received += client.receive(4096)
    client.close()
    server.run_until(closed)


@pytest.mark.parametrize("path", ["/param", "/param-sync", "/response", "/stream"])
def test_background_tasks_run_after_the_reply(served: Callable[..., Served], path: str) -> None:
    """In order, in the request's context; one that fails keeps the others from nothing."""
    api, ran, done = BoltAPI(), [], threading.Event()
    seen: contextvars.ContextVar[str] = contextvars.ContextVar("seen", default="nothing")

    async def first(word: str) -> None:
        ran.append((word, seen.get(), asyncio._get_running_loop() is not None))

    def second() -> None:
        ran.append(("second", seen.get(), asyncio._get_running_loop() is not None))
        done.set()

    def add(tasks: BackgroundTasks) -> BackgroundTasks:
        seen.set("request")
        tasks.add_task(lambda: 1 / 0)
        tasks.add_task(first, "first")
        tasks.add_task(second)
        return tasks

    @api.get("/param")
    async def param(tasks: BackgroundTasks) -> int:
        await asyncio.sleep(0)
        return len(add(tasks))

    api.get("/param-sync")(_counting(add))
    api.get("/response")(lambda: PlainText("3", background=add(BackgroundTasks())))
    api.get("/stream")(lambda: StreamingResponse(iter(["3"]), background=add(BackgroundTasks())))

    server = served(api)
    client = server.begin(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    assert client.answer().body == b"3"
    server.run_until(done)

    assert ran == [("first", "request", True), ("second", "request", False)]


def _counting(add: Callable[[BackgroundTasks], BackgroundTasks]) -> Callable[[BackgroundTasks], int]:
    def param_sync(tasks: BackgroundTasks) -> int:
        return len(add(tasks))

    return param_sync


def test_a_background_task_that_ends_itself_ends_no_other(
    served: Callable[..., Served], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither by an exit on its thread nor by a cancellation that leaks; both are in the log."""
    api, done = BoltAPI(), threading.Event()

    def leave() -> None:
        raise SystemExit(3)

    async def give_up() -> None:
        raise asyncio.CancelledError

    @api.get("/")
    async def on_loop(tasks: BackgroundTasks) -> str:
        for task in (leave, give_up, done.set):
            tasks.add_task(task)
        return "x"

    server = served(api)
    assert server.get("/").body == b"x"
    server.run_until(done)

    assert [record.getMessage().rpartition(".")[2] for record in caplog.records] == ["leave failed", "give_up failed"]
    assert server.get("/").status == 200


def test_background_tasks_run_though_the_client_left(served: Callable[..., Served]) -> None:
    """Before a stream's first chunk: the handler has returned."""
    api, begun, done = BoltAPI(), threading.Event(), threading.Event()

    async def chunks() -> AsyncIterator[str]:
        begun.set()
        await asyncio.Event().wait()
        yield "never"

    @api.get("/")
    async def stream() -> StreamingResponse:
        return StreamingResponse(chunks(), background=BackgroundTask(done.set))

    server = served(api)
    client = server.begin(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    server.run_until(begun)
    client.close()

    server.run_until(done)


@pytest.mark.usefixtures("registries")
def test_background_tasks_run_though_nobody_waits_for_the_result(
    served: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is read off the loop the client leaves: the handler has returned."""
    api, begun, done = BoltAPI(), threading.Event(), threading.Event()
    requests: list[Request] = []

    class Lazy: ...

    def read(_lazy: Lazy, _request: Request) -> int:
        if asyncio._get_running_loop() is not None:
            raise LookupError
        return 1

    async def elsewhere(function: Callable[[], Any]) -> Any:
        begun.set()
        while not requests[0]._gone:
            await asyncio.sleep(0)
        # By now the wait for this has been cancelled.
        for _ in range(20):
            await asyncio.sleep(0)
        return await run_in_pool(function)

    @api.get("/")
    async def lazy(request: Request, tasks: BackgroundTasks) -> Any:
        requests.append(request)
        tasks.add_task(done.set)
        return Lazy()

    register_result_adapter(Lazy, read)
    monkeypatch.setattr(reading, "_off_loop", [(elsewhere, (LookupError,))])
    server = served(api)
    client = server.begin(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    server.run_until(begun)
    client.close()

    server.run_until(done)


def test_background_tasks_do_not_run_for_a_handler_that_raised(served: Callable[..., Served]) -> None:
    """What the handler wanted did not happen."""
    api, ran = BoltAPI(), []

    @api.get("/raises")
    async def raises(tasks: BackgroundTasks) -> None:
        tasks.add_task(ran.append, 1)
        raise LookupError

    server = served(api)
    assert server.get("/raises").status == 500
    server.close()
    assert not ran


def test_after_commit_needs_an_integration(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says which."""
    monkeypatch.setattr(background, "_after_commit", [])
    with pytest.raises(RuntimeError, match="bolt_django"):
        BackgroundTasks().add_task(print, after_commit=True)
    with pytest.raises(TypeError, match="do not call it yourself"):
        BackgroundTask(None)  # type: ignore[arg-type]


def test_draining_waits_for_tasks() -> None:
    """And for nothing when there are none."""
    asyncio.run(drain_background())


def test_a_client_chooses_between_json_and_msgpack(served: Callable[..., Served]) -> None:
    """By its Accept; caches are told. Routes without media types do not look."""
    api = BoltAPI(media_types=["application/json", "application/msgpack"])

    @api.get("/data")
    async def data() -> dict[str, int]:
        return {"a": 1}

    @api.get("/json", media_types=["application/json"])
    async def json_only() -> dict[str, int]:
        return {"a": 1}

    @api.get("/strict", strict_accept=True)
    async def strict() -> dict[str, int]:
        return {"a": 1}

    server = served(api)
    for accept, expected in [
        ("*/*", "application/json"),
        ("application/msgpack", "application/msgpack"),
        ("application/vnd.msgpack", "application/vnd.msgpack"),
        ("application/json;q=0.5, application/msgpack;q=0.9", "application/msgpack"),
        ("text/html", "application/json"),
    ]:
        answer = get(server, "/data", Accept=accept)
        assert (answer.headers["content-type"], answer.headers["vary"]) == (expected, "Accept")
        decode = msgspec.msgpack.decode if "msgpack" in expected else msgspec.json.decode
        assert decode(answer.body) == {"a": 1}
    assert get(server, "/json", Accept="application/msgpack").headers["content-type"] == "application/json"
    assert get(server, "/strict", Accept="text/html").status == 406
    assert get(server, "/strict", Accept="application/*").status == 200


def test_strict_json_refuses_nan(served: Callable[..., Served], caplog: pytest.LogCaptureFixture) -> None:
    """Null otherwise, also where a model asks for a number."""

    class Reading(msgspec.Struct):
        value: float

    api = BoltAPI()

    @api.get("/plain")
    async def plain() -> Any:
        return {"a": [math.nan, math.inf]}

    @api.get("/model")
    async def model() -> Reading:
        return Reading(math.nan)

    @api.get("/strict", strict_json=True)
    async def strict() -> Any:
        return {"a": [1.0, None, math.inf]}

    @api.get("/strict-model", strict_json=True)
    async def strict_model() -> Reading:
        return Reading(math.nan)

    server = served(api)

    assert server.get("/plain").body == b'{"a":[null,null]}'
    assert server.get("/model").body == b'{"value":null}'
    assert server.get("/strict").status == 500
    assert "inf at $.a[2]" in caplog.text
    assert server.get("/strict-model").status == 500


@pytest.mark.parametrize("kind", ["events", "lines"])
@pytest.mark.parametrize("strict", [True, False])
def test_strict_json_holds_for_streams(served: Callable[..., Served], kind: str, strict: bool) -> None:
    """Whether a response class makes them or the annotation."""
    api = BoltAPI(strict_json=strict)

    def items() -> Iterator[Any]:
        yield {"a": math.nan}

    @api.get("/response")
    async def response() -> StreamingResponse:
        if kind == "events":
            return EventSourceResponse(items())
        return StreamingResponse(items(), media_type="application/jsonl")

    @api.get("/lines")
    def lines() -> Iterator[dict[str, float]]:
        return items()

    server = served(api)

    for path in ("/response", "/lines"):
        answer = server.get(path)
        assert answer.status == (500 if strict else 200)
        assert (b'{"a":null}' in answer.body) is not strict


def test_headers_and_cookies_of_every_response(served: Callable[..., Served]) -> None:
    """A value with a line break is a 500 and never sent."""
    api = BoltAPI()

    @api.get("/cookie")
    async def cookie() -> JSON:
        made = JSON({})
        made.headers["X-A"] = "1"
        made.set_cookie("a", "x y", max_age=5, httponly=True)
        return made

    @api.get("/split")
    async def split(request: Request) -> Response:
        made = Response(b"")
        made.headers["X-A"] = "a\r\nSet-Cookie: b=c"
        return made

    server = served(api)
    answer = server.get("/cookie")

    assert answer.headers["x-a"] == "1"
    assert answer.headers["set-cookie"] == 'a="x y"; Max-Age=5; Path=/; HttpOnly; SameSite=Lax'
    assert server.get("/split").status == 500
