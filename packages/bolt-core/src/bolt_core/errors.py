"""What exceptions become. Adapters and callbacks here hold for the whole process."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bolt_core._native import Request
from bolt_core.binding.results import compile_result
from bolt_core.error_bodies import with_required, write_error
from bolt_core.error_format import UNSAID, ErrorFormat
from bolt_core.exceptions import HTTPException, InternalServerError, reason_phrase
from bolt_core.markers import UNSET
from bolt_core.outcomes import outcome_of_response, outcome_of_result
from bolt_core.plan import ExceptionCall, HandlerPlan
from bolt_core.pool import run_in_pool
from bolt_core.responses import Response
from bolt_core.types import Outcome, Promise

log = logging.getLogger("bolt_core")

type ExceptionAdapter = Callable[[Any, Request], HTTPException | Response | None]
type ExceptionCallback = Callable[[BaseException, Request], None]
type ErrorPage = Callable[[BaseException, Request], HTTPException | Response | None]

_adapters: dict[type[BaseException], ExceptionAdapter] = {}
_callbacks: list[ExceptionCallback] = []
_error_pages: list[ErrorPage] = []

# What an exception handler returns is no success, which a route's model describes.
_PLAIN_RESULT = compile_result(UNSET, None)


def register_exception_adapter(exc_type: type[BaseException], adapt: ExceptionAdapter) -> None:
    """Let *adapt*(exc, request) say what exceptions of *exc_type* and its subclasses become.

    It returns an `HTTPException` or a response (500 unless it names a status), or `None` to leave the exception
    unexpected. The nearest class wins; a class registered twice keeps the later function. Meant for libraries: an
    application's own `exception_handler` of the same class comes first.
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

    It returns a response, an `HTTPException` to be written in the application's shape, or `None` for the plain 500.
    Never set one in production: what it says reaches the client.
    """
    _error_pages[:] = [page] if page is not None else []


def outcome_of_exception(plan: HandlerPlan | None, exc: BaseException, request: Request) -> Outcome | Promise:
    """What *exc* becomes; never raises, nor does what it promises."""
    found = _nearest(plan, exc)
    if isinstance(found, ExceptionCall):
        return _ask(plan, found, exc, request)
    answer = _answer(plan, exc, request)
    if isinstance(answer, HTTPException) and answer is not exc:
        # What an adapter made of it may be a class that the application answers for.
        found = _nearest(plan, answer)
        if isinstance(found, ExceptionCall):
            return _ask(plan, found, answer, request)
    return _outcome_of_answer(plan, answer, exc, request)


def _nearest(plan: HandlerPlan | None, exc: BaseException) -> ExceptionCall | ExceptionAdapter | None:
    """Who answers for the nearest class of *exc*: the application's handler before an adapter."""
    handlers = {} if plan is None else plan.exception_handlers
    for base in type(exc).__mro__:
        if found := handlers.get(base) or _adapters.get(base):
            return found
        if base is HTTPException:
            # It answers for itself before a handler of `Exception` does.
            return None
    return None


def _answer(plan: HandlerPlan | None, exc: BaseException, request: Request) -> HTTPException | Response | None:
    """What *exc* says itself, or its adapter; `None` for what nobody expected."""
    for base in type(exc).__mro__:
        if (adapt := _adapters.get(base)) is not None:
            try:
                answer = adapt(exc, request)
            except Exception as failure:
                # Both are logged: the adapter's own failure first, then what it was asked about.
                _report(plan, failure, request)
                return None
            if isinstance(answer, HTTPException) and answer.__cause__ is None:
                answer.__cause__ = exc
            return answer
        if base is HTTPException:
            break
    return exc if isinstance(exc, HTTPException) else None


def _outcome_of_answer(
    plan: HandlerPlan | None, answer: HTTPException | Response | None, exc: BaseException, request: Request
) -> Outcome:
    try:
        if isinstance(answer, HTTPException):
            outcome = write_error(answer, request, _shape_of(plan))
            _log(plan, exc, request, answer.status_code)
            return outcome
        if answer is not None:
            return outcome_of_response(plan, answer, default_status=500)
    except Exception as failure:
        _report(plan, failure, request)
    return _unexpected(plan, exc, request)


def _shape_of(plan: HandlerPlan | None) -> ErrorFormat:
    return UNSAID if plan is None else plan.errors


