"""What hooks may return to the engine: outcomes, promises of outcomes, and what is called after the reply."""

import asyncio
import contextvars
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from bolt_core import BoltAPI, Request, dispatch
from bolt_core.binding import compile_handler
from raw_client import Served

Finish = Callable[[Any, Any, Any], Any]

seen: contextvars.ContextVar[str] = contextvars.ContextVar("seen", default="nothing")


def api_with(finish: Finish | None = None, error: Finish | None = None) -> BoltAPI:
    """An application with an async and a def handler, and hooks of its own."""
    api = BoltAPI()

    # A set: what the engine does not write itself.
    @api.get("/async")
    async def on_loop() -> Any:
        seen.set("handler")
        return {"loop"}

    @api.get("/waits")
    async def waits() -> Any:
        await asyncio.sleep(0)
        seen.set("handler")
        return {"loop"}

    @api.get("/sync")
    def in_pool() -> Any:
        seen.set("handler")
        return {"pool"}

    @api.get("/missing/{number}")
    async def bound(number: int) -> Any: ...

    hooks = SimpleNamespace(finish=finish or dispatch.finish, error=error or dispatch.error, invalid=dispatch.invalid)
    api._frozen = replace(api.freeze(), hooks=hooks)
    return api


@pytest.mark.parametrize("path", ["/async", "/waits", "/sync"])
@pytest.mark.parametrize("waiting", [True, False])
def test_a_hook_may_promise_its_outcome(served: Callable[..., Served], path: str, waiting: bool) -> None:
    """The promise is kept in a task of the loop's own, in the context that the handler ran in."""
    where: list[Any] = []

    def finish(plan: Any, result: Any, request: Any) -> Any:
        async def promise() -> Any:
            if waiting:
                await asyncio.sleep(0)
            where.append((asyncio.current_task() is not None, seen.get()))
            return 202, [("x-kept", "yes")], b"later"

        return promise()

    answer = served(api_with(finish)).get(path)

    assert (answer.status, answer.headers["x-kept"], answer.body) == (202, "yes", b"later")
    assert where == [(True, "handler")]


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_a_promise_is_any_awaitable_and_may_promise_again(served: Callable[..., Served], path: str) -> None:
    """Not coroutines only; what it comes to may have to be awaited as well."""

    class Twice:
        def __init__(self, left: int) -> None:
            self._left = left

        def __await__(self) -> Any:
            yield from asyncio.sleep(0).__await__()
            return Twice(self._left - 1) if self._left else (200, [], b"kept")

    assert served(api_with(lambda *args: Twice(2))).get(path).body == b"kept"


