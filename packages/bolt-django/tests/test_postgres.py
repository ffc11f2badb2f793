"""The ORM on PostgreSQL, under a real server."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from boltsite_tools.process import Served, connected, wait_until

type Serve = Callable[..., Served]

NAMES = ["axe", "bow"]


@pytest.fixture
def served(serve: Serve, postgres: dict[str, str]) -> Served:
    """Two workers on PostgreSQL."""
    return serve("--processes", "2", env=postgres).wait_ready()


def test_sync_and_async_orm(served: Served) -> None:
    """Both kinds of handlers and Django's views read the same rows, many at a time."""
    paths = ["/shop/products/sync", "/shop/products/async", "/shop/products/queryset"] * 10
    with ThreadPoolExecutor(8) as clients:
        for status, body in clients.map(served.get, paths):
            assert status == 200
            assert [row["name"] for row in json.loads(body)] == NAMES
    assert json.loads(served.get("/async/")[1])["count"] == 2


def test_a_write_is_seen_by_the_other_worker(served: Served) -> None:
    """What a handler wrote is committed when its reply is there."""
    with connected(served.port) as connection:
        body = json.dumps({"name": "saw"})
        connection.request("POST", "/shop/products", body, {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200

    for _ in range(4):
        assert json.loads(served.get("/shop/products/saw/")[1])["name"] == "saw"


def test_a_transaction_stays_with_its_request(served: Served) -> None:
    """A transaction that an async handler holds over an await, and rolls back, is seen by no other request."""
    paths = ["/shop/thread", "/shop/in-transaction", "/shop/leaves-open"] * 5
    with ThreadPoolExecutor(8) as clients:
        replies = [json.loads(body) for _, body in clients.map(served.get, paths)]

    assert all(reply["held"] for reply in replies[0::3])
    assert not any(reply["open"] for reply in replies[1::3])
    assert "never committed" not in served.get("/shop/products/sync")[1].decode()


@pytest.mark.parametrize("way", ["loop", "query"])
def test_a_block_whose_client_left_is_rolled_back(serve: Serve, postgres: dict[str, str], way: str) -> None:
    """Wherever it waits; the server holds no transaction of it, and the next request finds a sound connection."""
    served = serve("--workers", "1", env=postgres).wait_ready()
    with connected(served.port) as connection:
        connection.request("GET", f"/shop/abandoned-block?way={way}")
        served.wait_for_line("block begun")
    served.wait_for_line("block left 1")

    wait_until(lambda: not transactions(postgres), "the server has ended the transaction")
    assert json.loads(served.get("/shop/in-transaction")[1]) == {"open": False}
    assert "abandoned" not in served.get("/shop/products/sync")[1].decode()


def test_a_handler_goes_on_after_a_block_that_timed_out(serve: Serve, postgres: dict[str, str]) -> None:
    """What it writes then is no part of the block."""
    served = serve("--workers", "1", env=postgres).wait_ready()
    status, body = served.get("/shop/timed-block")

    assert (status, json.loads(body)) == (200, {"open": False, "kept": "kept"})
    names = served.get("/shop/products/sync")[1].decode()
    assert "kept" in names
    assert "abandoned" not in names
    assert transactions(postgres) == []


def transactions(postgres: dict[str, str]) -> list[tuple[str, str]]:
    """The transactions that are open on the server, by their last query."""
    import psycopg

    with psycopg.connect(postgres["DATABASE_URL"]) as admin:
        return admin.execute(
            "SELECT state, query FROM pg_stat_activity WHERE datname = current_database()"
            " AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
        ).fetchall()


def test_a_stream_reads_its_cursor_to_the_end(served: Served) -> None:
    """Rows of a cursor that the view opened arrive while the reply is sent."""
    status, body = served.get("/stream/rows/")

    assert status == 200
    assert body.split()[:2] == [b"axe", b"bow"]
