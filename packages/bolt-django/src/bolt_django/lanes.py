"""Where asgiref runs the synchronous half of an `async def` handler: one thread for all calls of a request.

A lane is a thread that does nothing else. A request is given its lane when its first call begins, not when it is
queued, so none waits behind a call that blocks. Another lane starts only while a call blocks: on one GIL, threads that
compute side by side cost more than they bring.
"""

import asyncio
import concurrent.futures
import contextlib
import contextvars
import functools
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from bolt_core.pool import Pool, PoolExecutor, run_for_loop, run_threadsafe

from bolt_django import conf, db
from bolt_django.calls import Call, CancellableFuture, Result

# A call that has run this long in a process that idles meanwhile waits for something: a database, a network.
PATIENCE_SECONDS = 0.001
# In a busy process it may as well be waiting for the GIL; past this it counts as blocked all the same.
BUSY_PATIENCE_SECONDS = 0.005
# How often the loop looks for requests that have waited for a session too long.
STARVING_SECONDS = 0.02


class _Lane:
    """One thread, and what it has before it."""

    def __init__(self, thread: int | None) -> None:
        self.thread = thread
        self.place = db.Place()
        self.running_since: float | None = None
        # Turns to begin a waiting request, and calls of requests that have begun, which the thread has not come to yet.
        self.turns = 0
        self.calls = 0

    def blocked(self, patience: float) -> bool:
        since = self.running_since
        return since is not None and time.monotonic() - since > patience

    def run(self, session: db.Session | None, call: Call) -> None:
        self.running_since = time.monotonic()
        try:
            if session is None:
                # A test client's: the thread and its connections are the test's, to be left where they are.
                call.run()
            else:
                if (generator := call.reads) is not None and not session.reads.add(generator):
                    call.refuse(db.RequestEnded("the request that this iteration belongs to is over"))
                    return
                session.run(self.place, call.run, call)
        finally:
            self.running_since = None


