"""Async ORM calls in greenlets, under a real server on PostgreSQL; on threads, the same handlers do the same."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from bolt_django.greenlets.plain import MANY
from boltsite_tools.process import Served, connected, wait_until
from test_postgres import transactions

type Serve = Callable[..., Served]


@pytest.fixture
def served(serve: Serve, postgres: dict[str, str]) -> Served:
    """One process with 16 connections for async handlers."""
    return serve("--workers", "16", env=postgres).wait_ready()


def test_plain_calls_run_on_the_loops_thread(served: Served, postgres: dict[str, str]) -> None:
    """A function of the project's takes a thread, `execute_wrappers` do too, all with the request's one connection."""
    reply = json.loads(served.get("/fibers/thread-of-query")[1])

    on_loop = postgres["TEST_ASYNC_ORM"] == "greenlets"
    assert [name == reply["loop"] for name in reply["plain"]] == [on_loop] * 2
    assert reply["wrapped"] != []
    assert all(name.startswith("bolt-") and name != reply["loop"] for name in [reply["own"], *reply["wrapped"]])
    assert len(set(reply["pids"])) == 1


def test_writing_and_reading_in_steps(served: Served) -> None:
    """What the ORM's async methods do is the same, and an iteration that is broken off leaves the next query be."""
    for _ in range(3):
        status, body = served.get("/fibers/writes")
        assert status == 200, served.output
        names = [f"fiber {number}" for number in range(1, 9)]
        assert json.loads(body) == {"names": names, "created": False, "count": 8}


@pytest.mark.parametrize(("way", "rows"), [("models", 20_000), ("values", 200_000)])
def test_a_long_result_lets_others_have_turns(served: Served, way: str, rows: int) -> None:
    """While its rows become objects the loop goes round again and again, and no row is lost or moved."""
    status, body = served.get(f"/fibers/long?way={way}&rows={rows}")

    assert status == 200, served.output
    reply = json.loads(body)
    assert reply["rounds"] >= 4
    assert reply["numbers"] == [1, rows, rows]


@pytest.mark.parametrize("parents", [MANY, MANY + 1])
def test_relations_of_many_objects_are_fetched_on_a_thread(
    served: Served, postgres: dict[str, str], parents: int
) -> None:
    """Of few, on the loop's."""
    reply = json.loads(served.get(f"/fibers/prefetched?parents={parents}")[1])

    on_loop = postgres["TEST_ASYNC_ORM"] == "greenlets" and parents == MANY
    assert [name == reply["loop"] for name in reply["threads"]] == [on_loop]
    assert reply["found"] == [parents, "in 00", f"in {parents - 1:02x}"]


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


@pytest.mark.parametrize("way", ["block", "step", "between"])
def test_a_client_that_leaves_leaves_no_transaction(serve: Serve, postgres: dict[str, str], way: str) -> None:
    """In the middle of a block or of an iteration; the one connection there is serves the next request."""
    served = serve("--workers", "1", env=postgres).wait_ready()
    with connected(served.port) as connection:
        connection.request("GET", f"/fibers/abandoned?way={way}")
        if way == "between":
            served.wait_for_line("read axe")
        else:
            wait_until(lambda: any("pg_sleep" in query for _, query in active(postgres)), "the query runs")
    wait_until(lambda: not transactions(postgres), "the server has ended the transaction")

    assert json.loads(served.get("/shop/in-transaction")[1]) == {"open": False}
    reply = served.get("/fibers/writes")
    assert reply[0] == 200, served.output
    assert "abandoned" not in rows(postgres, "SELECT name FROM library_tag")


def test_a_stream_goes_on_with_its_handlers_iteration(serve: Serve, postgres: dict[str, str]) -> None:
    """What the handler has begun to read is the stream's to read to its end, though the handler is over."""
    served = serve("--workers", "1", env=postgres).wait_ready()
    names = rows(postgres, "SELECT name FROM shop_product ORDER BY name")

    assert len(names) > 1
    assert [served.get("/fibers/peeked") for _ in range(3)] == [(200, " ".join(names).encode())] * 3
    assert served.get("/fibers/writes")[0] == 200


