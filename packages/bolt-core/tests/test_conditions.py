"""`etag`, `last_modified` and `condition`: what is asked before a handler runs, and what comes of it."""

import asyncio
import datetime as dt
import functools
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from bolt_core import BoltAPI, ConfigError, FileResponse, Request, Response, Router
from bolt_core.conditions import condition, etag, last_modified, quote_etag
from raw_client import Served

CHANGED = dt.datetime(2020, 1, 1, 12, 0, 0, 999_999)  # noqa: DTZ001
AT = "Wed, 01 Jan 2020 12:00:00 GMT"
BEFORE = "Wed, 01 Jan 2020 11:59:59 GMT"


def ask(path: str, method: str = "GET", body: bytes = b"", **fields: str) -> bytes:
    if body:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\nHost: test\r\n{lines}\r\n".encode() + body


def on_loop() -> bool:
    return asyncio._get_running_loop() is not None


def version(request: Request, item_id: int) -> str:
    assert not on_loop(), "a def function ran on the event loop"
    return f"v{item_id}"


async def version_later(item_id: int) -> str:
    await asyncio.sleep(0)
    assert on_loop()
    return f"v{item_id}"


def handler_sync(calls: list[str]) -> Callable[..., Any]:
    def handler(item_id: int) -> dict[str, int]:
        calls.append("ran")
        assert not on_loop()
        return {"id": item_id}

    return handler


def handler_async(calls: list[str]) -> Callable[..., Any]:
    async def handler(item_id: int) -> dict[str, int]:
        calls.append("ran")
        assert on_loop()
        return {"id": item_id}

    return handler


@pytest.mark.parametrize("function", [version, version_later])
@pytest.mark.parametrize("make", [handler_sync, handler_async])
def test_functions_are_asked_before_the_handler(
    served: Callable[..., Served], function: Callable[..., Any], make: Callable[..., Any]
) -> None:
    """Sync or async, for a sync or async handler, each where it belongs; a 304 or 412 needs no handler."""
    calls: list[str] = []
    api = BoltAPI()
    handler = etag(function)(make(calls))
    api.get("/{item_id}")(handler)
    api.put("/{item_id}")(handler)
    server = served(api)

    first = server.get("/7")
    assert (first.status, first.json(), first.headers["etag"], calls) == (200, {"id": 7}, '"v7"', ["ran"])
    calls.clear()
    unchanged = server.send(ask("/7", If_None_Match='W/"v7"'))
    assert (unchanged.status, unchanged.body, unchanged.headers["etag"]) == (304, b"", '"v7"')
    failed = server.send(ask("/7", "PUT", If_Match='"v6"'))
    assert (failed.status, failed.json()) == (412, {"detail": "Precondition Failed"})
    assert server.send(ask("/7", "PUT", If_None_Match="*")).status == 412
    assert calls == []
    written = server.send(ask("/7", "PUT", If_Match='"v7"'))
    assert (written.status, "etag" in written.headers, calls) == (200, False, ["ran"])


def test_dates(served: Callable[..., Served]) -> None:
    """A time without a zone is UTC, fractions of a second do not count, and tags come before dates."""
    api = BoltAPI()

    @api.get("/naive")
    @last_modified(lambda: CHANGED)
    async def naive() -> str:
        return "text"

    @api.get("/both")
    @condition(lambda: "1", lambda: CHANGED.replace(tzinfo=dt.timezone(dt.timedelta(hours=1))))
    def both() -> str:
        return "text"

    server = served(api)

    assert server.get("/naive").headers["last-modified"] == AT
    assert server.send(ask("/naive", If_Modified_Since=AT)).status == 304
    assert server.send(ask("/naive", If_Modified_Since=BEFORE)).status == 200
    assert server.send(ask("/naive", If_Unmodified_Since=BEFORE)).status == 412
    assert server.get("/both").headers["last-modified"] == "Wed, 01 Jan 2020 11:00:00 GMT"
    assert server.send(ask("/both", If_None_Match='"2"', If_Modified_Since=AT)).status == 200
    assert server.send(ask("/both", If_None_Match='"1"', If_Modified_Since=BEFORE)).status == 304


