"""Transactions around handlers: `ATOMIC_REQUESTS` and `non_atomic_requests` as Django has them, and `aatomic`."""

import asyncio
import contextlib
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from asgiref.sync import sync_to_async
from bolt_core.around import Enclosure, Skipped
from bolt_core.handling import AsyncRun, Run, Units
from bolt_core.plan import HandlerPlan
from bolt_core.request import Request
from bolt_core.types import Outcome, Promise
from django.db import connections, transaction

from bolt_django import conf

__all__ = ["aatomic"]


class aatomic(contextlib.AbstractAsyncContextManager[None], contextlib.AsyncContextDecorator):
    """`transaction.atomic` for `async def`: `async with aatomic():`, or a decorator.

    *using*, *savepoint* and *durable* are those of `atomic`. Everything that the block does on the database, by async
    ORM calls and `sync_to_async`, is committed together, or rolled back when the block raises; also when it is
    cancelled, and then nothing of it is written. Blocks nest.
    """

    def __init__(self, using: str | None = None, savepoint: bool = True, durable: bool = False) -> None:
        self._options = (using, savepoint, durable)
        self._atomic: Any = None

    def _recreate_cm(self) -> Self:
        # A decorated function may run several times at once.
        return type(self)(*self._options)

    async def __aenter__(self) -> None:
        self._atomic = transaction.atomic(*self._options)
        begin = Begin(self._atomic)
        try:
            await sync_to_async(begin)()
        except asyncio.CancelledError as cancelled:
            begin.is_wanted = False
            # Nobody will leave a block that was not entered for its caller, who may go on with other queries.
            if begin.has_begun:
                await _to_its_end(sync_to_async(begin.undo)(cancelled))
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await _to_its_end(sync_to_async(self._atomic.__exit__)(kind, error, traceback))


class Begin:
    """The entry into a block, which its thread may still be in the middle of when the task is cancelled."""

    def __init__(self, atomic: Any) -> None:
        self._atomic = atomic
        self._is_inside = False
        # The thread sets the one and then reads the other, the loop the other way round: at least one of them sees.
        self.has_begun = False
        self.is_wanted = True

    def __call__(self) -> None:
        """Enter, unless that is not wanted any more; on the request's thread."""
        self.has_begun = True
        if self.is_wanted:
            self._atomic.__enter__()
            self._is_inside = True

    def undo(self, error: BaseException) -> None:
        """Roll back what was entered; on the same thread, and therefore after the entry."""
        if self._is_inside:
            self._atomic.__exit__(type(error), error, error.__traceback__)


async def _to_its_end(work: Any) -> None:
    """Await *work* even while the task is cancelled: half a commit is none that anybody could tell of."""
    running = asyncio.ensure_future(work)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(running)
        if not running.cancelled():
            running.result()
        raise


def find(plan: HandlerPlan, options: Mapping[str, Any], skipped: Skipped) -> Enclosure | None:
    """The transactions that the settings of the databases ask for around *plan*'s handler."""
    exempt = getattr(plan.handler, "_non_atomic_requests", ())
    aliases = tuple(
        alias for alias, options in connections.settings.items() if options["ATOMIC_REQUESTS"] and alias not in exempt
    )
    return Enclosure(units=Units(inner=(AtomicRequest(aliases),))) if aliases else None


class AtomicRequest:
    """One transaction on each of *aliases* around the handler and the writing of its result."""

    def __init__(self, aliases: tuple[str, ...]) -> None:
        self._aliases = aliases

    def run(self, request: Request, inner: Run) -> Outcome | Promise:
        """On the thread of a `def` handler."""
        with contextlib.ExitStack() as stack:
            for alias in self._aliases:
                stack.enter_context(transaction.atomic(using=alias))
            outcome = inner(request)
            if isinstance(outcome, tuple) and rolls_back(outcome[0]):
                self._roll_back()
        return outcome

    async def run_async(self, request: Request, inner: AsyncRun) -> Outcome:
        """Around an `async def` handler, on the connection of all its calls."""
        async with contextlib.AsyncExitStack() as stack:
            for alias in self._aliases:
                await stack.enter_async_context(aatomic(using=alias))
            outcome = await inner(request)
            if rolls_back(outcome[0]):
                await sync_to_async(self._roll_back)()
        return outcome

    def _roll_back(self) -> None:
        for alias in self._aliases:
            transaction.set_rollback(True, using=alias)


def rolls_back(status: int) -> bool:
    """Whether a reply of *status* that was returned, not raised, undoes what its handler has written."""
    return status >= 400 and conf.bolt_settings().get("ROLLBACK_ON", "exceptions") == "errors"
