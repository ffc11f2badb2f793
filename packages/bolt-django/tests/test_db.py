"""Connections: kept on their threads, closed when Django says, never left in somebody's transaction."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from bolt_core.pool import Pool
from bolt_django import db
from bolt_django.db.units import watch_thread_connections
from boltsite.shop.models import Product
from boltsite_tools.inprocess import Client
from boltsite_tools.process import Served
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

type Serve = Callable[..., Served]


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    """A thread of its own, as one of a pool, whose connections are closed at the end."""
    with ThreadPoolExecutor(1) as executor:
        yield executor
        executor.submit(connections.close_all).result()


@pytest.fixture
def pool() -> Pool:
    """A server's pool, with places for two streams."""
    pool = Pool(2)
    db.set_session_pool(pool, db.SessionPool(2))
    return pool


def run_unit(thread: ThreadPoolExecutor, unit: Callable[[], Any]) -> Any:
    """Run *unit* between the hooks, as the pool does."""

    def run() -> Any:
        db.before_unit()
        try:
            return unit()
        finally:
            db.after_unit()

    return thread.submit(run).result()


def opened() -> BaseDatabaseWrapper:
    """The thread's connection, open."""
    connection.ensure_connection()
    return connections["default"]


@pytest.fixture(autouse=True)
def watched(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Connections are watched, and this module's own threads may open them."""
    with django_db_blocker.unblock():
        watch_thread_connections()
        yield


def test_without_max_age_a_connection_ends_with_its_unit(thread: ThreadPoolExecutor) -> None:
    """With CONN_MAX_AGE 0, Django's default, nothing stays open after a unit of work."""
    kept = run_unit(thread, opened)

    assert kept.connection is None


def test_with_max_age_a_connection_is_reused(thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an age, the next unit finds the same connection."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", None)
    first = run_unit(thread, lambda: opened().connection)
    second = run_unit(thread, lambda: opened().connection)

    assert first is second


def test_an_atomic_block_left_open_ends_with_its_unit(
    thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next unit of the thread does not run inside a transaction that the last one forgot."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", None)
    run_unit(thread, lambda: transaction.atomic().__enter__())

    assert run_unit(thread, lambda: opened().in_atomic_block) is False


def test_a_lease_keeps_a_transaction_from_others(
    thread: ThreadPoolExecutor, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two units of one request, others on the thread have a connection of their own."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", None)
    lease = db.Lease(pool)

    def enter() -> BaseDatabaseWrapper:
        transaction.atomic().__enter__()
        return connections["default"]

    mine = run_unit(thread, lambda: lease.run(enter, db.has_open_transaction))
    other = run_unit(thread, opened)
    again = run_unit(thread, lambda: lease.run(lambda: connections["default"], db.has_open_transaction))
    after = run_unit(thread, opened)

    assert mine is again
    assert mine is not other
    assert other is after
    assert not other.in_atomic_block
    thread.submit(lease.close).result()
    assert not db.is_open(mine)


def test_a_lease_without_transaction_leaves_the_connection(thread: ThreadPoolExecutor, pool: Pool) -> None:
    """What needs no keeping stays the thread's."""
    lease = db.Lease(pool)
    run_unit(thread, lambda: lease.run(opened, db.has_open_transaction))

    assert lease.empty


def test_a_lease_without_a_place_is_cut_off(
    thread: ThreadPoolExecutor, pool: Pool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where as many streams wait as there may, the next one loses its connections, which is logged."""
    monkeypatch.setattr("bolt_django.conf.DATABASE_TIMEOUT_SECONDS", 0.0)
    leases = [db.Lease(pool) for _ in range(3)]
    kept = [run_unit(thread, lambda lease=lease: lease.run(opened, db.is_open)) for lease in leases]

    assert [lease.empty for lease in leases] == [False, False, True]
    assert [db.is_open(connection) for connection in kept] == [True, True, False]
    assert "a stream was cut off" in caplog.text
    thread.submit(leases[0].close).result()
    thread.submit(leases[1].close).result()
    sessions = db.session_pool(pool)
    assert sessions is not None
    assert sessions.used == 0


def test_a_transaction_begun_by_sql_ends_with_its_unit(
    thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Django does not know of is rolled back as well."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", None)

    def begin() -> BaseDatabaseWrapper:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
        return connections["default"]

    assert not db.is_open(run_unit(thread, begin))


def test_the_age_counts_when_a_unit_begins(thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """No unit begins on a connection past its age."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 1000)
    kept = run_unit(thread, opened)
    driver = kept.connection
    assert run_unit(thread, opened).connection is driver

    kept.close_at = 0.0
    assert run_unit(thread, opened).connection is not driver


def test_every_unit_is_checked_and_forgets_its_queries(
    thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CONN_HEALTH_CHECKS run with a unit's first query, once; the log of queries begins empty."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", None)
    monkeypatch.setitem(connections.settings["default"], "CONN_HEALTH_CHECKS", True)
    checks: list[int] = []

    def unit() -> int:
        made = opened()
        monkeypatch.setattr(made, "is_usable", lambda: bool(checks.append(1)) or True)
        made.force_debug_cursor = True
        Product.objects.count()
        Product.objects.count()
        return len(made.queries_log)

    assert [run_unit(thread, unit) for _ in range(3)] == [2, 2, 2]
    assert len(checks) == 2


def test_close_thread(thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that ends takes its connections along."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", None)
    kept = run_unit(thread, opened)
    assert kept.connection is not None

    thread.submit(db.close_thread).result()

    assert kept.connection is None


@pytest.mark.django_db
def test_the_tests_own_transaction_is_left_alone() -> None:
    """A connection that was inside a transaction before a unit began is neither closed nor reset."""
    Product.objects.create(name="kept")
    before = connection.connection
    db.before_unit()
    Product.objects.create(name="too")
    db.after_unit()

    assert connection.connection is before
    assert Product.objects.count() == 2


@pytest.mark.django_db
def test_the_async_orm_runs_on_one_thread_and_keeps_its_transaction(client: Client) -> None:
    """In process, the calls of an async handler run on the test's thread and connection."""
    reply = client.get("/shop/thread").json()

    assert reply == {"names": [threading.current_thread().name] * 2, "held": True}


def test_async_requests_keep_their_thread_and_transaction(serve: Serve) -> None:
    """A request's calls run on one thread; its transaction holds over an await and is seen by no other request."""
    served = serve().wait_ready()

    async def many() -> list[tuple[int, bytes]]:
        paths = ["/shop/thread", "/shop/in-transaction"] * 10
        return await asyncio.gather(*(asyncio.to_thread(served.get, path) for path in paths))

    for status, body in asyncio.run(many()):
        assert status == 200
        data = json.loads(body)
        assert data.get("open") is not True
        assert data.get("held", True) is True
        assert len(set(data.get("names", []))) <= 1


def test_a_transaction_left_open_is_rolled_back(serve: Serve) -> None:
    """A handler that forgets to end its block commits nothing and disturbs nobody."""
    served = serve("--workers", "1").wait_ready()

    assert served.get("/shop/leaves-open") == (200, b'{"open":true}')
    names = [row["name"] for row in json.loads(served.get("/shop/products/sync")[1])]
    assert names == ["axe", "bow"]
