"""The slow paths between a handler and the wire: results, exceptions and unbindable requests become outcomes.

The engine calls `finish`, `error` and `invalid` with the GIL held on the thread that ran the handler. What takes
waiting comes back as an awaitable, which the engine awaits on the event loop in the request's context. None of them
raises: whatever goes wrong inside is a logged, plain 500.
"""

from collections.abc import Sequence
from typing import Any

from bolt_core._native import Request
from bolt_core.errors import outcome_of_exception
from bolt_core.outcomes import outcome_of_result
from bolt_core.plan import HandlerPlan
from bolt_core.problems import exception_for
from bolt_core.types import Outcome, Problem, Promise

__all__ = ["error", "finish", "invalid"]


def finish(plan: HandlerPlan, result: Any, request: Request) -> Outcome | Promise:
    """What *result* of the plan's handler becomes: any result that the engine does not write itself."""
    try:
        outcome = outcome_of_result(plan, result, request)
    except Exception as exc:
        return error(plan, exc, request)
    return outcome if isinstance(outcome, tuple) else _kept(plan, outcome, request)


async def _kept(plan: HandlerPlan, promise: Promise, request: Request) -> Outcome:
    """The outcome that *promise* comes to, or that of the exception it raises."""
    try:
        return await promise
    except Exception as exc:
        outcome = error(plan, exc, request)
    return outcome if isinstance(outcome, tuple) else await outcome


def error(plan: HandlerPlan | None, exc: BaseException, request: Request) -> Outcome | Promise:
    """What an exception becomes: its own status, that of an adapter, or a logged 500 without internals."""
    return outcome_of_exception(plan, exc, request)


def invalid(plan: HandlerPlan, problems: Sequence[Problem], request: Request) -> Outcome | Promise:
    """What a request becomes that cannot be bound: 415, 400, or 422 listing every problem."""
    try:
        exc = exception_for(plan, problems, request)
    except Exception as failure:
        return error(plan, failure, request)
    return error(plan, exc, request)
