"""From an error to status, header fields and body."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bolt_core import exceptions
from bolt_core.error_bodies import write_error
from bolt_core.error_format import UNSAID, ErrorFormat
from bolt_core.exceptions import HTTPException, RequestValidationError
from bolt_core.responses import JSON, PlainText, Response, StreamingResponse

pytestmark = pytest.mark.usefixtures("registries")

PROBLEM = ErrorFormat(True)
ISSUE = {"loc": ["query", "q"], "msg": "Field required", "type": "missing"}


def body_of(error: HTTPException, shape: ErrorFormat = UNSAID) -> Any:
    return json.loads(write_error(error, None, shape)[2])


@pytest.mark.parametrize("detail", ["text", {"a": [1]}, [{"b": None}], 5, None])
def test_the_standard_shape(detail: Any) -> None:
    """`detail` as it is, `extra` beside it where there is one."""
    error = HTTPException(400, detail)
    assert body_of(error) == {"detail": "Bad Request" if detail is None else detail}
    error.extra = {"more": 1}
    assert body_of(error)["extra"] == {"more": 1}


def test_header_fields_are_sent() -> None:
    """A media type of the caller's replaces ours."""
    assert write_error(exceptions.Unauthorized(), None, UNSAID)[1] == [
        ("content-type", "application/json"),
        ("WWW-Authenticate", "Bearer"),
    ]
    own = exceptions.BadRequest(headers={"Content-Type": "application/vnd.api+json"})
    assert write_error(own, None, UNSAID)[1] == [("Content-Type", "application/vnd.api+json")]


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (exceptions.NotFound("no user"), {"title": "Not Found", "status": 404, "detail": "no user"}),
        (HTTPException(499), {"title": "Error", "status": 499, "detail": "Error"}),
        (
            exceptions.PaymentRequired("5 missing", extra={"balance": 30}),
            {"title": "Payment Required", "status": 402, "detail": "5 missing", "balance": 30},
        ),
        (
            exceptions.Conflict("x", extra={"status": 1}),
            {"title": "Conflict", "status": 409, "detail": "x", "extra": {"status": 1}},
        ),
        (
            exceptions.Conflict("x", extra={1: 2}),
            {"title": "Conflict", "status": 409, "detail": "x", "extra": {"1": 2}},
        ),
        (exceptions.Conflict("x", extra=[1]), {"title": "Conflict", "status": 409, "detail": "x", "extra": [1]}),
        (exceptions.Conflict({"a": 1}), {"title": "Conflict", "status": 409, "errors": {"a": 1}}),
        (
            RequestValidationError([ISSUE]),
            {
                "title": "Unprocessable Content",
                "status": 422,
                "detail": "The request does not fit what is expected",
                "errors": [ISSUE],
            },
        ),
    ],
)
def test_problem_details(error: HTTPException, problem: dict[str, Any]) -> None:
    """RFC 9457 §3: text in `detail`, lists in `errors`, `extra` as members; nothing passes for a standard member."""
    status, headers, body = write_error(error, None, PROBLEM)

    assert (status, headers[0]) == (error.status_code, ("content-type", "application/problem+json"))
    assert json.loads(body) == {"type": "about:blank", **problem}


def test_a_problem_says_its_type() -> None:
    """Of a class or of one exception."""

    class OutOfCredit(exceptions.PaymentRequired):
        problem_type = "https://example.com/out-of-credit"
        title = "Out of credit"

    error = exceptions.Gone()
    error.problem_type = "tag:gone"

    assert body_of(OutOfCredit(), PROBLEM)["type"] == "https://example.com/out-of-credit"
    assert body_of(OutOfCredit(), PROBLEM)["title"] == "Out of credit"
    assert body_of(error, PROBLEM) == {"type": "tag:gone", "title": "Gone", "status": 410, "detail": "Gone"}


@pytest.mark.parametrize(
    ("made", "content_type", "body"),
    [
        ({"error": 1}, "application/json", b'{"error":1}'),
        ("text", "application/json", b'"text"'),
        (None, "application/json", b"null"),
        (PlainText("no"), "text/plain; charset=utf-8", b"no"),
        (JSON([1], media_type="application/vnd.api+json"), "application/vnd.api+json", b"[1]"),
    ],
)
def test_a_formatter_makes_the_body(made: Any, content_type: str, body: bytes) -> None:
    """Of any JSON value or response."""
    shape = ErrorFormat(True, lambda error, request: made)

    assert write_error(exceptions.Gone("x"), None, shape) == (410, [("content-type", content_type)], body)


def test_status_and_header_fields_survive_a_formatter() -> None:
    """What it says itself comes first, but an error stays that error."""
    response = Response(b"", status_code=200, headers={"retry-after": "9", "x-a": "b"}, media_type="text/x")
    shape = ErrorFormat(None, lambda error, request: response)

    assert write_error(exceptions.TooManyRequests(retry_after=3), None, shape)[:2] == (
        429,
        [("content-type", "text/x"), ("retry-after", "9"), ("x-a", "b")],
    )
    assert write_error(exceptions.MethodNotAllowed(["GET"]), None, shape)[1][-1] == ("Allow", "GET")


def test_a_formatter_sees_the_error_and_its_request(make_request: Callable[..., Any]) -> None:
    """The exception itself, with all that it says."""
    seen: list[Any] = []
    shape = ErrorFormat(None, lambda error, request: seen.append((error, request)))
    error, request = exceptions.Gone(), make_request()

    write_error(error, request, shape)
    write_error(error, None, shape)

    assert seen == [(error, request), (error, None)]


def _fails(error: HTTPException) -> Any:
    raise LookupError("secret")


def _streams(error: HTTPException) -> Any:
    def pieces() -> Iterator[str]:
        yield "x"

    return StreamingResponse(pieces())


@pytest.mark.parametrize(
    "make", [_fails, _streams, lambda error: object(), lambda error: Response(headers={"a": "\n"})]
)
def test_a_formatter_that_fails_is_logged_and_replaced(
    make: Callable[[HTTPException], Any], caplog: pytest.LogCaptureFixture
) -> None:
    """By the standard shape, whichever that is."""
    for problem_details, content_type in ((None, "application/json"), (True, "application/problem+json")):
        shape = ErrorFormat(problem_details, lambda error, request: make(error))
        status, headers, body = write_error(exceptions.Gone("x"), None, shape)
        assert (status, headers) == (410, [("content-type", content_type)])
        assert json.loads(body)["detail"] == "x"
        assert caplog.records[-1].levelno == logging.ERROR
        assert caplog.records[-1].exc_info is not None


@pytest.mark.parametrize("shape", [UNSAID, PROBLEM])
def test_what_cannot_be_sent_raises(shape: ErrorFormat) -> None:
    """Whoever asked answers with a logged 500."""
    for error in (exceptions.BadRequest(object()), exceptions.BadRequest(headers={"x": "a\r\nb: c"})):
        with pytest.raises((TypeError, ValueError)):
            write_error(error, None, shape)
