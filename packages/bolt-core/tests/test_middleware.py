"""Middleware of the framework's own, around routes and around what the engine answers by itself."""

import asyncio
import contextvars
import functools
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from bolt_core import BoltAPI, Middleware, Router, middleware, skip_middleware
from bolt_core.background import BackgroundTasks
from bolt_core.config import ServerConfig
from bolt_core.exceptions import NotFound
from bolt_core.responses import JSON, Response
from raw_client import Answer, Served

pytestmark = pytest.mark.usefixtures("registries")


class Tag(Middleware):
    """Adds its name to a field of the reply, so that the order shows."""

    def __init__(self, get_response: Any, name: str = "tag") -> None:
        super().__init__(get_response)
        self.name = name
        self.calls = 0

    async def __call__(self, request: Any) -> Response:
        """Count, and tag the reply."""
        self.calls += 1
        response = await self.get_response(request)
        response.headers.add("x-tag", f"{self.name}:{response.status_code}:{self.calls}")
        return response


def tagged(name: str) -> Any:
    return functools.partial(Tag, name=name)


def tags(reply: Answer) -> list[str]:
    """Repeated fields are joined by the client."""
    return [value.partition(":")[0] for value in reply.headers.get("x-tag", "").split(", ") if value]


def request(server: Served, method: str, path: str, body: bytes = b"") -> Answer:
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return server.send(f"{method} {path} HTTP/1.1\r\nHost: test\r\n{length}\r\n".encode() + body)


def test_the_order_is_application_router_route_decorator(served: Callable[..., Served]) -> None:
    """Outermost first: the reply passes the decorator's first, and the application's last."""
    api = BoltAPI(middleware=[tagged("app1"), tagged("app2")])
    router = Router("/r", middleware=[tagged("router")])

    @router.get("/x", middleware=[tagged("option")])
    @middleware(tagged("outer"), tagged("inner"))
    async def handler() -> str:
        return "x"

    api.include(router)
    assert tags(served(api).get("/r/x")) == ["inner", "outer", "option", "router", "app2", "app1"]


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_middleware_sees_every_response(served: Callable[..., Served], kind: str) -> None:
    """Results, errors, what cannot be bound, and what the engine answers itself: refusals, methods, redirects."""
    api = BoltAPI(middleware=[Tag])

    async def get(n: int) -> dict[str, int]:
        if n == 1:
            raise NotFound
        if n == 2:
            raise ValueError("unexpected")
        return {"n": n}

    def get_sync(n: int) -> dict[str, int]:
        return asyncio.run(get(n))

    api.get("/items/{n}")(get if kind == "async" else get_sync)

    @api.post("/put/", max_body_size=2)
    async def put(body: dict[str, int]) -> None: ...

    server = served(api)
    expected = {
        ("GET", "/items/3"): 200,
        ("GET", "/items/1"): 404,
        ("GET", "/items/2"): 500,
        ("GET", "/items/x"): 422,
        ("DELETE", "/items/3"): 405,
        ("OPTIONS", "/items/3"): 204,
        ("GET", "/nothing"): 404,
        ("POST", "/put"): 308,
    }
    for count, ((method, path), status) in enumerate(expected.items(), 1):
        reply = request(server, method, path)
        assert (reply.status, reply.headers.get("x-tag")) == (status, f"tag:{status}:{count}")
    assert request(server, "DELETE", "/items/3").headers.get("allow") == "GET, HEAD, OPTIONS"
    assert request(server, "POST", "/put").headers.get("location") == "/put/"
    assert request(server, "POST", "/put/", b"123").status == 413


def test_one_object_serves_all_routes_of_its_place(served: Callable[..., Served]) -> None:
    """What it counts is counted over routes."""
    api = BoltAPI(middleware=[Tag])
    api.get("/a")(lambda: "a")
    api.get("/b")(lambda: "b")
    server = served(api)
    assert [server.get(path).headers.get("x-tag") for path in ("/a", "/b", "/a")] == [
        "tag:200:1",
        "tag:200:2",
        "tag:200:3",
    ]


def test_a_function_is_middleware_as_in_django(served: Callable[..., Served]) -> None:
    """It takes get_response and returns an asynchronous function."""

    def shout(get_response: Any) -> Any:
        async def call(request: Any) -> Response:
            response: Response = await get_response(request)
            response.content = response.content.upper()
            return response

        return call

    api = BoltAPI(middleware=[shout])
    api.get("/")(lambda: "quiet")
    assert served(api).get("/").body == b"QUIET"


def test_middleware_may_answer_itself(served: Callable[..., Served]) -> None:
    """With all that a handler may return; nothing inside runs."""
    called = []

    class Closed(Middleware):
        async def __call__(self, request: Any) -> Any:
            return {"closed": True}, 503

    api = BoltAPI(middleware=[Tag, Closed])
    api.get("/")(lambda: called.append(1))
    reply = served(api).get("/")
    assert (reply.status, reply.body, called) == (503, b'{"closed":true}', [])
    assert reply.headers.get("x-tag") == "tag:503:1"


def test_an_exception_of_middleware_is_answered_as_a_handlers(served: Callable[..., Served]) -> None:
    """By the application's own handlers, and seen by the middleware further out."""

    class Broken(Middleware):
        async def __call__(self, request: Any) -> Any:
            await self.get_response(request)
            raise KeyError("x")

    api = BoltAPI(middleware=[Tag, Broken])

    @api.exception_handler(KeyError)
    async def answer(request: Any, exc: KeyError) -> Response:
        return JSON({"lost": True}, status_code=418)

    api.get("/")(lambda: "x")
    reply = served(api).get("/")
    assert (reply.status, reply.body, reply.headers.get("x-tag")) == (418, b'{"lost":true}', "tag:418:1")


