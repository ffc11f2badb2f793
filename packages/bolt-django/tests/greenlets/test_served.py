"""Async ORM calls in greenlets, under a real server on PostgreSQL; on threads, the same handlers do the same."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from boltsite_tools.process import Served, connected, wait_until
from test_postgres import transactions

type Serve = Callable[..., Served]


@pytest.fixture
def served(serve: Serve, postgres: dict[str, str]) -> Served:
    """One process with 16 connections for async handlers."""
    return serve("--workers", "16", env=postgres).wait_ready()


def test_plain_calls_run_on_the_loops_thread(served: Served, postgres: dict[str, str]) -> None:
    """A function of the project's takes a thread, with the connection that the request's plain calls have."""
    reply = json.loads(served.get("/fibers/thread-of-query")[1])

    assert reply["threads"][0].startswith("bolt-dedicated")
    assert len(set(reply["pids"])) == 1
    assert (reply["threads"][-1] == reply["loop"]) is (postgres["TEST_ASYNC_ORM"] == "greenlets")


def test_writing_and_reading_in_steps(served: Served) -> None:
    """What the ORM's async methods do is the same, and an iteration that is broken off leaves the next query be."""
    for _ in range(3):
        status, body = served.get("/fibers/writes")
        assert status == 200, served.output
        names = [f"fiber {number}" for number in range(1, 9)]
        assert json.loads(body) == {"names": names, "created": False, "count": 8}


def test_queries_are_in_flight_together(served: Served) -> None:
    """64 requests with a query of 0.2 s each, on 16 connections, take no longer than six rounds."""
    begun = time.monotonic()
    with ThreadPoolExecutor(64) as clients:
        replies = list(clients.map(served.get, ["/fibers/sleep"] * 64))

    assert [status for status, _ in replies] == [200] * 64
    assert time.monotonic() - begun < 64 / 16 * 0.2 + 5 * 0.2


def test_a_client_that_leaves_ends_its_query(serve: Serve, postgres: dict[str, str]) -> None:
    """Long before it would have ended, and the next request finds a sound connection."""
    served = serve("--workers", "1", env=postgres).wait_ready()
    with connected(served.port) as connection:
        connection.request("GET", "/fibers/sleep?seconds=60")
        wait_until(lambda: any("pg_sleep" in query for _, query in active(postgres)), "the query runs")
    wait_until(lambda: not any("pg_sleep" in query for _, query in active(postgres)), "the query was cancelled")

    assert served.get("/shop/products/axe/")[0] == 200
    assert transactions(postgres) == []


def active(postgres: dict[str, str]) -> list[tuple[str, str]]:
    """The queries that run."""
    import psycopg

    with psycopg.connect(postgres["DATABASE_URL"], autocommit=True) as admin:
        sql = "SELECT state, query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return [(state, query) for state, query in admin.execute(sql + " AND state = 'active'").fetchall()]
