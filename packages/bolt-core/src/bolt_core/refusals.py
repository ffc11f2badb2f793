"""The engine's own refusals in the application's shape: rendered in Rust, unless a formatter has its say."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bolt_core import exceptions
from bolt_core._native import Request, refusals_without_request
from bolt_core.binding import compile_handler
from bolt_core.error_bodies import Written, write_error, write_formatted, write_standard
from bolt_core.error_format import ErrorFormat, ErrorFormatter
from bolt_core.exceptions import HTTPException
from bolt_core.options import RouteOptions
from bolt_core.plan import HandlerPlan
from bolt_core.responses import Response

log = logging.getLogger("bolt_core")


def refusals_to_wire(shape: ErrorFormat) -> dict[str, Any]:
    """What the engine has to know.

    Without a formatter a flag, and no Python runs for a refusal. With one, a plan that words every refusal of a parsed
    request, and the replies to those that come before one, made now.
    """
    resolved = shape.resolved()
    wire: dict[str, Any] = {"problem_details": bool(resolved.problem_details), "prepared": [], "plan": None}
    if resolved.formatter is not None:
        wire["prepared"] = _prepared(resolved.formatter, problem_details=wire["problem_details"])
        wire["plan"] = _wording(shape).to_wire()
    return wire


def _prepared(formatter: ErrorFormatter, *, problem_details: bool) -> list[Written]:
    """The replies to what comes before a request. A formatter that cannot do without one is told once, not for each."""
    written, failures = [], []
    for refusal in refusals_without_request():
        error = error_of(*refusal)
        try:
            written.append(write_formatted(error, None, formatter))
        except Exception as failure:
            failures.append(failure)
            written.append(write_standard(error, problem_details=problem_details))
    if failures:
        log.error("the error formatter failed on errors without a request", exc_info=failures[0])
    return written


def status_exception(status: int, detail: Any = None, headers: Mapping[str, str] | None = None) -> HTTPException:
    """An exception of the class for *status*, or a plain `HTTPException` where there is none."""
    cls = _BY_STATUS.get(status, HTTPException)
    made = cls.__new__(cls)
    # Past the constructors that ask for `Allow` or the like: *headers* has it.
    HTTPException.__init__(made, status, detail, headers)
    if headers is not None:
        # These and no others: a 401 of schemes without a challenge asks for none.
        made.headers = dict(headers)
    return made


_CLASSES = (getattr(exceptions, name) for name in exceptions.__all__)
_BY_STATUS: dict[int, type[HTTPException]] = {
    cls.default_status: cls for cls in _CLASSES if issubclass(cls, exceptions._FixedStatus)
}


def error_of(status: int, detail: str, fields: list[tuple[str, str]]) -> HTTPException:
    """The exception that says what the engine refuses a request with."""
    return status_exception(status, detail, dict(fields))


def unrouted_plan(shape: ErrorFormat) -> HandlerPlan:
    """The plan of requests that no route matches, for what encloses the whole application."""

    def unrouted(request: Request) -> Response:
        raise AssertionError("the engine has an answer of its own")

    plan = compile_handler(unrouted, "/{path:path}", "*", RouteOptions(response_model=None))
    return replace(plan, errors=shape)


def _wording(shape: ErrorFormat) -> HandlerPlan:
    async def refused(request: Request) -> Response:
        assert request._own_answer is not None
        status, detail, fields = request._own_answer
        status, headers, body = write_error(error_of(status, detail or "", fields), request, shape)
        return Response(body, status_code=status, headers=headers)

    return compile_handler(refused, "/{path:path}", "*", RouteOptions(response_model=None))