def _ask(plan: HandlerPlan | None, call: ExceptionCall, exc: BaseException, request: Request) -> Outcome | Promise:
    """What the application's handler makes of *exc*."""
    if call.is_async or _on_loop():
        return _ask_later(plan, call, exc, request)
    try:
        outcome = _outcome_of_handled(plan, _call(call, request, exc), exc, request)
    except Exception as failure:
        return _unhandled(plan, failure, request)
    return _noted(plan, outcome, exc, request) if isinstance(outcome, tuple) else _kept(plan, outcome, exc, request)


async def _ask_later(plan: HandlerPlan | None, call: ExceptionCall, exc: BaseException, request: Request) -> Outcome:
    try:
        if call.is_async:
            result = await _call_async(call, request, exc)
        else:
            # A `def` must not run on the loop's thread, whatever it is that failed there.
            result = await run_in_pool(_call, call, request, exc)
        outcome = _outcome_of_handled(plan, result, exc, request)
    except Exception as failure:
        return _unhandled(plan, failure, request)
    return (
        _noted(plan, outcome, exc, request) if isinstance(outcome, tuple) else await _kept(plan, outcome, exc, request)
    )


async def _kept(plan: HandlerPlan | None, promise: Promise, exc: BaseException, request: Request) -> Outcome:
    try:
        return _noted(plan, await promise, exc, request)
    except Exception as failure:
        return _unhandled(plan, failure, request)


def _unhandled(plan: HandlerPlan | None, exc: BaseException, request: Request) -> Outcome:
    """What a handler of exceptions raised, the one it was asked about or another: no further handler is asked."""
    return _outcome_of_answer(plan, _answer(plan, exc, request), exc, request)


def _call(call: ExceptionCall, request: Request, exc: BaseException) -> Any:
    """Call the handler as if inside `except`, so that `sys.exc_info()` and the context of what it raises are right."""
    made = exc.__traceback__
    try:
        raise exc
    except BaseException:
        exc.__traceback__ = made  # without this function's own frame
        return call.function(request, exc)


async def _call_async(call: ExceptionCall, request: Request, exc: BaseException) -> Any:
    made = exc.__traceback__
    try:
        raise exc
    except BaseException:
        exc.__traceback__ = made
        return await call.function(request, exc)


def _outcome_of_handled(
    plan: HandlerPlan | None, result: Any, exc: BaseException, request: Request
) -> Outcome | Promise:
    """The result of an exception handler, as of a route without a model whose status is that of the exception."""
    assert plan is not None, "only a plan has exception handlers"
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    return outcome_of_result(replace(plan, result=_PLAIN_RESULT, status=status, status_given=True), result, request)


def _noted(plan: HandlerPlan | None, outcome: Outcome, exc: BaseException, request: Request) -> Outcome:
    """*outcome* of a handled exception, complete and logged."""
    status, headers, *rest = outcome
    complete: Any = (status, with_required(exc, status, headers), *rest)
    if status >= 500 and not isinstance(exc, HTTPException):
        _report(plan, exc, request, status)
    else:
        _log(plan, exc, request, status)
    return complete  # type: ignore[no-any-return]


def _on_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _unexpected(plan: HandlerPlan | None, exc: BaseException, request: Request) -> Outcome:
    _report(plan, exc, request)
    for page in _error_pages:
        try:
            made = page(exc, request)
            if isinstance(made, HTTPException):
                return write_error(made, request, _shape_of(plan))
            if made is not None:
                return outcome_of_response(plan, made, default_status=500)
        except Exception as failure:
            _log(plan, failure, request, 500)
    error = InternalServerError()
    error.__cause__ = exc
    return write_error(error, request, _shape_of(plan))


def _report(plan: HandlerPlan | None, exc: BaseException, request: Request, status: int = 500) -> None:
    """Log *exc* and tell whoever asked to know."""
    _log(plan, exc, request, status)
    for callback in _callbacks:
        try:
            callback(exc, request)
        except Exception as failure:
            _log(plan, failure, request, 500)


def _log(plan: HandlerPlan | None, exc: BaseException, request: Request, status: int) -> None:
    """At ERROR with the traceback from 500 on, at DEBUG without for what is the client's own fault."""
    level = logging.ERROR if status >= 500 else logging.DEBUG
    if not log.isEnabledFor(level):
        return
    method, path = getattr(request, "method", "?"), str(getattr(request, "path", "?"))
    if not path.isprintable():
        # A decoded line break would forge a line of the log.
        path = ascii(path)
    where = plan.name if plan is not None else "the server"
    extra = {"status_code": status, "request": request}
    trace = exc if level == logging.ERROR else None
    try:
        log.log(level, "%s: %s %s in %s", reason_phrase(status), method, path, where, exc_info=trace, extra=extra)
    except Exception:
        # A broken log handler must not take the reply with it; logging itself reports most of them on stderr.
        return