@pytest.mark.parametrize("path", ["/async", "/sync"])
@pytest.mark.parametrize("asynchronous", [True, False])
def test_a_promise_may_come_to_a_stream(served: Callable[..., Served], path: str, asynchronous: bool) -> None:
    """Of either kind, whichever handler it is for."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    def sync_chunks() -> Iterator[bytes]:
        yield b"a"
        yield b"b"

    async def promise() -> Any:
        await asyncio.sleep(0)
        return 200, [], chunks() if asynchronous else sync_chunks()

    assert served(api_with(lambda *args: promise())).get(path).body == b"ab"


@pytest.mark.parametrize("path", ["/async", "/sync", "/missing/x"])
def test_the_error_hook_may_promise(served: Callable[..., Served], path: str) -> None:
    """Also where arguments were refused."""

    def finish(plan: Any, result: Any, request: Any) -> Any:
        raise LookupError("of the hook")

    async def promise() -> Any:
        await asyncio.sleep(0)
        return 418, [], b"error"

    api = api_with(finish, lambda *args: promise())
    vars(api.freeze().hooks)["invalid"] = lambda *args: promise()

    assert served(api).get(path).status == 418


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_a_stream_that_fails_at_once_may_promise_its_error(served: Callable[..., Served], kind: str) -> None:
    """The producer's own context is entered meanwhile."""

    async def fails() -> AsyncIterator[bytes]:
        raise LookupError
        yield b""

    def fails_in_pool() -> Iterator[bytes]:
        raise LookupError
        yield b""

    async def promise() -> Any:
        for _ in range(3):
            await asyncio.sleep(0)
        return 418, [], seen.get().encode()

    def finish(*args: Any) -> Any:
        return 200, [], fails() if kind == "async" else fails_in_pool()

    server = served(api_with(finish, lambda *args: promise()))

    for path in ("/async", "/sync", "/waits"):
        answer = server.get(path)
        assert (answer.status, answer.body) == (418, b"handler")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_a_broken_promise_is_a_plain_500(served: Callable[..., Served], path: str) -> None:
    """Hooks do not raise; should one, the client still gets an answer."""

    async def promise() -> Any:
        await asyncio.sleep(0)
        raise LookupError("secret")

    answer = served(api_with(lambda *args: promise())).get(path)

    assert answer.status == 500
    assert b"secret" not in answer.body


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_a_promise_is_cancelled_when_its_client_leaves(served: Callable[..., Served], path: str) -> None:
    """As a handler is."""
    begun, cancelled = threading.Event(), threading.Event()

    async def promise() -> Any:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    server = served(api_with(lambda *args: promise()))
    client = server.begin(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    server.run_until(begun)
    client.close()

    server.run_until(cancelled)


@pytest.mark.parametrize("path", ["/async", "/waits", "/sync"])
@pytest.mark.parametrize("kind", ["whole", "async", "sync", "promise"])
def test_after_is_called_on_the_loop_once_the_reply_is_sent(
    served: Callable[..., Served], path: str, kind: str
) -> None:
    """Once for each reply, be it whole, streamed or promised."""
    called, count, on_loop = threading.Event(), [0], [False]

    def after() -> None:
        count[0] += 1
        on_loop[0] = asyncio._get_running_loop() is not None
        called.set()

    async def chunks() -> AsyncIterator[bytes]:
        assert not count[0]
        yield b"x"

    def sync_chunks() -> Iterator[bytes]:
        assert not count[0]
        yield b"x"

    async def promise() -> Any:
        await asyncio.sleep(0)
        return 200, [], b"x", after

    def finish(*args: Any) -> Any:
        bodies: dict[str, Any] = {"whole": b"x", "async": chunks(), "sync": sync_chunks()}
        if kind == "promise":
            return promise()
        return 200, [], bodies[kind], after

    server = served(api_with(finish))
    client = server.begin(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    assert client.answer().body == b"x"
    server.run_until(called)
    called.clear()
    client.send(f"HEAD {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    client.answer(head=True)
    server.run_until(called)

    assert (count, on_loop) == ([2], [True])


@pytest.mark.parametrize("path", ["/async", "/sync"])
def test_after_is_called_when_the_client_leaves(served: Callable[..., Served], path: str) -> None:
    """In the middle of a stream."""
    called = threading.Event()

    def forever() -> Iterator[bytes]:
        while True:
            yield b"x" * 65536

    server = served(api_with(lambda *args: (200, [], forever(), called.set)))
    client = server.begin(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    client.peek()
    assert not called.is_set()
    client.close()

    server.run_until(called)


def test_a_failing_after_does_no_harm(served: Callable[..., Served], capsys: pytest.CaptureFixture[str]) -> None:
    """The connection goes on."""

    def after() -> None:
        raise LookupError("after the reply")

    told: list[Any] = []
    hook, sys.unraisablehook = sys.unraisablehook, lambda unraisable: told.append(unraisable.exc_value)
    try:
        server = served(api_with(lambda *args: (200, [], b"x", after)))
        client = server.begin(b"GET /async HTTP/1.1\r\nHost: test\r\n\r\n" * 2)
        assert [client.answer().body, client.answer().body] == [b"x", b"x"]
        server.close()
    finally:
        sys.unraisablehook = hook

    assert [type(error) for error in told] == [LookupError, LookupError]


def test_dispatch_turns_a_failing_promise_into_an_error(make_request: Callable[..., Any]) -> None:
    """`finish` answers for what an adapter promises as for what it does at once."""

    def handler() -> Any: ...

    plan = compile_handler(handler, "/", "GET")

    async def fails() -> Any:
        raise LookupError

    promise: Awaitable[Any] = dispatch._kept(plan, fails(), make_request())
    assert asyncio.run(promise)[0] == 500  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/at-once", "/waits", "/sync"])
def test_hooks_see_the_request_that_the_handler_saw(served: Callable[..., Served], path: str) -> None:
    """The same object, with what the handler left on it."""
    api = BoltAPI()

    @api.get("/at-once")
    async def at_once(request: Request) -> Any:
        request.state["left"] = 1
        return {1}

    @api.get("/waits")
    async def waits(request: Request) -> Any:
        request.state["left"] = 1
        await asyncio.sleep(0)
        return {1}

    @api.get("/sync")
    def in_pool(request: Request) -> Any:
        request.state["left"] = 1
        return {1}

    def finish(plan: Any, result: Any, request: Any) -> Any:
        return 200, [], str(request.state).encode()

    api._frozen = replace(
        api.freeze(), hooks=SimpleNamespace(finish=finish, error=dispatch.error, invalid=dispatch.invalid)
    )

    assert served(api).get(path).body == b"{'left': 1}"
