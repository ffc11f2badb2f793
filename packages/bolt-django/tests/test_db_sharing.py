"""The line for sessions: first come, first served, whatever those who wait run on."""

import threading
from math import inf

from bolt_django.db import Session, SessionPool


class Line:
    """Requests and what each of them was given while it waited."""

    def __init__(self, pool: SessionPool) -> None:
        self.pool = pool
        self.given: list[tuple[object, Session | None]] = []
        self.ready = True

    def ask(self, owner: str) -> Session | None:
        """Claim, and wait if there is none."""
        return self.pool.claim(owner, self.wake)

    def ask_if_ready(self, owner: str) -> Session | None:
        """The same for one that can use a session only while the line's `ready` is set."""
        return self.pool.claim(owner, self.wake, lambda owner: self.ready)

    def wake(self, owner: object, session: Session | None) -> None:
        """Note who was woken, in order."""
        self.given.append((owner, session))


def full(limit: int = 1) -> tuple[SessionPool, Line, list[Session]]:
    """A pool whose sessions are all in use, by owners 0, 1, …"""
    pool = SessionPool(limit)
    line = Line(pool)
    sessions = [session for owner in range(limit) if (session := pool.claim(owner, line.wake)) is not None]
    assert len(sessions) == limit
    return pool, line, sessions


def end(pool: SessionPool, session: Session) -> None:
    """The end of a request."""
    owner, session.busy = session.owner, False
    assert pool.leave(owner) is None


def test_who_has_waited_longest_is_first() -> None:
    """A session that becomes free goes to the first in line, one after the other, and each is told once."""
    pool, line, (session,) = full()
    assert [line.ask(owner) for owner in "abc"] == [None] * 3

    for count in range(1, 4):
        end(pool, session)
        assert line.given == [(owner, session) for owner in "abc"[:count]]

    assert not pool.awaited


def test_a_newcomer_does_not_come_first() -> None:
    """Who asks at the moment when a session is free, but others wait that nobody has told yet, stands behind them."""
    pool, line, (session,) = full()
    assert line.ask("first") is None
    session.busy = False

    assert line.ask("newcomer") is None
    pool.hand_out()
    assert line.given == [("first", session)]


def test_a_session_between_two_calls_goes_to_the_line() -> None:
    """One whose request makes no call is handed over to who waits; its request stands in line for its next call."""
    pool, line, (session,) = full()
    assert line.ask("waiting") is None

    session.busy = False
    pool.hand_out()
    assert line.given == [("waiting", session)]
    assert pool.claim(0, line.wake) is None
    end(pool, session)
    assert line.given[1:] == [(0, session)]


def test_its_own_session_is_never_waited_for() -> None:
    """A request that has kept its session goes on with it while others wait for theirs."""
    pool, line, (session,) = full()
    rows = (row for row in range(2))
    session.reads.add(rows)
    next(rows)
    session.busy = False
    assert line.ask("waiting") is None

    assert pool.claim(0, line.wake) is session
    assert line.given == []


def test_who_cannot_use_it_is_passed_over() -> None:
    """A session does not lie idle before one who waits for something else, too; who is passed over stays in front."""
    pool, line, (session,) = full()
    line.ready = False
    assert line.ask_if_ready("lane") is None
    assert line.ask("fiber") is None

    end(pool, session)
    assert line.given == [("fiber", session)]
    line.ready = True
    assert line.ask("another") is None
    end(pool, session)
    assert line.given[1:] == [("lane", session)]


def test_a_newcomer_passes_who_cannot_use_it() -> None:
    """With a session free that the only one in line cannot use, a newcomer gets it at once."""
    pool, line, (session,) = full()
    line.ready = False
    assert line.ask_if_ready("lane") is None
    end(pool, session)

    assert line.ask("newcomer") is session
    assert pool.awaited


def test_who_has_waited_too_long_is_told() -> None:
    """Those who have waited since before the bound get nothing and leave the line; the others stay in it."""
    pool, line, (session,) = full()
    assert line.ask("late") is None
    assert pool.claim("in time", line.wake, since=inf) is None

    pool.refuse_late(1e12)
    assert line.given == [("late", None)]
    end(pool, session)
    assert line.given[1:] == [("in time", session)]


def test_every_free_session_is_handed_out() -> None:
    """Several that became free unheard go to as many of those who wait."""
    pool, line, sessions = full(2)
    assert [line.ask(owner) for owner in "abc"] == [None] * 3
    for session in sessions:
        session.busy = False

    pool.hand_out()
    assert [owner for owner, _ in line.given] == ["a", "b"]
    assert {session for _, session in line.given} == set(sessions)


def test_a_place_is_waited_for_in_line() -> None:
    """`reserve` on another thread gets the next place, before who asks after it, and leaves a place less."""
    pool, line, (session,) = full()
    places: list[bool] = []
    waiter = threading.Thread(target=lambda: places.append(pool.reserve(20)))
    waiter.start()
    while waiter.is_alive() and not pool.awaited:
        pass
    assert line.ask("later") is None
    end(pool, session)
    waiter.join(10)

    assert places == [True]
    assert line.given == []
    assert pool.used == 1
    pool.unreserve()
    assert [owner for owner, _ in line.given] == ["later"]


def test_a_place_is_not_waited_for_without_end() -> None:
    """`reserve` that was in vain says so and stands in line no more."""
    pool, _, (session,) = full()

    assert not pool.reserve(0.001)
    assert not pool.awaited
    end(pool, session)
    assert pool.reserve(0)
