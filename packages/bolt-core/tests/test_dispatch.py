"""The slow paths: what results, exceptions and unbindable requests become."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from bolt_core import dispatch, exceptions
from bolt_core.binding import compile_handler
from bolt_core.errors import on_exception, register_exception_adapter, set_error_page
from bolt_core.options import RouteOptions
from bolt_core.outcomes import register_result_adapter
from bolt_core.plan import HandlerPlan
from bolt_core.responses import HTML, JSON, PlainText, Redirect, Response, StreamingResponse
from bolt_core.types import Outcome

JSON_TYPE = ("content-type", "application/json")
TEXT_TYPE = ("content-type", "text/plain; charset=utf-8")

pytestmark = pytest.mark.usefixtures("registries")


class Public(msgspec.Struct):
    name: str


def plan_of(returns: Any = None, **options: Any) -> HandlerPlan:
    def handler() -> Any: ...

    if returns is not None:
        handler.__annotations__["return"] = returns
    return compile_handler(handler, "/", "GET", RouteOptions(**options))  # type: ignore[typeddict-item]


@pytest.fixture
def finish(make_request: Callable[..., Any]) -> Callable[..., Outcome]:
    """`dispatch.finish` for a result and a plan."""

    def call(result: Any, plan: HandlerPlan | None = None) -> Outcome:
        return dispatch.finish(plan or plan_of(), result, make_request())

    return call


@pytest.fixture
def error(make_request: Callable[..., Any]) -> Callable[..., Outcome]:
    """`dispatch.error` for an exception."""

    def call(exc: BaseException, plan: HandlerPlan | None = None) -> Outcome:
        return dispatch.error(plan, exc, make_request(method="GET", path="/x"))

    return call


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ({"a": 1}, (200, [JSON_TYPE], b'{"a":1}')),
        ([1], (200, [JSON_TYPE], b"[1]")),
        (Public("a"), (200, [JSON_TYPE], b'{"name":"a"}')),
        (5, (200, [JSON_TYPE], b"5")),
        (True, (200, [JSON_TYPE], b"true")),
        (Decimal("1.50"), (200, [JSON_TYPE], b'"1.50"')),
        (None, (200, [JSON_TYPE], b"null")),
        ("é", (200, [TEXT_TYPE], "é".encode())),
        (b"\x00", (200, [("content-type", "application/octet-stream")], b"\x00")),
        (({"a": 1}, 201), (201, [JSON_TYPE], b'{"a":1}')),
        (("text", 404), (404, [TEXT_TYPE], b"text")),
        ((None, 204), (204, [], b"")),
        ((1, 2), (200, [JSON_TYPE], b"[1,2]")),
        ((1, 600), (200, [JSON_TYPE], b"[1,600]")),
        ((1, True), (200, [JSON_TYPE], b"[1,true]")),
        ((1, 200, 3), (200, [JSON_TYPE], b"[1,200,3]")),
        ((PlainText("x"), 404), (404, [TEXT_TYPE], b"x")),
        ((PlainText("x", status_code=400), 404), (404, [TEXT_TYPE], b"x")),
        (JSON({"a": 1}, status_code=202), (202, [JSON_TYPE], b'{"a":1}')),
        (HTML("<p>"), (200, [("content-type", "text/html; charset=utf-8")], b"<p>")),
        (Redirect("/x"), (302, [("location", "/x")], b"")),
        (Response(b"x", headers={"x-a": "1"}), (200, [("x-a", "1")], b"x")),
    ],
)
def test_a_result_becomes_an_outcome(result: Any, outcome: Outcome, finish: Callable[..., Outcome]) -> None:
    """Each kind of result with its status and content type."""
    assert finish(result) == outcome


@pytest.mark.parametrize(
    ("returns", "options", "result", "outcome"),
    [
        (type(None), {}, None, (204, [], b"")),
        (type(None), {"status_code": 202}, None, (202, [], b"")),
        (None, {"status_code": 201}, PlainText("x"), (201, [TEXT_TYPE], b"x")),
        (None, {"status_code": 204}, {"a": 1}, (204, [], b"")),
        (tuple[int, int], {}, (1, 404), (200, [JSON_TYPE], b"[1,404]")),
        (Public, {}, {"name": "a", "secret": 1}, (200, [JSON_TYPE], b'{"name":"a"}')),
        (Public, {}, ({"name": "a", "secret": 1}, 201), (201, [JSON_TYPE], b'{"name":"a"}')),
        (Public, {}, ({"error": "x"}, 404), (404, [JSON_TYPE], b'{"error":"x"}')),
        (Public, {}, JSON({"any": 1}), (200, [JSON_TYPE], b'{"any":1}')),
        (None, {"response_model": Public}, JSON({"name": "a", "b": 1}), (200, [JSON_TYPE], b'{"name":"a"}')),
        (None, {"response_model": Public}, JSON({"b": 1}, status_code=400), (400, [JSON_TYPE], b'{"b":1}')),
        (str, {}, "x", (200, [TEXT_TYPE], b"x")),
        (Public | None, {}, None, (200, [JSON_TYPE], b"null")),
    ],
)
def test_the_route_has_its_say(
    returns: Any, options: dict[str, Any], result: Any, outcome: Outcome, finish: Callable[..., Outcome]
) -> None:
    """Status, model and annotation decide with the result; a model holds for successes only."""
    assert finish(result, plan_of(returns, **options)) == outcome


@pytest.mark.parametrize(
    ("returns", "result"), [(Public, {"name": 5}), (Public, "text"), (Public, None), (str, 5), (type(None), {"a": 1})]
)
def test_a_result_that_breaks_its_model_is_a_logged_500(
    returns: Any, result: Any, finish: Callable[..., Outcome], caplog: pytest.LogCaptureFixture
) -> None:
    """The client learns nothing of the mismatch, the log all of it."""
    status, _, body = finish(result, plan_of(returns))

    assert (status, body) == (500, b'{"detail":"Internal Server Error"}')
    assert "does not fit" in caplog.text


def test_generators_stream(finish: Callable[..., Outcome]) -> None:
    """Unstarted, in order; text unless the annotation says bytes."""

    def pieces() -> Iterator[str]:
        yield from ("a", "b")

    async def async_pieces() -> AsyncIterator[str]:
        yield "a"

    status, headers, body = finish(pieces())
    assert (status, headers) == (200, [TEXT_TYPE])
    assert not isinstance(body, bytes | AsyncIterator)
    assert list(body) == ["a", "b"]  # type: ignore[arg-type]
    assert isinstance(finish(async_pieces())[2], AsyncIterator)
    headers = finish(iter([b"x"]), plan_of(Iterator[bytes]))[1]
    assert headers == [("content-type", "application/octet-stream")]


def test_a_streaming_response_keeps_its_iterable(finish: Callable[..., Outcome]) -> None:
    """So that whoever sends it can close it."""
    pieces = ["a", "b"]

    assert finish(StreamingResponse(pieces, media_type="text/event-stream", status_code=201)) == (
        201,
        [("content-type", "text/event-stream")],
        pieces,
    )


def test_an_awaitable_result_says_what_to_do(finish: Callable[..., Outcome], caplog: pytest.LogCaptureFixture) -> None:
    """A wrapper that hides an async handler would lose it silently."""

    async def hidden() -> None: ...

    assert finish(hidden())[0] == 500
    assert "declare it `async def`" in caplog.text


def test_an_awaitable_that_is_no_coroutine_is_told_too(finish: Callable[..., Outcome]) -> None:
    """Futures have nothing to close."""

    async def run() -> int:
        future: Awaitable[None] = asyncio.get_running_loop().create_future()
        return finish(future)[0]

    assert asyncio.run(run()) == 500


@pytest.mark.parametrize(
    "result", [object(), {"a": object()}, Response(headers={"x": "a\r\nb: c"}), JSON({1j: 1}), {"a": "\ud800"}]
)
def test_a_result_that_cannot_be_sent_is_a_logged_500(
    result: Any, finish: Callable[..., Outcome], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is wrong with it."""
    assert finish(result)[:1] == (500,)
    assert caplog.records[0].levelno == logging.ERROR


