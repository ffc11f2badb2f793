"""Where asgiref runs the synchronous half of an `async def` handler: one thread for all calls of a request.

A lane is a thread that does nothing else. A request is given its lane when its first call begins, not when it is
queued, so none waits behind a call that blocks. Another lane starts only while a call blocks: on one GIL, threads that
compute side by side cost more than they bring.
"""

import asyncio
import contextlib
import contextvars
import functools
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from bolt_core.pool import Pool, PoolExecutor

from bolt_django import db

type Job = Callable[[], object]

# A call that has run this long in a process that idles meanwhile waits for something: a database, a network.
PATIENCE_SECONDS = 0.001
# In a busy process it may as well be waiting for the GIL; past this it counts as blocked all the same.
BUSY_PATIENCE_SECONDS = 0.005


class _Lane:
    """One thread, and what it has before it."""

    def __init__(self, thread: int | None) -> None:
        self.thread = thread
        self.running_since: float | None = None
        # Turns to begin a waiting request, and calls of requests that have begun, which the thread has not come to yet.
        self.turns = 0
        self.calls = 0

    def blocked(self, patience: float) -> bool:
        since = self.running_since
        return since is not None and time.monotonic() - since > patience

    def run(self, ticket: "_Ticket", job: Job) -> None:
        self.running_since = time.monotonic()
        try:
            if self.thread is None:
                # A test client's: the thread and its connections are the test's, to be left where they are.
                job()
            else:
                ticket.lease.run(job, db.has_open_transaction)
        finally:
            self.running_since = None
            ticket.finished += 1


class _Ticket:
    """A request's claim to one lane, and what it keeps there between calls."""

    def __init__(self) -> None:
        self.lane: _Lane | None = None
        self.lease = db.Lease()
        # Calls made before the first one has begun, with it in front.
        self.early: deque[Job] = deque()
        # Each is counted by one thread alone, the loop's and the lane's.
        self.called = self.finished = 0


class _Load:
    """Whether this process spent the time between its last two samples computing."""

    def __init__(self) -> None:
        self.busy = False
        self._at = time.monotonic()
        self._used = time.process_time()

    def sample(self) -> None:
        at, used = time.monotonic(), time.process_time()
        self.busy = (used - self._used) * 2 > at - self._at
        self._at, self._used = at, used


