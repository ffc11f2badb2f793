"""What exceptions become: whose handler is asked, what it may answer, what is reported."""

import asyncio
import logging
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import msgspec
import pytest
from bolt_core import BoltAPI, Router
from bolt_core.errors import on_exception, register_exception_adapter
from bolt_core.exceptions import (
    Conflict,
    Gone,
    HTTPException,
    NotFound,
    RequestValidationError,
    TooManyRequests,
)
from bolt_core.responses import PlainText, StreamingResponse
from raising import BOTH, Shop, SoldOut, answer, api_raising, raising
from raw_client import Served

pytestmark = pytest.mark.usefixtures("registries")


@BOTH
@pytest.mark.parametrize("asynchronous", [True, False])
def test_a_handler_answers_with_what_a_route_may_return(
    served: Callable[..., Served], path: str, asynchronous: bool
) -> None:
    """With status 500 unless it says another; subclasses included, from `async def` and `def` routes alike."""
    results: list[Any] = [{"a": 1}, ({"a": 1}, 409), PlainText("no", status_code=418), PlainText("no"), None]
    api = api_raising(SoldOut)

    async def later(request: Any, exc: Any) -> Any:
        await asyncio.sleep(0)
        return results[0]

    api.exception_handler(Shop)(later if asynchronous else lambda request, exc: results[0])
    server = served(api)
    said = []
    while results:
        reply = server.get(path)
        said.append((reply.status, reply.headers["content-type"], reply.body))
        results.pop(0)

    assert said == [
        (500, "application/json", b'{"a":1}'),
        (409, "application/json", b'{"a":1}'),
        (418, "text/plain; charset=utf-8", b"no"),
        (500, "text/plain; charset=utf-8", b"no"),
        (500, "application/json", b"null"),
    ]


@BOTH
def test_a_def_handler_never_runs_on_the_loop(served: Callable[..., Served], path: str) -> None:
    """Not even for an `async def` route; an async one does."""
    where: list[bool] = []

    def on_loop() -> bool:
        return asyncio._get_running_loop() is not None

    async def asynchronous(request: Any, exc: Any) -> None:
        where.append(on_loop())

    def synchronous(request: Any, exc: Any) -> None:
        where.append(on_loop())

    for handler in (asynchronous, synchronous):
        api = api_raising(Shop)
        api.exception_handler(Shop)(handler)
        served(api).get(path)

    assert where == [True, False]


@BOTH
def test_the_nearest_class_wins_then_the_nearest_place(served: Callable[..., Served], path: str) -> None:
    """Route, router, outer router, application; a router's hold for its own routes alone, declared before or after."""

    def named(name: str) -> Any:
        return lambda request, exc: (name, 409)

    api, outer, inner = BoltAPI(), Router("/outer"), Router("/inner")
    is_async = path == "/async"
    inner.get("/own", exception_handlers={SoldOut: named("route")})(raising(SoldOut, is_async=is_async))
    inner.get("/shop")(raising(Shop, is_async=is_async))
    inner.get("/sold")(raising(SoldOut, is_async=is_async))
    inner.get("/key")(raising(KeyError, is_async=is_async))
    outer.include(inner)
    outer.get("/sold")(raising(SoldOut, is_async=is_async))
    api.include(outer)
    api.get("/sold")(raising(SoldOut, is_async=is_async))
    api.get("/value")(raising(ValueError, is_async=is_async))
    inner.exception_handler(Shop)(named("inner shop"))
    outer.exception_handler(SoldOut)(named("outer sold"))
    outer.exception_handler(Shop)(named("outer shop"))
    api.exception_handler(SoldOut)(named("app sold"))
    api.exception_handler(LookupError)(named("app lookup"))
    api.exception_handler(Exception)(named("app"))
    server = served(api)

    paths = ("/outer/inner/own", "/outer/inner/shop", "/outer/inner/sold", "/outer/inner/key", "/outer/sold")
    assert [server.get(one).body.decode() for one in (*paths, "/sold", "/value")] == [
        "route",
        "inner shop",
        "outer sold",
        "app lookup",
        "outer sold",
        "app sold",
        "app",
    ]


