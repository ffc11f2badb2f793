"""Runs a request's plain ORM calls in fibers, and its other calls on its lane, one after the other."""

import asyncio
import functools
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from bolt_core.pool import Pool

from bolt_django import db
from bolt_django.calls import Call, CancellableFuture, Result
from bolt_django.greenlets.fibers import Hub
from bolt_django.greenlets.plain import plain_call
from bolt_django.lanes import STARVING_SECONDS, RequestExecutor, Ticket


class FiberExecutor(RequestExecutor):
    """As `RequestExecutor`, with fibers of the server's loop. Requests of both kinds share *sessions*."""

    def __init__(self, pool: Pool, most: int, sessions: db.SessionPool | None) -> None:
        super().__init__(pool, most, sessions)
        assert sessions is not None
        self._pool_of_sessions = sessions
        self._hub: Hub | None = None

    def run_for(self, loop: asyncio.AbstractEventLoop, fn: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Run for a coroutine of *loop*: in a fiber what is plain Django, and on the request's lane what is not."""
        if self._loop is None:
            self._loop = loop
        if loop is not self._loop or (plain := plain_call(fn)) is None:
            return super().run_for(loop, fn, *args)
        if self._hub is None:
            self._hub = Hub(loop, self._threads)
        ticket = self._own_ticket()
        call = Call(plain, ())
        future = CancellableFuture(loop)
        result = Result(future, call)
        with self._lock:
            # Otherwise a call of its lane is under way, which this one must follow.
            on_loop = ticket.pending == len(ticket.line)
            if on_loop:
                ticket.pending += 1
                ticket.line.append((call.reported_by(result.compute), result))
            is_first = len(ticket.line) == 1
        if not on_loop:
            return super().run_for(loop, fn, *args)
        future.cancelled_by = functools.partial(self._stop, ticket, call)
        if is_first:
            # Not here: the engine may have called the handler, and no fiber begins on top of its frames.
            loop.call_soon(self._begin, ticket, context=self._hub.context)
        return future

    def _queue(self, call: Call) -> Ticket:
        ticket = self._own_ticket()
        with self._lock:
            if ticket.line:
                ticket.pending += 1
                ticket.line.append((call, None))
            else:
                self._queue_for(ticket, call)
        return ticket

    def _begin(self, ticket: Ticket) -> None:
        """Run the first call in line; from a callback of the loop."""
        session = self._pool_of_sessions.claim(ticket, self._wake_fiber)
        if session is None:
            self._watch(STARVING_SECONDS)
        else:
            self._start(ticket, session)

    def _wake_fiber(self, owner: object, session: db.Session | None) -> None:
        """Go on with a request whose first call in line has waited for *session*, or refuse it; on any thread."""
        assert self._loop is not None
        assert self._hub is not None
        ticket = cast("Ticket", owner)
        if session is None:
            # Those are woken by the loop alone.
            self._refuse_all(ticket)
            return
        try:
            self._loop.call_soon_threadsafe(self._start, ticket, session, context=self._hub.context)
        except RuntimeError:
            # The loop has closed: nobody waits any more.
            session.busy = False
            self._pool_of_sessions.leave(ticket)

    def _start(self, ticket: Ticket, session: db.Session) -> None:
        assert self._hub is not None
        self._hub.start(session, functools.partial(self._run_first, ticket, session))

    def _run_first(self, ticket: Ticket, session: db.Session) -> None:
        """Make the first call in line; in its fiber."""
        assert self._hub is not None
        call, result = ticket.line[0]
        assert result is not None
        try:
            if (generator := call.reads) is not None and not session.reads.add(generator):
                call.refuse(db.RequestEnded("the request that this iteration belongs to is over"))
            else:
                session.run(self._hub.place, call.run, call)
        except BaseException as error:
            result.fail(error)
        self._after(ticket, session)
        result.settle()

    def _after(self, ticket: Ticket, session: db.Session) -> None:
        """Go on after the first call in line, in its fiber: with the next in line, or with another request."""
        assert self._loop is not None
        assert self._hub is not None
        with self._lock:
            follower = self._leave_line(ticket)
            if follower is None:
                session.busy = False
            over = ticket.over and not ticket.pending
        if follower is not None:
            self._loop.call_soon(self._begin, ticket, context=self._hub.context)
        elif over:
            if (left := self._pool_of_sessions.leave(ticket)) is not None:
                self._threads.submit(functools.partial(self._end_session, left))
        elif self._pool_of_sessions.awaited:
            self._pool_of_sessions.hand_out()

    def _leave_line(self, ticket: Ticket) -> Result | None:
        """Take the first call out of line; unless the next is the loop's, all go to the lane. Needs the lock."""
        ticket.line.popleft()
        ticket.pending -= 1
        if ticket.line and ticket.line[0][1] is not None:
            return ticket.line[0][1]
        left, ticket.line = ticket.line, deque()
        ticket.pending -= len(left)
        for call, result in left:
            self._queue_for(ticket, call if result is None else self._for_lane(call, result))
        return None

    def _for_lane(self, call: Call, result: Result) -> Call:
        return call.reported_by(functools.partial(self._compute, result))

    def _refuse_all(self, ticket: Ticket) -> None:
        """Refuse all that a request has in line."""
        with self._lock:
            left, ticket.line = ticket.line, deque()
            ticket.pending -= len(left)
        error = self._exhausted()
        for call, result in left:
            call.refuse(error)
            if result is not None:
                result.settle()
        self._deliver()