def test_stacked_decorators_are_one_condition(served: Callable[..., Served]) -> None:
    """In either order; RFC 9110 §13.2.2 decides between them, not their place."""
    api = BoltAPI()

    @api.get("/")
    @last_modified(lambda: CHANGED)
    @etag(lambda: "1")
    async def stacked() -> str:
        return "text"

    server = served(api)

    assert server.send(ask("/", If_None_Match='"2"', If_Modified_Since=AT)).status == 200
    assert server.get("/").headers["etag"] == '"1"'


def test_what_a_function_takes(served: Callable[..., Served]) -> None:
    """By name: the request, path parameters, also where the handler takes none, and parameters of the handler."""
    api = BoltAPI()

    def named(req: Request, kind: str, page: int = 3) -> str:
        return f"{req.method}-{kind}-{page}"

    def rest(request: Any, *args: Any, **kwargs: Any) -> str:
        return f"{request.path}-{sorted(kwargs.items())}".replace(" ", "")

    @api.get("/named/{kind}")
    @etag(named)
    async def takes_query(request: Request, page: int = 1) -> dict[str, int]:
        return {"page": page}

    @api.get("/rest/{a}/{b}")
    @etag(rest)
    async def keyword(a: int, *, b: str) -> list[Any]:
        return [a, b]

    server = served(api)

    answer = server.get("/named/x?page=2")
    assert (answer.json(), answer.headers["etag"]) == ({"page": 2}, '"GET-x-2"')
    answer = server.get("/rest/1/two")
    assert (answer.json(), answer.headers["etag"]) == ([1, "two"], "\"/rest/1/two-[('a',1),('b','two')]\"")
    assert server.get("/rest/x/two").status == 422


