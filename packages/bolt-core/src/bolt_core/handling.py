"""A call of a handler, step by step in Python: for routes that something encloses, as middleware and transactions do.

All other calls are the engine's own (`call.rs`), which come to the same.
"""

from collections.abc import Callable
from typing import Any, Protocol

from bolt_core import dispatch
from bolt_core._native import Request
from bolt_core.error_bodies import write_error
from bolt_core.outcomes import outcome_of_result
from bolt_core.plan import HandlerPlan
from bolt_core.pool import run_in_pool
from bolt_core.refusals import error_of
from bolt_core.types import Outcome, Promise

type Run = Callable[[Request], Outcome | Promise]
"""Calls the handler on this thread; raises what it raises."""

type AsyncRun = Callable[[Request], Promise]


class Unit(Protocol):
    """Encloses a handler and the writing of its result, and sees the exceptions of both; a transaction is one."""

    def run(self, request: Request, inner: Run) -> Outcome | Promise:
        """Call *inner*(request) on the thread of a `def` handler; what this raises becomes the reply."""
        ...

    async def run_async(self, request: Request, inner: AsyncRun) -> Outcome:
        """The same around an `async def` handler."""
        ...


def own_outcome(plan: HandlerPlan, request: Request) -> Outcome | None:
    """What the engine answers by itself, where it does."""
    own = request._own_answer
    if own is None:
        return None
    status, detail, fields = own
    if detail is None:
        return status, list(fields), b""
    return write_error(error_of(status, detail, fields), request, plan.errors)


def sync_handling(units: tuple[Unit, ...]) -> Run:
    """What handles a request of a `def` handler on its thread; never raises."""
    run: Run = _run
    for unit in reversed(units):
        run = _in_unit(unit, run)

    def handle(request: Request) -> Outcome | Promise:
        plan: HandlerPlan = request.plan
        try:
            return own_outcome(plan, request) or run(request)
        except Exception as exc:
            return dispatch.error(plan, exc, request)

    return handle


def async_handling(units: tuple[Unit, ...], *, is_async: bool) -> AsyncRun:
    """What handles a request on the loop; a `def` handler, with *is_async* false, goes to the pool from there."""
    if not is_async:
        handle_there = sync_handling(units)

        async def hand_over(request: Request) -> Outcome:
            outcome = await run_in_pool(handle_there, request)
            return outcome if isinstance(outcome, tuple) else await outcome

        return hand_over
    run: AsyncRun = _run_async
    for unit in reversed(units):
        run = _in_async_unit(unit, run)

    async def handle(request: Request) -> Outcome:
        plan: HandlerPlan = request.plan
        try:
            return own_outcome(plan, request) or await run(request)
        except Exception as exc:
            outcome = dispatch.error(plan, exc, request)
        return outcome if isinstance(outcome, tuple) else await outcome

    return handle


def _in_unit(unit: Unit, inner: Run) -> Run:
    return lambda request: unit.run(request, inner)


def _in_async_unit(unit: Unit, inner: AsyncRun) -> AsyncRun:
    return lambda request: unit.run_async(request, inner)


def _called(plan: HandlerPlan, request: Request) -> tuple[Any, Outcome | Promise | None]:
    """What calling the handler gave; or what is answered in its place."""
    if plan.check is not None:
        plan.check(request)
    bound = request._bind()
    if isinstance(bound, list):
        return None, dispatch.invalid(plan, bound, request)
    positional, keywords = bound
    return plan.call(*positional, **keywords), None


def _run(request: Request) -> Outcome | Promise:
    plan: HandlerPlan = request.plan
    result, answered = _called(plan, request)
    return outcome_of_result(plan, result, request) if answered is None else answered


async def _run_async(request: Request) -> Outcome:
    plan: HandlerPlan = request.plan
    called, outcome = _called(plan, request)
    if outcome is None:
        outcome = outcome_of_result(plan, await called, request)
    return outcome if isinstance(outcome, tuple) else await outcome
