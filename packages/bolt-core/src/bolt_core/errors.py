"""What exceptions become. Adapters and callbacks here hold for the whole process."""

import logging
from collections.abc import Callable
from typing import Any

from bolt_core._native import Request
from bolt_core.encoding import JSON_ENCODER
from bolt_core.exceptions import HTTPException, reason_phrase
from bolt_core.headers import check_headers
from bolt_core.outcomes import outcome_of_response
from bolt_core.plan import HandlerPlan
from bolt_core.responses import Response
from bolt_core.types import Headers, Outcome

log = logging.getLogger("bolt_core")

type ExceptionAdapter = Callable[[Any, Request], HTTPException | Response | None]
type ExceptionCallback = Callable[[BaseException, Request], None]
type ErrorPage = Callable[[BaseException, Request], Response | None]

_adapters: dict[type[BaseException], ExceptionAdapter] = {}
_callbacks: list[ExceptionCallback] = []
_error_pages: list[ErrorPage] = []

_PLAIN_500: Outcome = (500, [("content-type", "application/json")], b'{"detail":"Internal Server Error"}')


def register_exception_adapter(exc_type: type[BaseException], adapt: ExceptionAdapter) -> None:
    """Let *adapt*(exc, request) say what exceptions of *exc_type* and its subclasses become.

    It returns an `HTTPException` or a response (500 unless it names a status), or `None` to leave the exception
    unexpected. The nearest class wins; a class registered twice keeps the later function.
    """
    _adapters[exc_type] = adapt


def on_exception(callback: ExceptionCallback) -> ExceptionCallback:
    """Call *callback*(exc, request) for every exception that becomes an unexpected 500, after it was logged.

    Returns *callback*, so that it decorates. What the callback itself raises is logged and does no more harm.
    """
    _callbacks.append(callback)
    return callback


def set_error_page(page: ErrorPage | None) -> None:
    """Let *page*(exc, request) make the response to an unexpected exception, as a debug page; `None` removes it.

    Never set one in production: the response reaches the client as it is.
    """
    _error_pages[:] = [page] if page is not None else []


def outcome_of_exception(plan: HandlerPlan | None, exc: BaseException, request: Request) -> Outcome:
    """What *exc* becomes; never raises."""
    try:
        answer = exc if isinstance(exc, HTTPException) else _adapted(exc, request)
        if isinstance(answer, HTTPException):
            outcome = outcome_of_http_exception(answer)
            if answer.status_code >= 500:
                _log(plan, exc, request, answer.status_code)
            return outcome
        if answer is not None:
            return outcome_of_response(plan, answer, default_status=500)
    except Exception as failure:
        # Both are logged: the adapter's own failure first, then what it was asked about.
        _report(plan, failure, request)
    return _unexpected(plan, exc, request)


def outcome_of_http_exception(exc: HTTPException) -> Outcome:
    """`{"detail": …}` with the exception's status and headers; raises what encoding its detail raises."""
    content = {"detail": exc.detail}
    if exc.extra is not None:
        content["extra"] = exc.extra
    headers: Headers = [("content-type", "application/json"), *exc.headers.items()]
    return exc.status_code, check_headers(headers), JSON_ENCODER.encode(content)


def _adapted(exc: BaseException, request: Request) -> HTTPException | Response | None:
    for base in type(exc).__mro__:
        if (adapt := _adapters.get(base)) is not None:
            return adapt(exc, request)
    return None


def _unexpected(plan: HandlerPlan | None, exc: BaseException, request: Request) -> Outcome:
    _report(plan, exc, request)
    for page in _error_pages:
        try:
            response = page(exc, request)
            if response is not None:
                return outcome_of_response(plan, response, default_status=500)
        except Exception as failure:
            _log(plan, failure, request, 500)
    return _PLAIN_500


def _report(plan: HandlerPlan | None, exc: BaseException, request: Request) -> None:
    """Log *exc* and tell whoever asked to know."""
    _log(plan, exc, request, 500)
    for callback in _callbacks:
        try:
            callback(exc, request)
        except Exception as failure:
            _log(plan, failure, request, 500)


def _log(plan: HandlerPlan | None, exc: BaseException, request: Request, status: int) -> None:
    method, path = getattr(request, "method", "?"), str(getattr(request, "path", "?"))
    if not path.isprintable():
        # A decoded line break would forge a line of the log.
        path = ascii(path)
    where = plan.name if plan is not None else "the server"
    extra = {"status_code": status, "request": request}
    try:
        log.error("%s: %s %s in %s", reason_phrase(status), method, path, where, exc_info=exc, extra=extra)
    except Exception:
        # A broken log handler must not take the reply with it; logging itself reports most of them on stderr.
        return
