"""From an error to its reply: the one place where error bodies are made."""

import logging
from collections.abc import Mapping
from typing import Any

from bolt_core._native import Request
from bolt_core.encoding import JSON_ENCODER
from bolt_core.error_format import ErrorFormat, ErrorFormatter
from bolt_core.exceptions import HTTPException, RequestValidationError, reason_phrase
from bolt_core.headers import check_headers
from bolt_core.outcomes import outcome_of_response
from bolt_core.responses import JSON, Response
from bolt_core.types import Headers

log = logging.getLogger("bolt_core")

type Written = tuple[int, Headers, bytes]

# RFC 9457 §3.1, and `errors`, which §3 uses for a list of problems.
_OWN_MEMBERS = frozenset({"type", "title", "status", "detail", "instance", "errors"})
# RFC 9110 §15.5.6, §10.2.3, §15.5.2 and §15.5.8: without these, a client cannot make sense of the status.
_REQUIRED = frozenset({"allow", "retry-after", "www-authenticate", "proxy-authenticate"})


def write_error(error: HTTPException, request: Request | None, shape: ErrorFormat) -> Written:
    """Status, header fields and body of *error*; raises what its headers or the encoding of its detail raise.

    *request* is `None` for what came before a request could be read. A formatter that fails is logged, and the standard
    shape is sent.
    """
    shape = shape.resolved()
    if shape.formatter is not None:
        try:
            return write_formatted(error, request, shape.formatter)
        except Exception as failure:
            log.error("the error formatter failed on a %d", error.status_code, exc_info=failure)
    return write_standard(error, problem_details=bool(shape.problem_details))


def write_standard(error: HTTPException, *, problem_details: bool) -> Written:
    """*error* in one of the two shapes that need no formatter."""
    if problem_details:
        return _written(error, "application/problem+json", problem_of(error))
    content = {"detail": error.detail}
    if error.extra is not None:
        content["extra"] = error.extra
    return _written(error, "application/json", content)


def problem_of(error: HTTPException) -> dict[str, Any]:
    """*error* as problem details (RFC 9457 §3), without `instance`, which would echo the request.

    `detail` is text there, so a list or dict becomes `errors`. The members of an `extra` dict become members of their
    own, unless one would pass for a member of the standard; then, as for any other value, `extra` stays one member.
    """
    title = error.title or reason_phrase(error.status_code)
    problem: dict[str, Any] = {"type": error.problem_type, "title": title, "status": error.status_code}
    if isinstance(error, RequestValidationError):
        problem |= {"detail": "The request does not fit what is expected", "errors": error.errors}
    elif isinstance(error.detail, str):
        problem["detail"] = error.detail
    else:
        problem["errors"] = error.detail
    if isinstance(error.extra, Mapping) and not any(
        not isinstance(name, str) or name in _OWN_MEMBERS for name in error.extra
    ):
        problem |= error.extra
    elif error.extra is not None:
        problem["extra"] = error.extra
    return problem


def with_required(error: BaseException, status: int, headers: Headers) -> Headers:
    """*headers* with those of *error* that its status cannot do without; unchanged where the status is another."""
    if not isinstance(error, HTTPException) or error.status_code != status:
        return headers
    required = [(name, value) for name, value in _lacking(error, headers) if name.lower() in _REQUIRED]
    return [*headers, *check_headers(required)]


def _lacking(error: HTTPException, headers: Headers) -> Headers:
    """The header fields of *error* whose names are not among *headers*."""
    present = {name.lower() for name, _ in headers}
    return [(name, value) for name, value in error.headers.items() if name.lower() not in present]


def _written(error: HTTPException, content_type: str, content: Any) -> Written:
    encoded = JSON_ENCODER.encode(content)
    if not error.headers:
        return error.status_code, [("content-type", content_type)], encoded
    headers: Headers = list(error.headers.items())
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.insert(0, ("content-type", content_type))
    return error.status_code, check_headers(headers), encoded


def write_formatted(error: HTTPException, request: Request | None, formatter: ErrorFormatter) -> Written:
    """*error* as *formatter* has it; raises what that raises, and `TypeError` for a stream."""
    made = formatter(error, request)
    response = made if isinstance(made, Response) else JSON(made)
    _, headers, body, *_ = outcome_of_response(None, response, default_status=error.status_code)
    if not isinstance(body, bytes):
        raise TypeError("an error formatter returns a JSON value or a whole response, not a stream")
    return error.status_code, [*headers, *check_headers(_lacking(error, headers))], body