def test_attributes_reach_the_handler(served: Callable[..., Served]) -> None:
    """The request is one object from the outermost middleware to the handler."""

    class User(Middleware):
        async def __call__(self, request: Any) -> Any:
            request.user = "ada"
            return await self.get_response(request)

    api = BoltAPI(middleware=[User])

    @api.get("/async")
    async def read(request: Any) -> str:
        return str(request.user)

    @api.get("/sync")
    def read_sync(request: Any) -> str:
        return str(request.user)

    server = served(api)
    assert [server.get(path).body for path in ("/async", "/sync")] == [b"ada", b"ada"]


def test_a_handler_sees_the_context_that_middleware_set(served: Callable[..., Served]) -> None:
    """On the loop and on the pool; the next request sees nothing of it."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")

    class Sets(Middleware):
        async def __call__(self, request: Any) -> Any:
            before = variable.get()
            variable.set("set")
            response = await self.get_response(request)
            response.headers["x-before"] = before
            return response

    api = BoltAPI(middleware=[Sets])

    @api.get("/async")
    async def read() -> str:
        return variable.get()

    api.get("/sync")(lambda: variable.get())
    server = served(api)
    for path in ("/async", "/sync", "/async"):
        reply = server.get(path)
        assert (reply.body, reply.headers.get("x-before")) == (b"set", "unset")


def test_a_def_handler_stays_off_the_loop(served: Callable[..., Served]) -> None:
    """Middleware runs on the loop's thread, a `def` handler never."""
    threads = {}

    class Notes(Middleware):
        async def __call__(self, request: Any) -> Any:
            threads["middleware"] = threading.get_ident()
            return await self.get_response(request)

    api = BoltAPI(middleware=[Notes])

    @api.get("/")
    def handler() -> None:
        threads["handler"] = threading.get_ident()

    served(api).get("/")
    assert threads["middleware"] != threads["handler"]


def test_streams_pass_through(served: Callable[..., Served]) -> None:
    """Pieces are not gathered; the middleware sees that they come in pieces, and may wrap them."""

    class Wraps(Middleware):
        async def __call__(self, request: Any) -> Any:
            response = await self.get_response(request)
            assert response.streaming
            inner = response.content

            async def upper() -> AsyncIterator[bytes]:
                async for piece in inner:
                    yield piece.upper()

            if hasattr(inner, "__aiter__"):
                response.content = upper()
            return response

    api = BoltAPI(middleware=[Wraps])

    @api.get("/async")
    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    @api.get("/sync")
    def pieces_sync() -> Iterator[bytes]:
        yield b"a"
        yield b"b"

    server = served(api)
    assert [server.get(path).body for path in ("/async", "/sync")] == [b"AB", b"ab"]


def test_background_tasks_run_although_the_response_is_replaced(served: Callable[..., Served]) -> None:
    """The handler has returned, so what it left to do is done."""
    done = threading.Event()

    class Replaces(Middleware):
        async def __call__(self, request: Any) -> Any:
            await self.get_response(request)
            return "replaced"

    api = BoltAPI(middleware=[Replaces])

    @api.get("/")
    async def handler(tasks: BackgroundTasks) -> str:
        tasks.add_task(done.set)
        return "made"

    server = served(api)
    assert server.get("/").body == b"replaced"
    server.run_until(done)


def test_skipping(served: Callable[..., Served]) -> None:
    """A route leaves out what it names, or everything; its neighbours do not."""
    api = BoltAPI(middleware=[Tag, tagged("other")])
    other = api.middleware[1].factory

    @api.get("/one")
    @skip_middleware(Tag)
    async def one() -> None: ...

    @api.get("/all", skip_middleware=["*"])
    async def none_at_all() -> None: ...

    @api.get("/other", skip_middleware=[other])
    async def without_other() -> None: ...

    server = served(api)
    assert tags(server.get("/one")) == ["other"]
    assert tags(server.get("/all")) == []
    assert tags(server.get("/other")) == ["tag"]
    # A refusal of the route's is its own, too.
    assert tags(request(server, "DELETE", "/all")) == []


def test_a_body_that_no_handler_takes_is_there_for_middleware(served: Callable[..., Served]) -> None:
    """Without middleware it would be read and dropped."""

    class Echo(Middleware):
        async def __call__(self, request: Any) -> Any:
            response = await self.get_response(request)
            response.headers["x-body"] = request.body.decode()
            return response

    api = BoltAPI(middleware=[Echo])
    api.post("/")(lambda: "x")
    assert request(served(api), "POST", "/", b"hello").headers.get("x-body") == "hello"


def test_a_client_that_leaves_cancels_middleware(served: Callable[..., Served]) -> None:
    """Where it waits; what it does then is its own."""
    waiting, cancelled = threading.Event(), threading.Event()

    class Waits(Middleware):
        async def __call__(self, request: Any) -> Any:
            waiting.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise

    api = BoltAPI(middleware=[Waits])
    api.get("/")(lambda: "x")
    client = served(api).begin(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert waiting.wait(5)
    client.close()
    assert cancelled.wait(5)


def test_the_largest_body_is_refused_without_a_handler(served: Callable[..., Served]) -> None:
    """The engine's own limit, seen by the middleware of the route that it is refused for."""
    api = BoltAPI(middleware=[Tag])

    @api.post("/")
    async def put(body: dict[str, int]) -> None: ...

    reply = request(served(api, ServerConfig(max_body_size=1)), "POST", "/", b"123")
    assert (reply.status, tags(reply)) == (413, ["tag"])
