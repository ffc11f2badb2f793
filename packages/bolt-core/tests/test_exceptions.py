"""Exceptions that answer with an error."""

from http import HTTPStatus

import pytest
from bolt_core import exceptions
from bolt_core.exceptions import HTTPException, MethodNotAllowed, RequestValidationError, Unauthorized

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
    assert made.detail == HTTPStatus(cls.default_status).phrase


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
