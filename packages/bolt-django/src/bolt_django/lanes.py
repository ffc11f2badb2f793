"""Where asgiref runs the synchronous half of an `async def` handler: one thread for all calls of a request.

A lane is a thread that does nothing else. A request is given its lane when its first call begins, not when it is
queued, so none waits behind a call that blocks. Another lane starts only while a call blocks: on one GIL, threads that
compute side by side cost more than they bring.
"""

import asyncio
import contextvars
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
    """One thread, and what it is doing."""

    def __init__(self, thread: int | None) -> None:
        self.thread = thread
        self.running_since: float | None = None
        # Turns to take a waiting request's first call that the thread has not come to yet.
        self.turns = 0

    def blocked(self, patience: float) -> bool:
        since = self.running_since
        return since is not None and time.monotonic() - since > patience

    def run(self, ticket: "_Ticket", job: Job) -> None:
        self.running_since = time.monotonic()
        try:
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
    """Runs each request's calls on one of at most *most* lanes of *pool*."""

    def __init__(self, pool: Pool, most: int) -> None:
        super().__init__(pool)
        self._threads = pool
        self._most = most
        self._lock = threading.Lock()  # guards all below, and the tickets' lane and early calls
        self._lanes: list[_Lane] = []
        self._waiting: deque[_Ticket] = deque()
        self._watching = False
        self._load = _Load()

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
        self._threads.submit(lambda: lane.run(ticket, job), lane.thread)

    def _own_ticket(self) -> _Ticket:
        ticket = _ticket.get(None)
        if ticket is None:
            ticket = _Ticket()
            _ticket.set(ticket)
            if (task := asyncio.current_task()) is not None:
                task.add_done_callback(lambda task: self._end(ticket))
        return ticket

    def _end(self, ticket: _Ticket) -> None:
        """The request is over: roll back what it left open, or what a call that still runs will leave."""
        if ticket.lane is not None and not (ticket.called == ticket.finished and ticket.lease.empty):
            self._threads.submit(ticket.lease.close, ticket.lane.thread)

    def _give_turns(self) -> None:
        """See to it that lanes which do not block will take every request that waits. Needs the lock."""
        patience = BUSY_PATIENCE_SECONDS if self._load.busy else PATIENCE_SECONDS
        missing = len(self._waiting) - sum(lane.turns for lane in self._lanes if not lane.blocked(patience))
        if missing > 0:
            lane = self._free_lane(patience)
            lane.turns += missing
            for _ in range(missing):
                self._threads.submit(lambda: self._take_turn(lane), lane.thread)
        if not self._watching:
            self._watching = True
            asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._look)

    def _free_lane(self, patience: float) -> _Lane:
        for lane in self._lanes:
            if not lane.blocked(patience):
                return lane
        if len(self._lanes) < self._most:
            self._lanes.append(_Lane(self._threads.dedicate()))
            return self._lanes[-1]
        return min(self._lanes, key=lambda lane: lane.turns)

    def _look(self) -> None:
        """A lane may have begun to block since its turns were given: give them to another."""
        with self._lock:
            self._watching = False
            self._load.sample()
            if self._waiting:
                self._give_turns()

    def _take_turn(self, lane: _Lane) -> None:
        """Begin the next waiting request; on the lane's thread."""
        with self._lock:
            lane.turns -= 1
            if not self._waiting:
                return
            ticket = self._waiting.popleft()
            ticket.lane = lane
        # From here on nobody else adds to the early calls.
        while ticket.early:
            lane.run(ticket, ticket.early.popleft())


_ticket: contextvars.ContextVar[_Ticket] = contextvars.ContextVar("bolt_django.lane")


def install(context: contextvars.Context, pool: Pool, most: int) -> None:
    """Let every request whose context is a copy of *context* use lanes of *pool* for thread-sensitive calls."""
    executor: Any = RequestExecutor(pool, most)
    # What ThreadSensitiveContext(executor=…).__aenter__ does, for a context that begins no task and never exits.
    sensitive = ThreadSensitiveContext()
    SyncToAsync.context_to_thread_executor[sensitive] = executor
    context.run(SyncToAsync.thread_sensitive_context.set, sensitive)
