"""The engine's own refusals in the application's shape: rendered in Rust, unless a formatter has its say."""

from typing import Any

from bolt_core._native import Request, refusals_without_request
from bolt_core.binding import compile_handler
from bolt_core.error_bodies import write_error
from bolt_core.error_format import ErrorFormat
from bolt_core.exceptions import HTTPException, status_exception
from bolt_core.options import RouteOptions
from bolt_core.plan import HandlerPlan
from bolt_core.responses import Response


def refusals_to_wire(shape: ErrorFormat) -> dict[str, Any]:
    """What the engine has to know.

    Without a formatter a flag, and no Python runs for a refusal. With one, a plan that words every refusal of a parsed
    request, and the replies to those that come before one, made now.
    """
    resolved = shape.resolved()
    wire: dict[str, Any] = {"problem_details": bool(resolved.problem_details), "prepared": [], "plan": None}
    if resolved.formatter is not None:
        wire["prepared"] = [write_error(_error_of(*refusal), None, shape) for refusal in refusals_without_request()]
        wire["plan"] = _wording(shape).to_wire()
    return wire


def _error_of(status: int, detail: str, fields: list[tuple[str, str]]) -> HTTPException:
    return status_exception(status, detail, dict(fields))


def _wording(shape: ErrorFormat) -> HandlerPlan:
    async def refused(request: Request) -> Response:
        refusal = request._refusal
        assert refusal is not None
        status, headers, body = write_error(_error_of(*refusal), request, shape)
        return Response(body, status_code=status, headers=headers)

    return compile_handler(refused, "/{path:path}", "*", RouteOptions(response_model=None))
