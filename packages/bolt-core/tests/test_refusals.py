"""The engine's own refusals, in the application's shape."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from bolt_core import BoltAPI, exceptions
from bolt_core._native import refusals_without_request
from bolt_core.config import ServerConfig
from bolt_core.error_format import ErrorFormat, register_error_defaults
from bolt_core.exceptions import HTTPException, InternalServerError
from bolt_core.refusals import refusals_to_wire, status_exception
from bolt_core.responses import PlainText
from raw_client import Answer, Served

pytestmark = pytest.mark.usefixtures("registries")

HOST = b"Host: test\r\n"
JSON = b"Content-Type: application/json\r\n"

# What has a request, and what comes before one.
PARSED = {
    "no route": (404, b"GET /none HTTP/1.1\r\n" + HOST + b"\r\n"),
    "no method": (405, b"DELETE /items HTTP/1.1\r\n" + HOST + b"\r\n"),
    "wrong host": (400, b"GET /items HTTP/1.1\r\nHost: elsewhere\r\n\r\n"),
    "large body": (413, b"POST /items HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: 11\r\n\r\n" + b"x" * 11),
    "large chunk": (
        413,
        b"POST /items HTTP/1.1\r\n" + HOST + JSON + b"Transfer-Encoding: chunked\r\n\r\nff\r\n",
    ),
    "bad chunk": (400, b"POST /items HTTP/1.1\r\n" + HOST + JSON + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
}
UNPARSED = {
    "no http": (400, b"nonsense\r\n\r\n"),
    "no host": (400, b"GET / HTTP/1.1\r\n\r\n"),
    "two lengths": (400, b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"),
    "long line": (414, b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    "expectation": (417, b"GET / HTTP/1.1\r\n" + HOST + b"Expect: tea\r\n\r\n"),
    "large head": (431, b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 40000 + b"\r\n\r\n"),
    "coding": (501, b"GET / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\n\r\n"),
    "version": (505, b"GET / HTTP/2.0\r\n" + HOST + b"\r\n"),
}
ALL = PARSED | UNPARSED


def api_with(**options: Any) -> BoltAPI:
    api = BoltAPI(**options)

    @api.get("/items")
    async def items() -> None: ...

    @api.post("/items")
    async def create(data: dict[str, Any]) -> None: ...

    return api


@pytest.fixture
def ask(served: Callable[..., Served]) -> Callable[..., Answer]:
    """The reply to raw bytes, of an application with these options."""

    def send(data: bytes, **options: Any) -> Answer:
        config = ServerConfig(max_body_size=10, allowed_hosts=("test",))
        return served(api_with(**options), config).send(data)

    return send


@pytest.mark.parametrize("case", ALL)
def test_a_refusal_has_the_one_shape(case: str, ask: Callable[..., Answer]) -> None:
    """Whether or not the request could be read."""
    status, data = ALL[case]
    reply = ask(data)

    assert (reply.status, reply.headers["content-type"]) == (status, "application/json")
    assert [type(value) for value in reply.json().values()] == [str]
    assert list(reply.json()) == ["detail"]


@pytest.mark.parametrize("case", ALL)
def test_a_refusal_is_a_problem(case: str, ask: Callable[..., Answer]) -> None:
    """Where the application's errors are; without an instance, which would echo the path."""
    status, data = ALL[case]
    reply = ask(data, problem_details=True)

    assert (reply.status, reply.headers["content-type"]) == (status, "application/problem+json")
    assert list(reply.json()) == ["type", "title", "status", "detail"]
    assert (reply.json()["type"], reply.json()["status"]) == ("about:blank", status)


@pytest.mark.parametrize("case", ALL)
def test_a_formatter_words_refusals(case: str, ask: Callable[..., Answer]) -> None:
    """With the request where there is one."""
    status, data = ALL[case]

    def shape(error: HTTPException, request: Any) -> Any:
        return {"status": error.status_code, "said": error.detail, "path": request and request.path}

    said = ask(data).json()["detail"]
    reply = ask(data, error_formatter=shape)

    path = ("/none" if status == 404 else "/items") if case in PARSED else None
    assert reply.json() == {"status": status, "said": said, "path": path}
    assert reply.status == status


