"""A request's whole way: raw bytes in, through the engine and a handler, raw bytes out."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any

import pytest
from bolt_core import BoltAPI, Request
from raw_client import Served

JSON_POST = "POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"


def test_async_and_sync_handlers_answer(served: Callable[..., Served]) -> None:
    """An `async def` and a `def` handler both answer with JSON."""
    api = BoltAPI()

    @api.get("/async")
    async def in_loop() -> dict[str, str]:
        return {"on": "loop"}

    @api.get("/sync")
    def in_pool() -> dict[str, str]:
        return {"on": "pool"}

    server = served(api)

    assert server.get("/async").json() == {"on": "loop"}
    assert server.get("/sync").json() == {"on": "pool"}


def test_arguments_come_from_path_query_and_body(served: Callable[..., Served]) -> None:
    """Each parameter is read from its place and has its type."""
    api = BoltAPI()

    @api.post("/items/{item_id}")
    async def update(item_id: int, data: dict[str, int], q: str, limit: int = 10) -> list[Any]:
        return [item_id, data, q, limit]

    server = served(api)
    body = b'{"a": 1}'
    head = JSON_POST.format(path="/items/7?q=caf%C3%A9+x", length=len(body)).encode()

    assert server.send(head + body).json() == [7, {"a": 1}, "café x", 10]


def test_every_wrong_parameter_is_reported(served: Callable[..., Served]) -> None:
    """A request with two wrong parameters gets 422 with both."""
    api = BoltAPI()

    @api.get("/items/{item_id}")
    async def get(item_id: int, page: int, size: float = 1.0) -> None:
        return None

    answer = served(api).get("/items/x?size=nan")

    assert answer.status == 422
    assert [problem["loc"] for problem in answer.json()["detail"]] == [
        ["path", "item_id"],
        ["query", "page"],
        ["query", "size"],
    ]


def test_a_request_runs_in_its_own_context(served: Callable[..., Served]) -> None:
    """A context variable set in one request is not seen in the next, on the loop or in the pool."""
    seen: contextvars.ContextVar[str] = contextvars.ContextVar("seen", default="nothing")
    api = BoltAPI()

    @api.get("/async")
    async def on_loop() -> str:
        before = seen.get()
        seen.set("leaked")
        await asyncio.sleep(0)
        return before

    @api.get("/sync")
    def in_pool() -> str:
        before = seen.get()
        seen.set("leaked")
        return before

    server = served(api)

    for path in ("/async", "/sync"):
        assert [server.get(path).body for _ in range(3)] == [b"nothing"] * 3


def test_handlers_are_real_tasks(served: Callable[..., Served]) -> None:
    """`current_task`, `timeout` and task groups work in a handler."""
    api = BoltAPI()

    @api.get("/")
    async def tasks() -> list[int]:
        assert asyncio.current_task() is not None
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            running = [group.create_task(asyncio.sleep(0, number)) for number in range(3)]
        return [task.result() for task in running]

    assert served(api).get("/").json() == [0, 1, 2]


def test_a_waiting_handler_lets_others_run(served: Callable[..., Served]) -> None:
    """While one handler waits, another request on another connection is answered."""
    api, gate = BoltAPI(), threading.Event()

    @api.get("/wait")
    async def wait() -> str:
        while not gate.is_set():
            await asyncio.sleep(0.001)
        return "waited"

    @api.get("/open")
    async def open_gate() -> str:
        gate.set()
        return "opened"

    server = served(api)
    waiting = server.begin(b"GET /wait HTTP/1.1\r\nHost: test\r\n\r\n")

    assert server.get("/open").body == b"opened"
    assert waiting.answer().body == b"waited"


def test_a_client_that_leaves_cancels_its_handler(served: Callable[..., Served]) -> None:
    """When the client closes its connection the handler's task is cancelled, and its clean-up runs."""
    api, entered, cancelled = BoltAPI(), threading.Event(), threading.Event()

    @api.get("/")
    async def forever() -> None:
        try:
            entered.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    server = served(api)
    client = server.begin(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    assert entered.wait(10)
    client.close()

    assert cancelled.wait(10)


def test_a_route_can_opt_out_of_cancellation(served: Callable[..., Served]) -> None:
    """With `cancel_on_disconnect=False` the handler runs to its end although its client left."""
    api, entered, gate, finished = BoltAPI(), threading.Event(), threading.Event(), threading.Event()

    @api.get("/", cancel_on_disconnect=False)
    async def stubborn() -> str:
        entered.set()
        while not gate.is_set():
            await asyncio.sleep(0.001)
        finished.set()
        return "nobody reads this"

    @api.get("/other")
    async def other() -> str:
        return "served"

    server = served(api)
    client = server.begin(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    assert entered.wait(10)
    client.close()
    assert server.get("/other").body == b"served"
    gate.set()

    assert finished.wait(10)


def test_an_exception_is_a_logged_500_and_the_server_lives(
    served: Callable[..., Served], caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected exception is logged and answered without its text; the next request works."""
    api = BoltAPI()

    @api.get("/async")
    async def on_loop() -> None:
        raise RuntimeError("secret")

    @api.get("/sync")
    def in_pool() -> None:
        raise RuntimeError("secret")

    server = served(api)
    for path in ("/async", "/sync", "/async"):
        answer = server.get(path)
        assert answer.status == 500
        assert b"secret" not in answer.body
    assert [record.exc_info is not None for record in caplog.records if record.levelname == "ERROR"] == [True] * 3


def test_requests_see_their_head(served: Callable[..., Served]) -> None:
    """The request object shows method, paths, query, headers, cookies and path parameters."""
    api = BoltAPI()

    @api.get("/a/{name}")
    async def show(request: Request) -> dict[str, Any]:
        return {
            "method": request.method,
            "path": request.path,
            "raw": request.raw_path,
            "query": dict(request.query_params.lists()),
            "header": request.headers["x-NAME"],
            "cookies": request.cookies,
            "params": request.path_params,
            "auth": request["auth"],
            "user": request.get("auth", {}).get("user_id"),
        }

    head = b"GET /a/x%20y?k=1&k=2 HTTP/1.1\r\nHost: test\r\nX-Name: v\r\nCookie: a=1; b=2\r\n\r\n"

    assert served(api).send(head).json() == {
        "method": "GET",
        "path": "/a/x y",
        "raw": "/a/x%20y",
        "query": {"k": ["1", "2"]},
        "header": "v",
        "cookies": {"a": "1", "b": "2"},
        "params": {"name": "x y"},
        "auth": {},
        "user": None,
    }


def test_pipelined_requests_are_answered_in_order(served: Callable[..., Served]) -> None:
    """Requests sent together are answered in their order, whatever runs them."""
    api = BoltAPI()

    @api.get("/async/{number}")
    async def on_loop(number: int) -> int:
        await asyncio.sleep(0)
        return number

    @api.get("/sync/{number}")
    def in_pool(number: int) -> int:
        return number

    paths = [f"/{kind}/{number}" for number in range(5) for kind in ("sync", "async")]
    client = served(api).begin(b"".join(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode() for path in paths))

    assert [client.answer().json() for _ in paths] == [number for number in range(5) for _ in range(2)]


def test_a_large_reply_is_whole(served: Callable[..., Served]) -> None:
    """A reply that is handed over without a copy arrives as it was made."""
    api = BoltAPI()

    @api.get("/")
    async def large() -> list[int]:
        return list(range(100_000))

    server = served(api)

    assert server.get("/").json() == list(range(100_000))
    assert server.get("/").json() == list(range(100_000))