@BOTH
def test_handlers_come_before_adapters_of_the_process(served: Callable[..., Served], path: str) -> None:
    """For the same class; an adapter of a nearer one comes before a handler of a wider one."""
    register_exception_adapter(Shop, lambda exc, request: NotFound("adapter"))
    register_exception_adapter(IndexError, lambda exc, request: NotFound("adapter"))
    register_exception_adapter(KeyError, lambda exc, request: None)
    replies = []
    for raised in (SoldOut, IndexError, KeyError):
        api = api_raising(raised)
        api.exception_handler(Shop)(lambda request, exc: ("shop", 409))
        api.exception_handler(Exception)(lambda request, exc: ("any", 409))
        reply = served(api).get(path)
        replies.append(reply.body)

    assert replies == [b"shop", b'{"detail":"adapter"}', b"any"]


@BOTH
def test_http_exceptions_have_handlers_too(served: Callable[..., Served], path: str) -> None:
    """Their status is the default, what the status cannot do without is kept, and `Exception` does not mean them."""
    seen: list[Any] = []

    def handler(request: Any, exc: HTTPException) -> Any:
        seen.append(exc.detail)
        return {"code": exc.status_code}

    for raised in (TooManyRequests("slow", retry_after=3), Gone("left alone")):
        api = api_raising(raised)
        api.exception_handler(TooManyRequests)(handler)
        api.exception_handler(Exception)(lambda request, exc: {"any": 1})
        reply = served(api).get(path)
        seen.append((reply.status, reply.headers.get("retry-after"), reply.json()))

    assert seen == ["slow", (429, "3", {"code": 429}), (410, None, {"detail": "left alone"})]


@BOTH
def test_what_an_adapter_makes_has_handlers(served: Callable[..., Served], path: str) -> None:
    """So that one handler answers for every 404."""
    register_exception_adapter(LookupError, lambda exc, request: NotFound("adapted"))
    api = api_raising(KeyError("x"))
    api.exception_handler(NotFound)(lambda request, exc: {"said": exc.detail, "of": type(exc.__cause__).__name__})

    reply = served(api).get(path)

    assert (reply.status, reply.json()) == (404, {"said": "adapted", "of": "KeyError"})


@pytest.mark.parametrize("is_async", [True, False])
def test_requests_that_do_not_fit_have_a_handler(served: Callable[..., Served], is_async: bool) -> None:
    """That of `RequestValidationError`, or of a class above it."""

    async def on_loop(n: int) -> None: ...

    def in_pool(n: int) -> None: ...

    for exc_type in (RequestValidationError, HTTPException):
        api = BoltAPI()
        api.get("/")(on_loop if is_async else in_pool)

        @api.exception_handler(exc_type)
        def handler(request: Any, exc: Any) -> Any:
            return {"wrong": [error["loc"] for error in exc.errors]}

        reply = served(api).get("/?n=x")
        assert (reply.status, reply.json()) == (422, {"wrong": [["query", "n"]]})