def test_required_fields_survive_a_formatter(ask: Callable[..., Answer]) -> None:
    """`Allow` with a 405, whatever the formatter returns."""
    reply = ask(PARSED["no method"][1], error_formatter=lambda error, request: PlainText("no", status_code=200))

    assert (reply.status, reply.headers["allow"], reply.body) == (405, "GET, HEAD, OPTIONS, POST", b"no")


def test_a_broken_formatter_leaves_the_standard_shape(
    ask: Callable[..., Answer], caplog: pytest.LogCaptureFixture
) -> None:
    """Logged when it happens: at the start, and once, for what has no request."""
    for case in ("no route", "no host"):
        status, data = ALL[case]
        caplog.clear()
        reply = ask(data, problem_details=True, error_formatter=lambda error, request: 1 / 0)
        assert (reply.status, reply.json()["status"]) == (status, status)
        assert caplog.records[-1].exc_info is not None
        assert caplog.records[-1].levelno == logging.ERROR
        # Once at the start, and once for what has a request.
        assert len(caplog.records) == (2 if case == "no route" else 1)


def test_head_gets_no_body(served: Callable[..., Served]) -> None:
    """Whoever words the refusal; the length is that of the body of GET."""
    for options in ({}, {"problem_details": True}, {"error_formatter": lambda error, request: "no"}):
        server = served(api_with(**options))
        reply = server.send(b"HEAD /none HTTP/1.1\r\n" + HOST + b"\r\n", head=True)
        assert (reply.status, reply.body) == (404, b"")
        assert int(reply.headers["content-length"]) == len(server.get("/none").body)


def test_a_formatter_runs_once_for_each_refusal(served: Callable[..., Served]) -> None:
    """On the loop, and never for what was prepared; a connection goes on after it as it would without."""
    seen: list[Any] = []

    def shape(error: HTTPException, request: Any) -> Any:
        seen.append((error.status_code, request and request.path, asyncio._get_running_loop() is not None))
        return {}

    server = served(api_with(error_formatter=shape))
    server.get("/items")
    assert [path for _, path, _ in seen] == [None] * len(refusals_without_request())
    seen.clear()
    client = server.begin(PARSED["no route"][1] * 2)
    assert [client.answer().status, client.answer().status] == [404, 404]
    server.send(UNPARSED["no http"][1])

    assert seen == [(404, "/none", True)] * 2


def test_no_python_runs_for_a_refusal_by_default(served: Callable[..., Served], monkeypatch: Any) -> None:
    """Not even where other errors of the application do."""
    monkeypatch.setattr("bolt_core.refusals.write_error", lambda *args: 1 / 0)

    for options in ({}, {"problem_details": True}):
        api = api_with(**options)
        assert refusals_to_wire(api.freeze().errors)["plan"] is None
        assert served(api).get("/none").status == 404


def test_the_process_may_say_the_shape(served: Callable[..., Served]) -> None:
    """Asked when the server starts."""
    register_error_defaults(lambda: ErrorFormat(True, lambda error, request: {"by": "default"}))

    assert served(api_with()).get("/none").json() == {"by": "default"}
    assert served(api_with(error_formatter=lambda error, request: {"by": "api"})).get("/none").json() == {"by": "api"}


def test_the_last_resort_has_the_shape(served: Callable[..., Served], monkeypatch: Any) -> None:
    """Where the error path itself fails."""
    monkeypatch.setattr("sys.unraisablehook", lambda unraisable: None)
    api = api_with(problem_details=True)

    @api.get("/lost")
    async def lost() -> None:
        raise KeyError

    def fails(*args: Any) -> Any:
        raise LookupError

    monkeypatch.setattr("bolt_core.dispatch.error", fails)

    assert served(api).get("/lost").json()["title"] == InternalServerError().detail


def test_the_class_of_a_status() -> None:
    """So that one handler hears of the engine's refusals and of the same exception raised by hand."""
    assert type(status_exception(413, "too large")) is exceptions.PayloadTooLarge
    assert type(status_exception(499)) is HTTPException
    assert status_exception(405, headers={"allow": "GET"}).headers == {"allow": "GET"}
