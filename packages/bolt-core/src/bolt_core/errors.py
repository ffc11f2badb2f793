"""What exceptions become. Adapters and callbacks here hold for the whole process."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bolt_serializers.errors import Escaped, ValidationError

from bolt_core._native import Request
from bolt_core.authentication import refusal_of
from bolt_core.binding.results import compile_result
from bolt_core.error_bodies import with_required, write_error
from bolt_core.error_format import UNSAID, ErrorFormat
from bolt_core.exceptions import HTTPException, InternalServerError, reason_phrase
from bolt_core.markers import UNSET
from bolt_core.outcomes import outcome_of_response, outcome_of_result
from bolt_core.plan import ExceptionCall, HandlerPlan
from bolt_core.pool import on_event_loop, run_in_pool
from bolt_core.problems import invalid_data
from bolt_core.responses import Response
from bolt_core.types import Outcome, Promise

log = logging.getLogger("bolt_core")

type ExceptionAdapter = Callable[[Any, Request], HTTPException | Response | None]
type ExceptionCallback = Callable[[BaseException, Request], None]
type ErrorPage = Callable[[BaseException, Request], HTTPException | Response | None]

_adapters: dict[type[BaseException], ExceptionAdapter] = {ValidationError: invalid_data}
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
    if isinstance(exc, Escaped):
        exc = exc.error
    if plan is None:
        return _settle(plan, exc, request)
    found, answered = _resolve(plan, exc, request, plan.exception_handlers)
    if isinstance(found, ExceptionCall):
        return _Handling(plan, found, answered, request).outcome()
    return _outcome_of_answer(plan, found, exc, request)


def plain_outcome(plan: HandlerPlan, result: Any, request: Request) -> Outcome | Promise:
    """What *result* becomes without the route's model: that of middleware, which is not the handler's."""
    return outcome_of_result(replace(plan, result=_PLAIN_RESULT, status=200, status_given=False), result, request)


def _settle(plan: HandlerPlan | None, exc: BaseException, request: Request) -> Outcome:
    """What *exc* becomes without the application's own handlers."""
    answer, _ = _resolve(plan, exc, request, {})
    assert not isinstance(answer, ExceptionCall)
    return _outcome_of_answer(plan, answer, exc, request)


type _Handlers = Mapping[type[Exception], ExceptionCall]
type _Answer = HTTPException | Response | None


def _resolve(
    plan: HandlerPlan | None, exc: BaseException, request: Request, handlers: _Handlers
) -> tuple[ExceptionCall | _Answer, BaseException]:
    """Who or what answers for the nearest class of *exc*, and for which exception: an adapter may make another of it.

    An `HTTPException` answers for itself, before handlers of `Exception`. `None`: nobody expected it.
    """
    asked = False
    for base in type(exc).__mro__:
        if (call := handlers.get(base)) is not None:
            return call, exc
        if base is HTTPException:
            assert isinstance(exc, HTTPException)
            return exc, exc
        if asked or base not in _adapters:
            continue
        # The nearest adapter alone: `None` means that it leaves the exception unexpected.
        asked, answer = True, _adapted(plan, _adapters[base], exc, request)
        if isinstance(answer, HTTPException):
            return _instead(answer, exc, handlers)
        if answer is not None:
            return answer, exc
    refusal = refusal_of(plan, exc)
    return (None, exc) if refusal is None else _instead(refusal, exc, handlers)


def _instead(
    answer: HTTPException, exc: BaseException, handlers: _Handlers
) -> tuple[ExceptionCall | _Answer, BaseException]:
    """*answer*, which *exc* was made into, or who answers for it."""
    if answer.__cause__ is None:
        answer.__cause__ = exc
    classes = type(answer).__mro__
    call = next((handlers[one] for one in classes if one in handlers and issubclass(one, HTTPException)), None)
    return call or answer, answer


def _adapted(plan: HandlerPlan | None, adapt: ExceptionAdapter, exc: BaseException, request: Request) -> _Answer:
    try:
        return adapt(exc, request)
    except Exception as failure:
        # What it was asked about is logged after this, as unexpected.
        _report(plan, failure, request)
        return None


def _outcome_of_answer(plan: HandlerPlan | None, answer: _Answer, exc: BaseException, request: Request) -> Outcome:
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


@dataclass(frozen=True, slots=True)
class _Handling:
    """An exception that the application answers for."""

    plan: HandlerPlan
    call: ExceptionCall
    exc: BaseException
    request: Request

    def outcome(self) -> Outcome | Promise:
        """What the application's handler makes of it."""
        if self.call.is_async or on_event_loop():
            return self._later()
        try:
            outcome = self._outcome_of(self._call())
        except Exception as failure:
            return self._failed(failure)
        return self._noted(outcome) if isinstance(outcome, tuple) else self._kept(outcome)

    async def _later(self) -> Outcome:
        try:
            # A `def` must not run on the loop's thread, whatever it is that failed there.
            result = await (self._call_async() if self.call.is_async else run_in_pool(self._call))
            outcome = self._outcome_of(result)
        except Exception as failure:
            return self._failed(failure)
        return self._noted(outcome) if isinstance(outcome, tuple) else await self._kept(outcome)

    async def _kept(self, promise: Promise) -> Outcome:
        try:
            return self._noted(await promise)
        except Exception as failure:
            return self._failed(failure)

    def _call(self) -> Any:
        """Call the handler as if inside `except`: `sys.exc_info()` is right, and the context of what it raises."""
        made = self.exc.__traceback__
        try:
            raise self.exc
        except BaseException:
            self.exc.__traceback__ = made  # without this function's own frame
            return self.call.function(self.request, self.exc)

    async def _call_async(self) -> Any:
        made = self.exc.__traceback__
        try:
            raise self.exc
        except BaseException:
            self.exc.__traceback__ = made
            return await self.call.function(self.request, self.exc)

    def _outcome_of(self, result: Any) -> Outcome | Promise:
        """As of a route without a model, whose status is that of the exception."""
        status = self.exc.status_code if isinstance(self.exc, HTTPException) else 500
        plan = replace(self.plan, result=_PLAIN_RESULT, status=status, status_given=True)
        return outcome_of_result(plan, result, self.request)

    def _noted(self, outcome: Outcome) -> Outcome:
        """*outcome*, complete and logged. A handler of `Exception` words what nobody expected, which is reported."""
        status, headers, *rest = outcome
        note = _report if status >= 500 and self.call.exc_type is Exception else _log
        note(self.plan, self.exc, self.request, status)
        complete: Any = (status, with_required(self.exc, status, headers), *rest)
        return complete  # type: ignore[no-any-return]

    def _failed(self, failure: Exception) -> Outcome:
        """The handler raised, what it was asked about or something else: no further handler is asked."""
        return _settle(self.plan, failure, self.request)


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
    tell_callbacks(plan, exc, request)


def tell_callbacks(plan: HandlerPlan | None, exc: BaseException, request: Request) -> None:
    """Tell whoever asked to know of unexpected exceptions; what they raise is logged."""
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