def test_each_requests_variables_are_its_own(served: Served) -> None:
    """Context variables, language and time zone, before, in and after queries that are in flight together."""
    theirs = [("ann", "de", "Asia/Tokyo"), ("bob", "fr", "America/Lima"), ("eve", "pl", "UTC")] * 6
    paths = [f"/fibers/context?who={who}&language={language}&zone={zone}" for who, language, zone in theirs]
    with ThreadPoolExecutor(len(paths)) as clients:
        replies = list(clients.map(served.get, paths))

    for own, (status, body) in zip(theirs, replies, strict=True):
        assert status == 200, served.output
        assert json.loads(body) == [["nobody"], *[list(own)] * 8]


def test_who_gets_no_connection_in_time_is_told_when_to_come_again(serve: Serve, postgres: dict[str, str]) -> None:
    """With 503, while the one connection is another's; who waits no longer than allowed gets it."""
    env = postgres | {"TEST_DATABASE_TIMEOUT": "0.3"}
    served = serve("--workers", "1", env=env).wait_ready()
    with ThreadPoolExecutor(1) as other, connected(served.port) as connection:
        asked = other.submit(served.get, "/fibers/sleep?seconds=1.5")
        wait_until(lambda: any("pg_sleep" in query for _, query in active(postgres)), "the query runs")
        connection.request("GET", "/fibers/opens")
        response = connection.getresponse()
        response.read()
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
        assert asked.result()[0] == 200

    assert served.get("/fibers/opens")[0] == 200


@pytest.mark.parametrize("busy", [False, True])
def test_a_connection_that_the_server_ended_is_replaced(serve: Serve, postgres: dict[str, str], busy: bool) -> None:
    """While it was idle nobody notices; who was asking gets an error, and the next request a new connection."""
    env = postgres | {"TEST_CONN_MAX_AGE": "600"}
    served = serve("--workers", "1", env=env).wait_ready()
    assert served.get("/fibers/opens")[0] == 200
    with ThreadPoolExecutor(1) as other:
        asked = other.submit(served.get, "/fibers/sleep?seconds=60") if busy else None
        if busy:
            wait_until(lambda: any("pg_sleep" in query for _, query in active(postgres)), "the query runs")
        ended = rows(postgres, END_OTHERS)
        assert ended != []
        # PostgreSQL forgets a process before that closes its socket, which is what the server can notice.
        wait_until(lambda: not any(holds_sockets(pid) for pid in ended), "the sockets are closed")
        if asked is not None:
            assert asked.result()[0] in (500, 503)

    assert [served.get("/fibers/opens")[0] for _ in range(3)] == [200] * 3


END_OTHERS = (
    "SELECT pid, pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def holds_sockets(pid: int) -> bool:
    """Whether that process is on this machine and has not ended."""
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_two_databases_and_a_router(serve: Serve, postgres: dict[str, str]) -> None:
    """Each has its own connection and its own transactions."""
    served = serve("--workers", "4", env=postgres | {"TEST_ROUTED": "1"}).wait_ready()

    status, body = served.get("/fibers/routed")

    assert status == 200, served.output
    reply = json.loads(body)
    assert len(set(reply["pids"])) == 2
    assert (reply["left"], reply["kept"]) == ([0, 0], [1, 1])
    assert transactions(postgres) == []


def test_a_receiver_may_come_back_to_the_loop(serve: Serve, postgres: dict[str, str]) -> None:
    """With `async_to_sync`; what it asks is part of the transaction that it was called in."""
    served = serve("--workers", "1", env=postgres).wait_ready()

    status, body = served.get("/fibers/receiver")

    assert status == 200, served.output
    assert json.loads(body) == {"found": [1, 1], "left": 0}


def test_a_function_that_blocks_delays_nobody(served: Served) -> None:
    """Others are answered meanwhile, also those that ask the database."""
    with ThreadPoolExecutor(1) as other:
        asked = other.submit(served.get, "/fibers/blocks")
        served.wait_for_line("blocks")
        assert served.get("/fibers/opens")[0] == 200
        status, body = asked.result()

    assert (status, json.loads(body)) == (200, {"opened": True})


def test_a_coroutine_is_in_no_calls_transaction(served: Served) -> None:
    """Its thread has no transaction, whatever a call on the loop is in the middle of."""
    assert json.loads(served.get("/fibers/beside-a-block")[1]) == {"inside": False}


def rows(postgres: dict[str, str], sql: str) -> list[Any]:
    """The first column of what *sql* finds."""
    import psycopg

    with psycopg.connect(postgres["DATABASE_URL"], autocommit=True) as admin:
        return [row[0] for row in admin.execute(sql).fetchall()]
