"""Where asgiref runs the synchronous half of an `async def` handler: one thread for all calls of a request."""

import asyncio
import concurrent.futures
import contextvars
import functools
import time
from collections.abc import Callable
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from bolt_core.pool import Pool, PoolExecutor

from bolt_django import db

# A lane whose oldest call has waited this long is blocked, not merely busy; several busy threads on one GIL are a loss.
_PATIENCE_SECONDS = 0.001


class _Lane:
    """One thread that runs requests' calls in order."""

    def __init__(self, pool: Pool) -> None:
        self.executor = PoolExecutor(pool, pinned=True)
        # Unfinished calls, oldest first; added by the loop, removed by the thread, both of them atomic.
        self.pending: dict[_Call, None] = {}

    def blocked(self) -> bool:
        try:
            oldest = next(iter(self.pending))
        except (StopIteration, RuntimeError):  # RuntimeError: the thread has just finished one
            return False
        return time.monotonic() - oldest.queued > _PATIENCE_SECONDS


class _Call:
    """One call on its way through a lane."""

    __slots__ = ("call", "queued", "started", "ticket")

    def __init__(self, ticket: "_Ticket", call: Callable[[], Any]) -> None:
        self.ticket = ticket
        self.call = call
        self.queued = time.monotonic()
        self.started = False
        ticket.lane.pending[self] = None

    def __call__(self) -> Any:
        self.started = True
        try:
            return self.ticket.lease.run(self.call, db.has_open_transaction)
        finally:
            self.ticket.lane.pending.pop(self, None)

    def on_done(self, future: "asyncio.Future[Any] | concurrent.futures.Future[Any]") -> None:
        """The executor skips a call that was cancelled before its turn."""
        if future.cancelled() and not self.started:
            self.ticket.lane.pending.pop(self, None)


class _Ticket:
    """A request's place on its lane, and what it keeps there between calls."""

    def __init__(self, lane: _Lane) -> None:
        self.lane = lane
        self.lease = db.Lease()

    def end(self, task: object) -> None:
        """The request is over: roll back what it left open."""
        # A call that outlives its cancelled request may still leave a transaction behind.
        if self.lane.pending or not self.lease.empty:
            self.lane.executor.submit(self.lease.close)


_ticket: contextvars.ContextVar[_Ticket] = contextvars.ContextVar("bolt_django.lane")


class RequestExecutor(PoolExecutor):
    """Sends each request's calls to one of at most *most* lanes; new ones start only while those there are blocked."""

    def __init__(self, pool: Pool, most: int) -> None:
        super().__init__(pool)
        self._lanes_pool = pool
        self._lanes: list[_Lane] = []
        self._most = most

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> concurrent.futures.Future[T]:
        """Run on the lane of the calling request."""
        call = _Call(self._ticket(), functools.partial(fn, *args, **kwargs))
        future: concurrent.futures.Future[T] = call.ticket.lane.executor.submit(call)
        future.add_done_callback(call.on_done)
        return future

    def run_for(self, loop: asyncio.AbstractEventLoop, fn: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Run on the lane of the calling request, for a coroutine of *loop*."""
        call = _Call(self._ticket(), functools.partial(fn, *args))
        future = call.ticket.lane.executor.run_for(loop, call)
        future.add_done_callback(call.on_done)
        return future

    def _ticket(self) -> _Ticket:
        ticket = _ticket.get(None)
        if ticket is None:
            ticket = _Ticket(self._lane())
            _ticket.set(ticket)
            if (task := asyncio.current_task()) is not None:
                task.add_done_callback(ticket.end)
        return ticket

    def _lane(self) -> _Lane:
        best = min(self._lanes, key=lambda lane: len(lane.pending), default=None)
        if best is None or (best.blocked() and len(self._lanes) < self._most):
            best = _Lane(self._lanes_pool)
            self._lanes.append(best)
        return best


def install(context: contextvars.Context, pool: Pool, most: int) -> None:
    """Let every request whose context is a copy of *context* use lanes of *pool* for thread-sensitive calls."""
    executor = RequestExecutor(pool, most)
    # What ThreadSensitiveContext(executor=…).__aenter__ does, for a context that begins no task and never exits.
    sensitive = ThreadSensitiveContext()
    SyncToAsync.context_to_thread_executor[sensitive] = executor
    context.run(SyncToAsync.thread_sensitive_context.set, sensitive)