class RequestExecutor(PoolExecutor):
    """Runs each request's calls on one of at most *most* lanes of *pool*.

    Results go back to the loop in batches: at once when a lane has nothing else to do, and otherwise within the loop's
    next look. Woken for each of them, the loop would take the GIL from the lane that works for it.
    """

    def __init__(self, pool: Pool, most: int) -> None:
        super().__init__(pool)
        self._threads = pool
        self._most = most
        self._lock = threading.Lock()  # guards the lanes' counters, the tickets' lane and early calls, and `_waiting`
        self._lanes: list[_Lane] = []
        self._waiting: deque[_Ticket] = deque()
        self._load = _Load()
        # The loop of the server; all below is its own, but for `_results`, which lanes append to.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._results: deque[_Result] = deque()
        self._watching = False

    def run_for(self, loop: asyncio.AbstractEventLoop, fn: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Run for a coroutine of *loop*; results for another loop than the server's go back one by one."""
        if self._loop is None:
            self._loop = loop
        if loop is not self._loop:
            return super().run_for(loop, fn, *args)
        result = _Result(loop.create_future())
        self._submit(functools.partial(self._compute, result, fn, args))
        if not self._watching:
            self._watching = True
            loop.call_later(PATIENCE_SECONDS, self._look)
        return result.future

    def _submit(self, job: Job) -> None:
        """Queue *job*, which reports its own result, for the calling request."""
        ticket = self._own_ticket()
        ticket.called += 1
        with self._lock:
            if (lane := ticket.lane) is None:
                ticket.early.append(job)
                if len(ticket.early) == 1:
                    self._waiting.append(ticket)
                    self._give_turns()
                return
            lane.calls += 1
        self._threads.submit(functools.partial(self._take_call, lane, ticket, job), lane.thread)

    def _own_ticket(self) -> _Ticket:
        ticket = _ticket.get(None)
        if ticket is None:
            ticket = _Ticket()
            _ticket.set(ticket)
            if (task := asyncio.current_task()) is not None:
                task.add_done_callback(functools.partial(self._end, ticket))
        return ticket

    def _end(self, ticket: _Ticket, task: object) -> None:
        """The request is over: roll back what it left open, or what a call that still runs will leave."""
        if ticket.lane is not None and not (ticket.called == ticket.finished and ticket.lease.empty):
            self._threads.submit(ticket.lease.close, ticket.lane.thread)

    def _give_turns(self) -> None:
        """See to it that lanes which do not block will begin every request that waits. Needs the lock."""
        patience = BUSY_PATIENCE_SECONDS if self._load.busy else PATIENCE_SECONDS
        missing = len(self._waiting) - sum(lane.turns for lane in self._lanes if not lane.blocked(patience))
        if missing > 0:
            lane = self._free_lane(patience)
            lane.turns += missing
            for _ in range(missing):
                self._threads.submit(functools.partial(self._take_turn, lane), lane.thread)

    def _free_lane(self, patience: float) -> _Lane:
        for lane in self._lanes:
            if not lane.blocked(patience):
                return lane
        if len(self._lanes) < self._most:
            self._lanes.append(_Lane(self._threads.dedicate()))
            return self._lanes[-1]
        return min(self._lanes, key=lambda lane: lane.turns)

    def _look(self) -> None:
        """Take the results that are there; a lane may also have begun to block, so give its turns to another."""
        self._watching = False
        self._load.sample()
        self._deliver()
        with self._lock:
            if self._waiting:
                self._give_turns()
            # A lane with nothing queued behind its call hands back by itself, however long it runs.
            more = bool(self._waiting) or any(lane.turns or lane.calls for lane in self._lanes)
        if more and self._loop is not None and not self._watching:
            self._watching = True
            self._loop.call_later(PATIENCE_SECONDS, self._look)

    def _deliver(self) -> None:
        while self._results:
            self._results.popleft().settle()

    def _take_turn(self, lane: _Lane) -> None:
        """Begin the next waiting request; on the lane's thread."""
        with self._lock:
            lane.turns -= 1
            ticket = self._waiting.popleft() if self._waiting else None
            if ticket is not None:
                ticket.lane = lane
        # From here on nobody else adds to the early calls.
        while ticket is not None and ticket.early:
            lane.run(ticket, ticket.early.popleft())
        self._hand_back(lane)

    def _take_call(self, lane: _Lane, ticket: _Ticket, job: Job) -> None:
        """Go on with a request that has begun; on the lane's thread."""
        with self._lock:
            lane.calls -= 1
        lane.run(ticket, job)
        self._hand_back(lane)

    def _compute(self, result: "_Result", fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
        result.compute(fn, args)
        self._results.append(result)

    def _hand_back(self, lane: _Lane) -> None:
        if self._results and not (lane.turns or lane.calls) and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._deliver)


class _Result:
    """What a call came to, on its way back to the future that waits for it."""

    __slots__ = ("_error", "_value", "future")

    def __init__(self, future: asyncio.Future[Any]) -> None:
        self.future = future
        self._value: Any = None
        self._error: BaseException | None = None

    def compute(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
        """Call, on a lane, unless the future was cancelled meanwhile."""
        if self.future.cancelled():
            return
        try:
            self._value = fn(*args)
        except BaseException as error:
            self._error = error

    def settle(self) -> None:
        """Tell the future, on the loop."""
        if self.future.done():
            return
        if self._error is None:
            self.future.set_result(self._value)
        elif isinstance(self._error, StopIteration):
            # A future refuses it, as it would end the awaiting coroutine silently.
            wrapped = RuntimeError("a synchronous call raised StopIteration")
            wrapped.__cause__ = self._error
            self.future.set_exception(wrapped)
        else:
            self.future.set_exception(self._error)


_ticket: contextvars.ContextVar[_Ticket] = contextvars.ContextVar("bolt_django.lane")


def install(context: contextvars.Context, pool: Pool, most: int) -> None:
    """Let every request whose context is a copy of *context* use lanes of *pool* for thread-sensitive calls."""
    executor: Any = RequestExecutor(pool, most)
    # What ThreadSensitiveContext(executor=…).__aenter__ does, for a context that begins no task and never exits.
    sensitive = ThreadSensitiveContext()
    SyncToAsync.context_to_thread_executor[sensitive] = executor
    context.run(SyncToAsync.thread_sensitive_context.set, sensitive)