class Ticket:
    """A request's claim to one lane. The executor's lock guards it."""

    def __init__(self) -> None:
        self.lane: _Lane | None = None
        # Calls made before the first one has begun, with it in front; later, those that wait for a session.
        self.early: deque[Call] = deque()
        self.waits_since = 0.0
        # What it was given while it waited, until its lane comes to it.
        self.session: db.Session | None = None
        # Calls that are not done; of them those that run on the loop, or wait for one that does, the first in front.
        self.pending = 0
        self.line: deque[tuple[Call, Result | None]] = deque()
        self.over = True


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
    """Runs each request's calls on one of at most *most* lanes of *pool*, with a session of *sessions*.

    Results go back to the loop in batches: at once when a lane has nothing else to do, and otherwise within the loop's
    next look. Woken for each of them, the loop would take the GIL from the lane that works for it.
    """

    def __init__(self, pool: Pool, most: int, sessions: db.SessionPool | None) -> None:
        super().__init__(pool)
        self._threads = pool
        self._most = most
        self._sessions = sessions
        self._lock = threading.Lock()  # guards the lanes' counters, the tickets, and the queue
        self._lanes: list[_Lane] = []
        # Requests that wait for a lane: in front those that have waited for a session and have it.
        self._waiting: deque[Ticket] = deque()
        self._load = _Load()
        # A thread of its own, with connections of its own, if there ever is need of it.
        self._apart = PoolExecutor(pool, pinned=True)
        # The loop of the server; all below is its own, but for `_results`, which lanes append to.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._results: deque[Result] = deque()
        self._next_look: asyncio.TimerHandle | None = None
        # What callbacks that outlive a request are registered in: none of the request's variables.
        self._context = contextvars.Context()

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> concurrent.futures.Future[T]:
        """Run for the calling request; the future may be waited for from any thread."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        call = Call(functools.partial(fn, *args, **kwargs), ())
        self._queue(call.reported_by(functools.partial(run_threadsafe, future, cast("Callable[[], T]", call))))
        return future

    def run_for(self, loop: asyncio.AbstractEventLoop, fn: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Run for a coroutine of *loop*; results for another loop than the server's go back one by one."""
        if self._loop is None:
            self._loop = loop
        call = Call(fn, args)
        future = CancellableFuture(loop)
        if loop is self._loop:
            result = Result(future, call)
            report = functools.partial(self._compute, result)
        else:
            report = functools.partial(run_for_loop, loop, future, call, ())
        ticket = self._queue(call.reported_by(report))
        future.cancelled_by = functools.partial(self._stop, ticket, call)
        if loop is self._loop:
            self._watch(PATIENCE_SECONDS)
        return future

    def while_loop_waits(self) -> PoolExecutor:
        """Where a call of the calling request runs that the loop itself waits for, as nothing may need the loop then.

        On the request's lane only if its connections have something open: other requests' calls, which wait for the
        loop, may keep all other sessions.
        """
        if self._sessions is None:
            return self
        ticket = _ticket.get(None)
        session = None if ticket is None else self._sessions.session_of(ticket)
        return self if session is not None and session.is_bound else self._apart

    def _stop(self, ticket: Ticket, call: Call) -> None:
        """Stop the query of a call that nobody waits for any more; on a thread, as it takes the server's answer."""
        if self._sessions is not None:
            session = self._sessions.session_of(ticket)
            if session is not None and session.runs(call):
                self._threads.submit(functools.partial(session.cancel, call))

    def _queue(self, call: Call) -> Ticket:
        """Queue *call* for the calling request."""
        ticket = self._own_ticket()
        with self._lock:
            self._queue_for(ticket, call)
        return ticket

    def _queue_for(self, ticket: Ticket, call: Call) -> None:
        """Queue *call* for the request of *ticket*. Needs the lock."""
        ticket.pending += 1
        lane = ticket.lane
        if lane is None or ticket.early:
            ticket.early.append(call)
            if lane is None and len(ticket.early) == 1:
                ticket.waits_since = time.monotonic()
                self._waiting.append(ticket)
                self._give_turns()
            return
        lane.calls += 1
        self._threads.submit(functools.partial(self._take_call, lane, ticket, call), lane.thread)

    def _own_ticket(self) -> Ticket:
        ticket = _ticket.get(None)
        if ticket is None:
            ticket = Ticket()
            _ticket.set(ticket)
        if ticket.over and (task := asyncio.current_task()) is not None:
            # Over again and again: a handler, its stream and its background tasks share a context.
            ticket.over = False
            task.add_done_callback(functools.partial(self._end, ticket))
        return ticket

    def _end(self, ticket: Ticket, task: object) -> None:
        """The request is over: roll back what it left open, or what a call that still runs will leave."""
        with self._lock:
            ticket.over = True
        self._clear(ticket, time.monotonic() + conf.database_timeout())

    def _clear(self, ticket: Ticket, until: float) -> None:
        """End the session of a request that is over; not while its stream may go on with an iteration it has begun."""
        with self._lock:
            if not ticket.over or ticket.pending or self._sessions is None:
                return
        session = self._sessions.session_of(ticket)
        if session is not None and session.reads.in_use and self._loop is not None and time.monotonic() < until:
            # Of a request that was cancelled, the loop finalises the iteration in one of its next rounds.
            self._loop.call_later(STARVING_SECONDS, self._clear, ticket, until)
        elif (left := self._sessions.leave(ticket)) is not None:
            thread = None if ticket.lane is None else ticket.lane.thread
            self._threads.submit(functools.partial(self._end_session, left), thread)

    def _end_session(self, session: db.Session) -> None:
        """End what a request left behind; on a thread."""
        try:
            session.end()
        finally:
            if self._sessions is not None:
                self._sessions.give_back(session)

    def _give_turns(self) -> None:
        """See to it that lanes which do not block will begin every request that waits. Needs the lock."""
        missing = len(self._waiting) - sum(lane.turns for lane in self._lanes if not self._is_blocked(lane))
        if missing > 0:
            lane = self._free_lane()
            lane.turns += missing
            for _ in range(missing):
                self._threads.submit(functools.partial(self._take_turn, lane), lane.thread)

    def _is_blocked(self, lane: _Lane) -> bool:
        return lane.blocked(BUSY_PATIENCE_SECONDS if self._load.busy else PATIENCE_SECONDS)

    def _free_lane(self) -> _Lane:
        for lane in self._lanes:
            if not self._is_blocked(lane):
                return lane
        if len(self._lanes) < self._most:
            self._lanes.append(_Lane(self._threads.dedicate()))
            return self._lanes[-1]
        return min(self._lanes, key=lambda lane: lane.turns)

    def _is_ready(self, owner: object) -> bool:
        """Whether a lane is there to use a session, which would otherwise lie idle before a lane that blocks."""
        lane = cast("Ticket", owner).lane
        if lane is not None:
            return not self._is_blocked(lane)
        if self._waiting and self._waiting[0].session is not None:
            return False
        return len(self._lanes) < self._most or not all(map(self._is_blocked, self._lanes))

    def _watch(self, seconds: float) -> None:
        """Look again then, if not before."""
        assert self._loop is not None
        at = self._loop.time() + seconds
        if self._next_look is not None:
            if self._next_look.when() <= at:
                return
            self._next_look.cancel()
        self._next_look = self._loop.call_at(at, self._look, context=self._context)

    def _look(self) -> None:
        """Take the results that are there; a lane may also have begun to block, so give its turns to another."""
        self._next_look = None
        self._load.sample()
        self._deliver()
        since = time.monotonic() - conf.database_timeout()
        late: list[Ticket] = []
        with self._lock:
            # Who has a session is not refused any more: only its lane has to come to it.
            while self._waiting and self._waiting[0].session is None and self._waiting[0].waits_since < since:
                late.append(self._waiting.popleft())
            if self._waiting:
                self._give_turns()
            # A lane with nothing queued behind its call hands back by itself, however long it runs.
            more = bool(self._waiting) or any(lane.turns or lane.calls for lane in self._lanes)
        for ticket in late:
            self._refuse(ticket)
        if self._sessions is not None:
            self._sessions.refuse_late(since)
            # Nobody tells that an iteration has come to its end or a lane blocks no more.
            self._sessions.hand_out()
        self._deliver()
        if more:
            self._watch(PATIENCE_SECONDS)
        elif self._sessions is not None and self._sessions.awaited:
            self._watch(STARVING_SECONDS)

    def _refuse(self, ticket: Ticket) -> None:
        """Refuse the calls of a request that has waited too long, for a lane or a session."""
        with self._lock:
            late, ticket.early = ticket.early, deque()
            ticket.pending -= len(late)
        for call in late:
            call.refuse(self._exhausted())

    def _exhausted(self) -> Exception:
        return db.ConnectionsExhausted(f"no connection was free within {conf.database_timeout():g} s")

    def _deliver(self) -> None:
        while self._results:
            self._results.popleft().settle()

    def _take_turn(self, lane: _Lane) -> None:
        """Begin the next waiting request; on the lane's thread."""
        call = None
        with self._lock:
            lane.turns -= 1
            ticket = self._waiting.popleft() if self._waiting else None
            if ticket is not None:
                session, ticket.session = ticket.session, None
                if session is None and self._sessions is not None:
                    session = self._sessions.claim(ticket, self._wake, self._is_ready, ticket.waits_since)
                if session is not None or self._sessions is None:
                    ticket.lane = lane
                    call = ticket.early.popleft()
        if ticket is not None and call is not None:
            if self._sessions is not None and self._sessions.awaited:
                # Only one at a time is given a session before it has a lane.
                self._sessions.hand_out()
            self._run(lane, ticket, session, call)
        self._hand_back(lane)

    def _take_call(self, lane: _Lane, ticket: Ticket, call: Call) -> None:
        """Go on with a request that has begun; on the lane's thread."""
        session, waits = None, False
        with self._lock:
            lane.calls -= 1
            if self._sessions is not None:
                session = None if ticket.early else self._sessions.claim(ticket, self._wake, self._is_ready)
                waits = session is None
            if waits:
                ticket.early.append(call)
        if not waits:
            self._run(lane, ticket, session, call)
        self._hand_back(lane)

    def _wake(self, owner: object, session: db.Session | None) -> None:
        """Go on with a request that has waited for *session*, or refuse it; on any thread."""
        ticket = cast("Ticket", owner)
        if session is None:
            self._refuse(ticket)
            return
        with self._lock:
            lane = ticket.lane
            if lane is None:
                ticket.session = session
                self._waiting.appendleft(ticket)
                self._give_turns()
            else:
                lane.calls += 1
                self._threads.submit(functools.partial(self._take_again, lane, ticket, session), lane.thread)

    def _take_again(self, lane: _Lane, ticket: Ticket, session: db.Session) -> None:
        """Go on with a request that has got a session again; on the lane's thread."""
        with self._lock:
            lane.calls -= 1
            call = ticket.early.popleft()
        self._run(lane, ticket, session, call)
        self._hand_back(lane)

    def _run(self, lane: _Lane, ticket: Ticket, session: db.Session | None, first: Call) -> None:
        """Run a call, and those that the request has made meanwhile."""
        call: Call | None = first
        while call is not None:
            lane.run(session, call)
            with self._lock:
                ticket.pending -= 1
                call = ticket.early.popleft() if ticket.early else None
                if call is None and session is not None:
                    session.busy = False
                over = ticket.over and not ticket.pending
        if over and self._sessions is not None:
            if (left := self._sessions.leave(ticket)) is not None:
                self._end_session(left)
        elif self._sessions is not None and self._sessions.awaited:
            self._sessions.hand_out()

    def _compute(self, result: "Result") -> None:
        result.compute()
        self._results.append(result)

    def _hand_back(self, lane: _Lane) -> None:
        if self._results and not (lane.turns or lane.calls) and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._deliver)


_ticket: contextvars.ContextVar[Ticket] = contextvars.ContextVar("bolt_django.lane")


def install(context: contextvars.Context, executor: RequestExecutor) -> None:
    """Let every request whose context is a copy of *context* make its thread-sensitive calls through *executor*."""
    # What ThreadSensitiveContext(executor=…).__aenter__ does, for a context that begins no task and never exits.
    sensitive = ThreadSensitiveContext()
    SyncToAsync.context_to_thread_executor[sensitive] = cast("Any", executor)
    context.run(SyncToAsync.thread_sensitive_context.set, sensitive)