def test_an_adapter_turns_a_foreign_result_into_one_of_ours(finish: Callable[..., Outcome]) -> None:
    """Also inside `(body, status)`, with the route's model applied."""

    class Query(list[dict[str, str]]):
        pass

    register_result_adapter(Query, lambda result, request: list(result))
    rows = Query([{"name": "a", "secret": "b"}])

    assert finish(rows, plan_of(list[Public]))[2] == b'[{"name":"a"}]'
    assert finish((rows, 201)) == (201, [JSON_TYPE], b'[{"name":"a","secret":"b"}]')


@pytest.mark.parametrize(
    ("exc", "outcome"),
    [
        (exceptions.NotFound("no user"), (404, [JSON_TYPE], {"detail": "no user"})),
        (exceptions.HTTPException(418, "teapot"), (418, [JSON_TYPE], {"detail": "teapot"})),
        (
            exceptions.BadRequest(extra={"field": 1}),
            (400, [JSON_TYPE], {"detail": "Bad Request", "extra": {"field": 1}}),
        ),
        (exceptions.TooManyRequests(headers={"Retry-After": "3"}), (429, [JSON_TYPE, ("Retry-After", "3")], None)),
        (
            exceptions.RequestValidationError([{"loc": ["x"], "msg": "no", "type": "value_error"}]),
            (422, [JSON_TYPE], {"detail": [{"loc": ["x"], "msg": "no", "type": "value_error"}]}),
        ),
    ],
)
def test_an_http_exception_answers_for_itself(
    exc: exceptions.HTTPException, outcome: Any, error: Callable[..., Outcome], caplog: pytest.LogCaptureFixture
) -> None:
    """Status, detail, headers and extra; nothing is logged for the client's errors."""
    status, headers, body = error(exc)

    assert (status, headers) == outcome[:2]
    assert isinstance(body, bytes)
    assert outcome[2] in (None, json.loads(body))
    assert not caplog.records