def test_validators_of_every_kind_of_reply(served: Callable[..., Served]) -> None:
    """Files, responses and statuses in tuples carry them; an error does not, and a handler's own tag wins."""
    api = BoltAPI()

    def route(path: str) -> Callable[[Callable[..., Any]], Any]:
        return lambda handler: api.get(path)(etag(lambda: "1")(handler))

    @route("/file")
    async def file() -> FileResponse:
        return FileResponse(__file__)

    @route("/created")
    def created() -> Any:
        return {"a": 1}, 201

    @route("/gone")
    def gone() -> Any:
        return {"a": 1}, 410

    @route("/own")
    async def own() -> Response:
        return Response(b"x", headers={"ETag": '"own"'})

    server = served(api)

    for path in ("/file", "/created"):
        answer = server.get(path)
        assert (answer.status // 100, answer.headers["etag"]) == (2, '"1"'), path
        assert server.send(ask(path, If_None_Match='"1"')).status == 304
    assert server.send(ask("/file", Range="bytes=0-0", If_Range='"1"')).status == 206
    assert "etag" not in server.get("/gone").headers
    assert server.get("/own").headers["etag"] == '"own"'
    assert server.send(ask("/own", If_None_Match='"own"')).status == 304


def test_validators_of_streams(served: Callable[..., Served]) -> None:
    """A stream carries them, and is not begun for a client that has the current content."""
    begun: list[str] = []
    api = BoltAPI()

    @api.get("/sync")
    @etag(lambda: "1")
    def stream() -> Any:
        begun.append("sync")
        yield "a"
        yield "b"

    @api.get("/async")
    @etag(lambda: "1")
    async def stream_async() -> AsyncIterator[str]:
        begun.append("async")
        yield "a"
        yield "b"

    server = served(api)

    for path in ("/sync", "/async"):
        assert server.send(ask(path, If_None_Match='"1"')).status == 304
        assert begun == []
        answer = server.get(path)
        assert (answer.body, answer.headers["etag"], begun.pop()) == (b"ab", '"1"', path[1:])


def test_nothing_known(served: Callable[..., Served]) -> None:
    """`None` is no validator: the handler runs, and `If-Match: *` fails, for there is nothing yet."""
    api = BoltAPI()

    @api.put("/")
    @condition(lambda: None, lambda: None)
    async def create(data: dict[str, int]) -> dict[str, int]:
        return data

    server = served(api)

    assert server.send(ask("/", "PUT", b'{"a":1}', If_None_Match="*")).json() == {"a": 1}
    assert server.send(ask("/", "PUT", b'{"a":1}', If_Match="*")).status == 412


@pytest.mark.parametrize("value", [b"x", 'a"b', "a b", "a\r\nSet-Cookie: x", 3])
def test_what_is_no_tag_is_an_error(
    served: Callable[..., Served], value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Logged, and a 500 without internals; nothing of it reaches the head."""
    api = BoltAPI()

    @api.get("/")
    @etag(lambda: value)
    def handler() -> str:
        return "text"

    answer = served(api).get("/")

    assert (answer.status, answer.json()) == (500, {"detail": "Internal Server Error"})
    assert "set-cookie" not in answer.headers
    assert "tag" in caplog.text


def test_tags_are_quoted_unless_they_are() -> None:
    """As Django's `quote_etag`."""
    assert [quote_etag(tag) for tag in ("a", '"a"', 'W/"a"', "", "é")] == ['"a"', '"a"', 'W/"a"', '""', '"é"']


def test_a_handlers_own_tag(served: Callable[..., Served]) -> None:
    """Without any decorator, an ETag or a Last-Modified among a reply's fields makes it conditional, by the engine."""
    ran = threading.Event()
    api = BoltAPI()

    @api.get("/")
    @api.post("/post")
    def handler() -> Response:
        ran.set()
        return Response("text", headers={"ETag": '"1"', "Cache-Control": "max-age=5", "Content-Language": "de"})

    server = served(api)
    answer = server.send(ask("/", If_None_Match='"0", "1"'))

    assert ran.is_set()
    assert (answer.status, answer.body, answer.headers["cache-control"]) == (304, b"", "max-age=5")
    assert not {"content-type", "content-language"} & set(answer.headers)
    assert server.send(ask("/", If_Match='W/"1"')).status == 412
    assert server.send(ask("/post", "POST", If_Match='"2"', Content_Length="0")).status == 200


def test_a_condition_holds_below_every_prefix(served: Callable[..., Served]) -> None:
    """A router that is included below a path parameter is compiled again, its conditions too."""
    router = Router("/{shop}")

    @router.get("/x")
    @etag(lambda request, shop: f"{request.path_params.get('region')}-{shop}")
    async def handler(request: Request, shop: int) -> int:
        return shop

    api = BoltAPI()
    api.include(router)
    api.include(router, "/in/{region}")

    server = served(api)

    assert server.get("/9/x").headers["etag"] == '"None-9"'
    assert server.get("/in/north/9/x").headers["etag"] == '"north-9"'


def plain() -> str:
    return "text"


class Callable_:
    __slots__ = ()

    def __call__(self) -> str:
        return "text"


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: condition(), "is given no function"),
        (lambda: etag("v1"), "etag_func='v1' is no function"),  # type: ignore[arg-type]
        (lambda: last_modified(dt.datetime), "is no function"),
        (lambda: etag(version)(etag(version)(functools.wraps(plain)(lambda: "x"))), "two functions for one validator"),
        (lambda: etag(version)(Callable_()), "wrap it in a function"),
        (lambda: etag(version)(BoltAPI().get("/late")(functools.wraps(plain)(lambda: "x"))), "decorate it first"),
        (lambda: BoltAPI().get("/")(etag(version)(lambda: "x")), r"GET /: handler .* condition version\(\).*'item_id'"),
        (lambda: BoltAPI().get("/")(etag(lambda q: q)(lambda: "x")), "nor a parameter of the handler"),
        (lambda: BoltAPI().get("/{a}")(etag(lambda a, /: a)(lambda a: "x")), "positional-only"),
    ],
)
def test_misuse_fails_at_registration(mistake: Callable[[], Any], message: str) -> None:
    """With the name of route, handler and function, and what to do."""
    with pytest.raises(ConfigError, match=message):
        mistake()
