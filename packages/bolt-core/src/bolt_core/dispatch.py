"""The slow paths between a handler and the wire: results, exceptions and unbindable requests become outcomes.

The engine calls `finish`, `error` and `invalid` with the GIL held on the thread that ran the handler. None of them
raises: whatever goes wrong inside is a logged, plain 500.
"""

from collections.abc import Sequence
from typing import Any

from bolt_core._native import Request
from bolt_core.errors import outcome_of_exception
from bolt_core.outcomes import outcome_of_result
from bolt_core.plan import HandlerPlan
from bolt_core.problems import exception_for
from bolt_core.types import Outcome, Problem

__all__ = ["error", "finish", "invalid"]


def finish(plan: HandlerPlan, result: Any, request: Request) -> Outcome:
    """What *result* of the plan's handler becomes: any result that the engine does not write itself."""
    try:
        return outcome_of_result(plan, result, request)
    except Exception as exc:
        return error(plan, exc, request)


def error(plan: HandlerPlan | None, exc: BaseException, request: Request) -> Outcome:
    """What an exception becomes: its own status, that of an adapter, or a logged 500 without internals."""
    return outcome_of_exception(plan, exc, request)


def invalid(plan: HandlerPlan, problems: Sequence[Problem], request: Request) -> Outcome:
    """What a request becomes that cannot be bound: 415, 400, or 422 listing every problem."""
    try:
        exc = exception_for(plan, problems, request)
    except Exception as failure:
        return error(plan, failure, request)
    return error(plan, exc, request)
