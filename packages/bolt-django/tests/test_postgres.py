"""The ORM on PostgreSQL, under a real server."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from boltsite_tools.process import Served, connected

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


def test_a_stream_reads_its_cursor_to_the_end(served: Served) -> None:
    """Rows of a cursor that the view opened arrive while the reply is sent."""
    status, body = served.get("/stream/rows/")

    assert status == 200
    assert body.split()[:2] == [b"axe", b"bow"]
