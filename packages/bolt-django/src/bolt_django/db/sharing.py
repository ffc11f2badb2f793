"""Who has which session, and who waits for one.

There are at most so many sessions in a process, so there are at most so many connections to each database, whichever
databases a call comes to ask. Between two calls of a request another one may take its session over when none is free,
unless a transaction or an unfinished read is open on it. Whoever finds none waits in one line, whatever it runs on: a
session that becomes free goes to the first in line, not to who asks next.
"""

import threading
import weakref
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from bolt_core.pool import Pool

from bolt_django.db.sessions import Make, Session

type Owner = object
# Called once, without any lock and on any thread: with the owner and its session, or None if the wait was too long.
type Wake = Callable[[Owner, Session | None], None]
# Whether the owner could use a session at once; called with the pool's lock held.
type Ready = Callable[[Owner], bool]


class _Waiter(NamedTuple):
    wake: Wake
    ready: Ready
    since: float


def _always(owner: Owner) -> bool:
    return True


class SessionPool:
    """At most *limit* sessions, and places of streams, in one process. Every method may be called from any thread."""

    def __init__(self, limit: int, make: Make | None = None) -> None:
        self.limit = limit
        self._make = make
        self._lock = threading.Lock()
        self._idle: list[Session] = []
        # Of requests, the one that has been without a call for longest first.
        self._owned: dict[Owner, Session] = {}
        self._reserved = 0
        # In the order in which they have come.
        self._waiting: dict[Owner, _Waiter] = {}

    @property
    def used(self) -> int:
        """Sessions and reserved places there are."""
        return len(self._idle) + len(self._owned) + self._reserved

    @property
    def awaited(self) -> bool:
        """Whether anybody waits. Who sets a session's `busy` to False looks here, and calls `hand_out`."""
        return bool(self._waiting)

    def claim(self, owner: Owner, wake: Wake, ready: Ready = _always, since: float | None = None) -> Session | None:
        """The session of *owner*, or a new one, for a call.

        None if others have all or were there first; then *owner* stands in line and *wake* is called later. Those
        behind it come first while it is not *ready*. It counts as waiting *since* then, by default from now on.
        """
        with self._lock:
            if (session := self._owned.pop(owner, None)) is not None:
                session.busy = True
                self._owned[owner] = session
                return session
            if not self._waiting and (session := self._unused()) is not None:
                self._give(session, owner)
                return session
            # It stands in line before it looks for a session to take over: who makes one free looks there afterwards.
            self._waiting[owner] = _Waiter(wake, ready, monotonic() if since is None else since)
            if self._first() is not owner or (session := self._free()) is None:
                return None
            del self._waiting[owner]
            self._give(session, owner)
            return session

    def _first(self) -> Owner | None:
        """Who is to have the next session."""
        return next((owner for owner, waiter in self._waiting.items() if waiter.ready(owner)), None)

    def _unused(self) -> Session | None:
        if self._idle:
            return self._idle.pop()
        return Session(self._make) if self.used < self.limit else None

    def _free(self) -> Session | None:
        if (session := self._unused()) is not None:
            return session
        for owner, session in self._owned.items():
            if not session.busy and not session.is_bound:
                del self._owned[owner]
                return session
        return None

    def _give(self, session: Session, owner: Owner) -> None:
        session.owner, session.fresh, session.busy = owner, True, True
        self._owned[owner] = session

    def hand_out(self) -> None:
        """Give what is free to those who wait."""
        while self._waiting:
            with self._lock:
                owner = self._first()
                session = None if owner is None else self._free()
                if session is None:
                    return
                waiter = self._waiting.pop(owner)
                self._give(session, owner)
            waiter.wake(owner, session)

    def refuse_late(self, since: float) -> None:
        """Wake those without a session who have waited since before then, by `time.monotonic()`."""
        with self._lock:
            late = [(owner, waiter) for owner, waiter in self._waiting.items() if waiter.since < since]
            for owner, _ in late:
                del self._waiting[owner]
        for owner, waiter in late:
            waiter.wake(owner, None)

    def session_of(self, owner: Owner) -> Session | None:
        """The session that *owner* has now."""
        return self._owned.get(owner)

    def leave(self, owner: Owner) -> Session | None:
        """The session of a request that is over, if it must be ended first and then given back; else it is idle."""
        if owner not in self._owned:
            return None
        with self._lock:
            session = self._owned.get(owner)
            if session is None or session.busy:
                # Nothing is left, or the owner has begun anew.
                return None
            if session.must_end:
                session.reads.end()
                # Its owner's no more: one that begins anew gets another.
                session.owner, session.busy = session, True
                self._owned[session] = self._owned.pop(owner)
                return session
            self._make_idle(session)
        self.hand_out()
        return None

    def give_back(self, session: Session) -> None:
        """A session of a request that is over, with nothing of the request's left in it."""
        with self._lock:
            self._make_idle(session)
        self.hand_out()

    def _make_idle(self, session: Session) -> None:
        del self._owned[session.owner]
        session.owner, session.busy = None, False
        session.reads.close()
        self._idle.append(session)

    def reserve(self, timeout: float) -> bool:
        """Reserve a place for connections that are no session's; wait *timeout* seconds for it at most."""
        place, woken, found = object(), threading.Event(), []

        def wake(owner: Owner, session: Session | None) -> None:
            found.append(session)
            woken.set()

        session = self.claim(place, wake)
        if session is None:
            if not woken.wait(timeout):
                with self._lock:
                    is_given = self._waiting.pop(place, None) is None
                if not is_given:
                    return False
                woken.wait()
            (session,) = found
        if session is None:
            return False
        with self._lock:
            del self._owned[place]
            self._reserved += 1
        session.close()
        return True

    def unreserve(self) -> None:
        """Give such a place back, once its connections are closed or another's."""
        with self._lock:
            self._reserved -= 1
        self.hand_out()

    def close(self) -> None:
        """Close what no call uses; at the server's stop, more than once."""
        with self._lock:
            unused, self._idle = self._idle, []
            unused += [session for session in self._owned.values() if not session.busy]
        for session in unused:
            session.close()


# One for each server of this process, of which there are several only in tests.
_pools: "weakref.WeakKeyDictionary[Pool, SessionPool]" = weakref.WeakKeyDictionary()


def set_session_pool(pool: Pool, sessions: SessionPool) -> None:
    """Let streams on the threads of *pool* count among *sessions*."""
    _pools[pool] = sessions


def session_pool(pool: Pool) -> SessionPool | None:
    """The sessions of the server that *pool* belongs to; None for a test client's, whose connections are the test's."""
    return _pools.get(pool)