def test_an_unexpected_exception_is_a_plain_logged_500(
    error: Callable[..., Outcome], caplog: pytest.LogCaptureFixture
) -> None:
    """No word of it reaches the client."""
    exc = KeyError("secret of /etc/passwd")

    assert error(exc, plan_of()) == (500, [JSON_TYPE], b'{"detail":"Internal Server Error"}')
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("bolt_core", logging.ERROR)
    assert record.exc_info is not None
    assert record.exc_info[1] is exc
    assert (vars(record)["status_code"], vars(record)["request"].path) == (500, "/x")
    assert "GET /x" in record.getMessage()


def test_a_servers_error_raised_on_purpose_is_logged(
    error: Callable[..., Outcome], caplog: pytest.LogCaptureFixture
) -> None:
    """With its own detail sent."""
    status, _, body = error(exceptions.ServiceUnavailable("later"))

    assert (status, body) == (503, b'{"detail":"later"}')
    assert vars(caplog.records[0])["status_code"] == 503


def test_a_path_cannot_forge_log_lines(make_request: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    """A decoded line break is escaped."""
    dispatch.error(None, LookupError(), make_request(path="/a\nERROR root: forged"))

    assert "\n" not in caplog.records[0].getMessage()


@pytest.mark.parametrize(
    "exc",
    [exceptions.BadRequest(object()), exceptions.BadRequest(headers={"x": "a\nb"}), exceptions.BadRequest("\ud800")],
)
def test_an_http_exception_that_cannot_be_sent_is_a_500(
    exc: exceptions.HTTPException, error: Callable[..., Outcome]
) -> None:
    """Never an exception out of `dispatch.error`."""
    assert error(exc)[0] == 500


def test_exception_adapters_are_found_by_the_nearest_class(error: Callable[..., Outcome]) -> None:
    """They answer with an exception or a response; `None` leaves it unexpected."""
    register_exception_adapter(LookupError, lambda exc, request: exceptions.NotFound("gone"))
    register_exception_adapter(KeyError, lambda exc, request: PlainText("key", status_code=409))
    register_exception_adapter(IndexError, lambda exc, request: None)
    register_exception_adapter(OSError, lambda exc, request: PlainText("no status"))
    raised = (LookupError(), KeyError(), IndexError(), ValueError(), OSError())

    assert [error(exc, plan_of())[0] for exc in raised] == [404, 409, 500, 500, 500]


def test_a_broken_adapter_is_a_logged_500(error: Callable[..., Outcome], caplog: pytest.LogCaptureFixture) -> None:
    """Both exceptions are in the log."""

    def broken(exc: BaseException, request: Any) -> None:
        raise ArithmeticError("adapter")

    register_exception_adapter(LookupError, broken)

    assert error(LookupError("original"))[0] == 500
    assert [record.exc_info and record.exc_info[0] for record in caplog.records] == [ArithmeticError, LookupError]


def test_callbacks_hear_of_unexpected_exceptions_only(error: Callable[..., Outcome]) -> None:
    """One that breaks keeps the others from nothing."""
    heard: list[BaseException] = []

    @on_exception
    def broken(exc: BaseException, request: Any) -> None:
        raise RuntimeError("callback")

    on_exception(lambda exc, request: heard.append(exc))
    unexpected = LookupError()
    error(exceptions.NotFound())
    error(unexpected)

    assert heard == [unexpected]


def test_an_error_page_replaces_the_plain_500(error: Callable[..., Outcome]) -> None:
    """For debugging; one that breaks, or has nothing to say, leaves the plain one."""
    pages: list[Callable[..., Any]] = [
        lambda exc, request: HTML(f"<h1>{exc}</h1>"),
        lambda exc, request: None,
        lambda exc, request: 1 / 0,
    ]
    outcomes = []
    for page in pages:
        set_error_page(page)
        outcomes.append(error(LookupError("why")))
    set_error_page(None)

    assert outcomes[0] == (500, [("content-type", "text/html; charset=utf-8")], b"<h1>why</h1>")
    assert [body for _, _, body in outcomes[1:]] == [b'{"detail":"Internal Server Error"}'] * 2


def test_a_broken_log_handler_does_not_take_the_reply(error: Callable[..., Outcome]) -> None:
    """The client still gets its 500."""

    class Broken(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            raise OSError("disk full")

    logger, broken = logging.getLogger("bolt_core"), Broken()
    logger.addFilter(broken)
    try:
        assert error(LookupError())[0] == 500
    finally:
        logger.removeFilter(broken)