@BOTH
@pytest.mark.parametrize("asynchronous", [True, False])
def test_a_handler_may_raise(
    served: Callable[..., Served], path: str, asynchronous: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """An `HTTPException`, what it was asked about, or by mistake; no other handler is asked then."""
    raised: list[BaseException] = [Conflict("taken"), SoldOut(), ZeroDivisionError("secret")]

    def fails(request: Any, exc: Any) -> Any:
        raise raised[0]

    async def fails_later(request: Any, exc: Any) -> Any:
        await asyncio.sleep(0)
        raise raised[0]

    api = api_raising(SoldOut)
    api.exception_handler(SoldOut)(fails_later if asynchronous else fails)
    api.exception_handler(Exception)(answer)
    api.exception_handler(Conflict)(answer)
    server, replies = served(api), []
    while raised:
        reply = server.get(path)
        replies.append((reply.status, reply.json()["detail"]))
        raised.pop(0)

    assert replies == [(409, "taken"), (500, "Internal Server Error"), (500, "Internal Server Error")]
    last = caplog.records[-1].exc_info
    assert last is not None
    assert isinstance(last[1], ZeroDivisionError)
    assert isinstance(last[1].__context__, SoldOut)


@BOTH
def test_the_exception_is_the_current_one_inside_its_handler(served: Callable[..., Served], path: str) -> None:
    """So `logging.exception()` works there, and the traceback begins where it was raised."""
    seen: list[Any] = []

    def note(exc: Any) -> None:
        seen.append((sys.exc_info()[1] is exc, exc.__traceback__.tb_frame.f_code.co_name))

    def synchronous(request: Any, exc: Any) -> None:
        note(exc)

    async def asynchronous(request: Any, exc: Any) -> None:
        await asyncio.sleep(0)
        note(exc)

    for handler in (synchronous, asynchronous):
        api = api_raising(Shop)
        api.exception_handler(Shop)(handler)
        served(api).get(path)

    assert seen == [(True, "on_loop" if path == "/async" else "in_pool")] * 2


@pytest.mark.parametrize("asynchronous", [True, False])
@pytest.mark.parametrize("kind", ["async", "sync"])
def test_streams_that_fail_at_once_have_handlers(served: Callable[..., Served], kind: str, asynchronous: bool) -> None:
    """Nothing was sent yet."""

    async def pieces() -> AsyncIterator[str]:
        raise Shop
        yield ""

    def sync_pieces() -> Iterator[str]:
        raise Shop
        yield ""

    api = BoltAPI()

    @api.get("/")
    async def stream() -> Any:
        return StreamingResponse(pieces() if kind == "async" else sync_pieces())

    async def later(request: Any, exc: Any) -> Any:
        await asyncio.sleep(0)
        return "closed", 409

    api.exception_handler(Shop)(later if asynchronous else lambda request, exc: ("closed", 409))
    reply = served(api).get("/")

    assert (reply.status, reply.body) == (409, b"closed")


@BOTH
def test_cancellation_is_never_handled(served: Callable[..., Served], path: str) -> None:
    """Nobody answers for a client that left, and a handler of exceptions that waits is cancelled, too."""
    begun, ended, handled = threading.Event(), threading.Event(), []
    api = BoltAPI()

    @api.get("/async")
    async def waits() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    @api.get("/sync")
    def fails() -> None:
        raise Shop

    @api.exception_handler(Shop)
    async def slow(request: Any, exc: Any) -> None:
        await waits()

    @api.exception_handler(Exception)
    def any_other(request: Any, exc: Any) -> None:
        handled.append(exc)

    server = served(api)
    client = server.begin(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    server.run_until(begun)
    client.close()
    server.run_until(ended)
    server.get("/none")

    assert handled == []


@BOTH
def test_what_is_reported(served: Callable[..., Served], path: str, caplog: pytest.LogCaptureFixture) -> None:
    """From 500 on an ERROR with its traceback, below that at DEBUG; trackers hear of what only `Exception` caught."""
    caplog.set_level(logging.DEBUG, "bolt_core")
    heard: list[BaseException] = []
    on_exception(lambda exc, request: heard.append(exc))
    expected, unexpected, client = Shop(), KeyError(), IndexError()
    for exc in (expected, unexpected, client):
        api = api_raising(exc)
        api.exception_handler(Shop)(answer)
        api.exception_handler(Exception)(answer)
        api.exception_handler(IndexError)(lambda request, exc: ("no", 404))
        served(api).get(path)

    assert [exc is unexpected for exc in heard] == [True]
    records = [record for record in caplog.records if record.name == "bolt_core"]
    assert [record.levelno for record in records] == [logging.ERROR, logging.ERROR, logging.DEBUG]
    assert [record.exc_info and record.exc_info[1] for record in records] == [expected, unexpected, None]
    assert all("in raising.raising" in record.getMessage() for record in records)


@pytest.mark.parametrize("is_async", [True, False])
def test_exceptions_while_a_request_is_read_are_those_of_its_handler(
    served: Callable[..., Served], is_async: bool
) -> None:
    """A model's own check may answer with a status, or fail in a way that has a handler."""

    class Order(msgspec.Struct):
        number: int

        def __post_init__(self) -> None:
            if self.number == 0:
                raise Gone("no such order")
            if self.number == 1:
                raise SoldOut

    async def on_loop(order: Order) -> None: ...

    def in_pool(order: Order) -> None: ...

    api = BoltAPI()
    api.post("/")(on_loop if is_async else in_pool)
    api.exception_handler(Shop)(lambda request, exc: ("sold out", 409))
    server = served(api)
    head = b"POST / HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n"
    replies = [server.send(head + b'{"number":%d}' % number) for number in (0, 1)]

    assert [(reply.status, reply.body) for reply in replies] == [
        (410, b'{"detail":"no such order"}'),
        (409, b"sold out"),
    ]
