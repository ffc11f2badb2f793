"""Exceptions that answer with an error."""

import copy
import datetime as dt
import pickle
from typing import Any

import pytest
from bolt_core import exceptions
from bolt_core.exceptions import (
    HTTPException,
    MethodNotAllowed,
    RequestValidationError,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
    reason_phrase,
)

# Codes of the IANA registry that no API answers with: of proxies (407), unused (418), obsolete (510), and rare ones.
WITHOUT_CLASS = {407, 418, 506, 508, 510, 511}
REGISTERED = {*range(400, 418), 421, 422, 423, 424, 425, 426, 428, 429, 431, 451, *range(500, 509), 510, 511}

FIXED = sorted(
    (
        value
        for value in vars(exceptions).values()
        if isinstance(value, type) and issubclass(value, exceptions._FixedStatus)
    ),
    key=lambda value: value.__name__,
)


@pytest.mark.parametrize("cls", [cls for cls in FIXED if not cls.__name__.startswith("_")])
def test_a_named_exception_has_its_status_and_phrase(cls: type[HTTPException]) -> None:
    """Without a detail the client reads the status's own phrase."""
    made = cls()

    assert made.status_code == cls.default_status
    assert made.detail == reason_phrase(cls.default_status)


def test_each_common_status_has_a_class() -> None:
    """Of those registered with IANA, each that an API answers with."""
    assert {cls.default_status for cls in FIXED if not cls.__name__.startswith("_")} == REGISTERED - WITHOUT_CLASS


def test_the_detail_comes_first() -> None:
    """`NotFound("…")` and `NotFound(detail="…")` mean the same."""
    assert exceptions.NotFound("no user").detail == exceptions.NotFound(detail="no user").detail == "no user"


@pytest.mark.parametrize("status", [200, 399, 600, "404", True])
def test_a_status_that_is_no_error_is_refused(status: int) -> None:
    """Only 400 to 599 are errors."""
    with pytest.raises(ValueError, match="400 to 599"):
        HTTPException(status, "x")


def test_an_unregistered_status_has_a_plain_detail() -> None:
    """499 has no phrase of its own."""
    assert HTTPException(499).detail == "Error"


def test_unauthorized_carries_a_challenge() -> None:
    """RFC 9110 §15.5.2 requires `WWW-Authenticate`."""
    assert Unauthorized().headers == {"WWW-Authenticate": "Bearer"}


def test_a_challenge_of_the_callers_replaces_ours() -> None:
    """In any spelling of the header's name."""
    assert Unauthorized(headers={"www-authenticate": "Basic"}).headers == {"www-authenticate": "Basic"}


def test_method_not_allowed_lists_the_methods() -> None:
    """RFC 9110 §15.5.6 requires `Allow`."""
    assert MethodNotAllowed(["GET", "HEAD"]).headers == {"Allow": "GET, HEAD"}


def test_a_validation_error_lists_its_problems() -> None:
    """Its detail is the list that clients know from the framework's own."""
    problem = {"loc": ["body", "x"], "msg": "no", "type": "value_error"}
    error = RequestValidationError([problem])

    assert (error.status_code, error.detail, error.errors) == (422, [problem], [problem])


def test_the_text_of_an_exception_names_status_and_detail() -> None:
    """For logs."""
    assert str(exceptions.Conflict("taken")) == "409 taken"


@pytest.mark.parametrize("detail", [{"code": 1}, [1, "two"], 0, "", False])
def test_a_detail_is_kept_as_it_is(detail: Any) -> None:
    """Whatever JSON value it is."""
    assert HTTPException(400, detail).detail is detail
    assert exceptions.Conflict(detail).detail is detail


@pytest.mark.parametrize("status", [400, 418, 499, 511, 599])
def test_any_status_from_400_to_599_is_an_error(status: int) -> None:
    """Registered or not."""
    assert HTTPException(status).status_code == status


@pytest.mark.parametrize(
    ("when", "field"),
    [
        (0, "0"),
        (30, "30"),
        (1.2, "2"),
        (dt.timedelta(minutes=1, milliseconds=1), "61"),
        (dt.datetime(2026, 1, 2, 4, 4, 5, tzinfo=dt.timezone(dt.timedelta(hours=1))), "Fri, 02 Jan 2026 03:04:05 GMT"),
    ],
)
def test_retry_after_is_sent(when: Any, field: str) -> None:
    """Seconds rounded up, or a date of HTTP (RFC 9110 §10.2.3)."""
    for cls in (TooManyRequests, ServiceUnavailable):
        assert cls(retry_after=when).headers == {"Retry-After": field}
    assert TooManyRequests(retry_after=when, headers={"Retry-After": "9"}).headers == {"Retry-After": "9"}


@pytest.mark.parametrize("when", [-1, True, float("nan"), float("inf"), "soon", dt.datetime.min])  # noqa: DTZ901
def test_a_time_that_cannot_be_told_is_refused(when: Any) -> None:
    """Where it is written, not where it is sent."""
    with pytest.raises(ValueError, match="retry_after"):
        TooManyRequests(retry_after=when)


@pytest.mark.parametrize(
    "exc",
    [
        exceptions.NotFound("no user", {"x-a": "b"}, extra={"id": 1}),
        HTTPException(418, {"tea": True}),
        MethodNotAllowed(["GET"]),
        TooManyRequests(retry_after=3),
        RequestValidationError([{"loc": ["body", 0], "msg": "no", "type": "value_error"}]),
    ],
)
def test_an_exception_survives_copying_and_pickling(exc: HTTPException) -> None:
    """As it must to cross processes, whatever its constructor takes; notes and all."""
    exc.add_note("from the worker")
    for made in (copy.copy(exc), copy.deepcopy(exc), pickle.loads(pickle.dumps(exc))):
        assert (type(made), made.args, vars(made)) == (type(exc), exc.args, vars(exc))
        assert (str(made), repr(made)) == (str(exc), repr(exc))


def test_the_repr_is_short_and_shows_no_header() -> None:
    """Header fields may hold credentials."""
    assert repr(exceptions.NotFound("no user", {"x": "secret"})) == "NotFound(404, 'no user')"


def test_the_text_of_a_validation_error_names_each_place() -> None:
    """For logs."""
    problems = [
        {"loc": ["query", "q"], "msg": "Field required", "type": "missing"},
        {"loc": ("body", 0), "msg": "no", "type": "value_error", "ctx": {"least": 1}},
    ]
    error = RequestValidationError(problems)

    assert str(error) == "422 query.q: Field required; body.0: no"
    assert error.errors[1] == {"loc": ["body", 0], "msg": "no", "type": "value_error", "ctx": {"least": 1}}


@pytest.mark.parametrize(
    "problem",
    [
        {"msg": "no", "type": "x"},
        {"loc": "body", "msg": "no", "type": "x"},
        {"loc": [None], "msg": "no", "type": "x"},
        {"loc": [], "type": "x"},
        {"loc": [], "msg": "no"},
    ],
)
def test_a_problem_without_its_members_is_refused(problem: Any) -> None:
    """Clients rely on `loc`, `msg` and `type`."""
    with pytest.raises(ValueError, match="RequestValidationError: "):
        RequestValidationError([problem])


def test_a_subclass_says_its_status_and_problem_type() -> None:
    """RFC 9457 §3.1."""

    class OutOfCredit(HTTPException):
        default_status = 402
        problem_type = "https://example.com/problems/out-of-credit"
        title = "Out of credit"

    made = OutOfCredit(detail="5 missing")
    assert (made.status_code, made.problem_type, made.title) == (402, OutOfCredit.problem_type, "Out of credit")
