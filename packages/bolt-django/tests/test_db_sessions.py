"""Sessions: at most so many, kept by their requests, taken over when none is free."""

from collections.abc import Callable, Iterator
from math import inf
from typing import Any

import pytest
from bolt_django.db import Session, SessionPool, units
from bolt_django.db.sessions import Place
from boltsite.shop.models import Product
from django.db import OperationalError, connection, connections, transaction

OWNERS = ["first", "second", "third"]


@pytest.fixture(autouse=True)
def thread(db: None) -> Iterator[None]:
    """The test's thread opens connections of its own and closes them."""
    own = connections["default"]
    del connections["default"]
    units.watch_thread_connections()
    yield
    units.close_thread()
    connections["default"] = own


@pytest.fixture
def place() -> Place:
    """The test's thread."""
    return Place()


def claim(pool: SessionPool, owner: object) -> Session | None:
    """The owner's session, if there is one for it now."""
    came: list[Session | None] = []
    session = pool.claim(owner, lambda owner, session: came.append(session))
    if session is None:
        # Not in line for the next one.
        pool.refuse_late(inf)
        assert came == [None]
    return session


def claimed(pool: SessionPool, owner: object) -> Session:
    """The owner's session, which there must be."""
    session = claim(pool, owner)
    assert session is not None
    return session


def rest(pool: SessionPool, session: Session) -> None:
    """The end of a call, as its lane tells it."""
    session.busy = False
    pool.hand_out()


def call(pool: SessionPool, place: Place, owner: object, job: Callable[[], object] = lambda: None) -> Session:
    """One call of a request."""
    session = claimed(pool, owner)
    session.run(place, lambda: job() and None, object())
    rest(pool, session)
    return session


def opened() -> Any:
    """The connection, open."""
    connection.ensure_connection()
    return connections["default"]


def test_an_owner_keeps_its_session(place: Place) -> None:
    """Calls of a request have one session, and those of another a different one."""
    pool = SessionPool(2)
    first = call(pool, place, "first", opened)
    second = call(pool, place, "second", opened)

    assert call(pool, place, "first") is first is not second
    assert first.connections["default"] is not second.connections["default"]
    pool.close()
    assert first.connections == second.connections == {}


def test_a_full_pool_takes_a_resting_session_over(place: Place) -> None:
    """What has been without a call for longest goes to the next request, and its owner gets another one later."""
    pool = SessionPool(2)
    first, second = (call(pool, place, owner, opened) for owner in OWNERS[:2])

    assert call(pool, place, "third") is first
    assert call(pool, place, "first") is second
    assert pool.used == 2
    pool.close()


def test_a_transaction_is_not_taken_over(place: Place) -> None:
    """A request inside a transaction, and one whose call runs, keep their sessions; others are told to wait."""
    pool = SessionPool(2)
    first = call(pool, place, "first", lambda: transaction.atomic().__enter__())
    second = claimed(pool, "second")

    assert claim(pool, "third") is None
    assert not pool.reserve(0)
    rest(pool, second)
    assert claim(pool, "third") is second
    assert claim(pool, "first") is first
    rest(pool, second)
    rest(pool, first)
    pool.close()


def test_an_unfinished_read_is_not_taken_over(place: Place) -> None:
    """A request that reads from a cursor keeps its session until it has read to the end."""
    pool = SessionPool(1)
    rows = (number for number in range(2))
    session = call(pool, place, "first")
    session.reads.add(rows)

    next(rows)
    assert claim(pool, "second") is None
    assert list(rows) == [1]
    assert claim(pool, "second") is session
    rest(pool, session)


def test_the_end_of_a_request_rolls_back(place: Place) -> None:
    """What a request leaves open is closed, and the session goes to the next without it."""
    pool = SessionPool(1)
    session = call(pool, place, "first", lambda: transaction.atomic().__enter__())
    kept = session.connections["default"]

    assert pool.leave("first") is session
    assert claim(pool, "second") is None
    session.end()
    pool.give_back(session)

    assert kept.connection is None or kept.closed_in_transaction
    assert call(pool, place, "second", lambda: Product.objects.count()) is session
    assert session.connections["default"] is not kept
    pool.close()


def test_with_an_age_a_connection_goes_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """With CONN_MAX_AGE the next request has the same connection, which nothing has to be done about."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", None)
    pool = SessionPool(2)
    session = call(pool, place, "first", opened)
    driver = session.connections["default"].connection

    assert pool.leave("first") is None
    assert call(pool, place, "second", opened) is session
    assert session.connections["default"].connection is driver
    pool.close()


def test_without_an_age_a_connection_lasts_as_long_as_its_request(place: Place) -> None:
    """With CONN_MAX_AGE 0 the calls of a request share a connection; taken over or at the end, it is closed."""
    pool = SessionPool(1)
    session = call(pool, place, "first", opened)
    driver = session.connections["default"].connection
    call(pool, place, "first", opened)
    assert session.connections["default"].connection is driver

    call(pool, place, "second", opened)
    assert session.connections["default"].connection is not driver
    assert pool.leave("second") is session
    session.end()
    assert session.connections["default"].connection is None


def test_a_cancelled_call_asks_nothing_more(place: Place) -> None:
    """From its cancellation on every query fails, its transaction cannot commit, and its connection is closed."""
    pool = SessionPool(1)
    mark = object()
    session = claimed(pool, "first")
    seen: list[object] = []

    def job() -> None:
        try:
            with transaction.atomic():
                Product.objects.count()
                session.cancel(mark)
                session.cancel(object())
                with pytest.raises(OperationalError):
                    Product.objects.count()
                seen.append(transaction.get_rollback())
        finally:
            seen.append(connections["default"])

    session.run(place, job, mark)

    assert seen[0] is True
    assert seen[1].connection is None  # type: ignore[attr-defined]
    assert session.connections == {}
    session.cancel(mark)


def test_reserved_places_count(place: Place) -> None:
    """A stream's place is one session less, and closes one that rests."""
    pool = SessionPool(2)
    kept = call(pool, place, "first", opened).connections["default"]
    assert pool.reserve(0)
    assert pool.reserve(0)

    assert kept.connection is None
    assert claim(pool, "second") is None
    pool.unreserve()
    assert claim(pool, "second") is not None
