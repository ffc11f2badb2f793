"""A call of a handler, step by step in Python: for routes that something encloses, as middleware and transactions do.

All other calls are the engine's own (`call.rs`), which come to the same.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bolt_core import dispatch
from bolt_core._native import Request
from bolt_core.error_bodies import write_error
from bolt_core.outcomes import outcome_of_result
from bolt_core.plan import HandlerPlan
from bolt_core.reading import off_loop
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


@dataclass(frozen=True, slots=True)
class Units:
    """What encloses a handler, the outermost first in both."""

    outer: tuple[Unit, ...] = ()
    """Around the binding of its arguments, too."""
    inner: tuple[Unit, ...] = ()
    """Around the handler and the writing of its result alone: entered only for requests that can be bound."""


def sync_handling(units: Units) -> Run:
    """What handles a request of a `def` handler on its thread; never raises."""
    run: Run = functools.partial(_run, units.inner)
    for unit in reversed(units.outer):
        run = _in_unit(unit, run)

    def handle(request: Request) -> Outcome | Promise:
        plan: HandlerPlan = request.plan
        try:
            return own_outcome(plan, request) or run(request)
        except Exception as exc:
            return dispatch.error(plan, exc, request)

    return handle


def async_handling(units: Units, *, is_async: bool) -> AsyncRun:
    """What handles a request on the loop; a `def` handler, with *is_async* false, goes to the pool from there."""
    if not is_async:
        handle_there = sync_handling(units)

        async def hand_over(request: Request) -> Outcome:
            # On the request's own thread, where an integration keeps one: its connection is that of the middleware.
            outcome = await off_loop(functools.partial(handle_there, request))
            return outcome if isinstance(outcome, tuple) else await outcome

        return hand_over
    run: AsyncRun = functools.partial(_run_async, units.inner)
    for unit in reversed(units.outer):
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


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a handler is called with."""

    positional: tuple[Any, ...]
    keywords: dict[str, Any]


def _arguments(plan: HandlerPlan, request: Request) -> Arguments | Outcome | Promise:
    """The arguments of the handler; or what is answered because they cannot be made."""
    if plan.check is not None:
        plan.check(request)
    bound = request._bind()
    return dispatch.invalid(plan, bound, request) if isinstance(bound, list) else Arguments(*bound)


def _run(units: tuple[Unit, ...], request: Request) -> Outcome | Promise:
    plan: HandlerPlan = request.plan
    bound = _arguments(plan, request)
    if not isinstance(bound, Arguments):
        return bound

    def call(request: Request) -> Outcome | Promise:
        return outcome_of_result(plan, plan.call(*bound.positional, **bound.keywords), request)

    run: Run = call
    for unit in reversed(units):
        run = _in_unit(unit, run)
    return run(request)


async def _run_async(units: tuple[Unit, ...], request: Request) -> Outcome:
    plan: HandlerPlan = request.plan
    bound = _arguments(plan, request)
    if not isinstance(bound, Arguments):
        return bound if isinstance(bound, tuple) else await bound

    async def call(request: Request) -> Outcome:
        outcome = outcome_of_result(plan, await plan.call(*bound.positional, **bound.keywords), request)
        return outcome if isinstance(outcome, tuple) else await outcome

    run: AsyncRun = call
    for unit in reversed(units):
        run = _in_async_unit(unit, run)
    return await run(request)
