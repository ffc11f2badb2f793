"""What a database can do to a server, and a request to its connection; against a real PostgreSQL."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, cluster
from serving import PATIENCE_SECONDS, Served, eventually, manage, serving

FAULTS = Path(__file__).parent / "faults"
ROWS, WIDTH = 2000, 4000
AGES = pytest.mark.parametrize("age", ["0", "none"])
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{}'"
# Two threads and two lanes: a bound of four connections.
WORKERS = ("--workers", "2")

type Serve = Callable[..., contextlib.AbstractContextManager[Served]]


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A PostgreSQL server with rows to read."""
    with cluster() as made:
        manage(FAULTS, "migrate", "--run-syncdb", "--verbosity", "0", FAULTS_HOST=str(made.folder))
        with contextlib.closing(made.connect()) as connection:
            rows = f"SELECT repeat('x', {WIDTH}) FROM generate_series(1, {ROWS})"
            connection.execute(f"INSERT INTO faultsite_entry (text) {rows}".encode())
        yield made


# What each server calls itself in PostgreSQL's lists.
names: dict[Served, str] = {}


@pytest.fixture(scope="module")
def servers(server: Cluster) -> Iterator[Callable[..., Served]]:
    """Starts the project on that server, once for each way it is started in."""
    started: dict[object, Served] = {}
    with contextlib.ExitStack() as stack:

        def start(age: str, *flags: str, **environment: str) -> Served:
            key = (age, flags, tuple(environment.items()))
            if key not in started:
                started[key] = stack.enter_context(serving_as(server, age, *flags, **environment))
            return started[key]

        yield start


@contextlib.contextmanager
def serving_as(server: Cluster, age: str, *flags: str, **environment: str) -> Iterator[Served]:
    """Serve the project under a name of its own."""
    name = f"faults{len(names)}"
    with serving(
        FAULTS, *flags, FAULTS_HOST=str(server.folder), FAULTS_NAME=name, FAULTS_AGE=age, **environment
    ) as served:
        names[served] = name
        yield served


@pytest.fixture
def serve(servers: Callable[..., Served]) -> Serve:
    """Lends a server, by default with a bound of four connections; it may have served another test before."""

    def start(age: str = "none", *flags: str, **environment: str) -> contextlib.AbstractContextManager[Served]:
        return contextlib.nullcontext(servers(age, *(flags or WORKERS), **environment))

    return start


def get(served: Served, path: str) -> tuple[int, Any]:
    """Status and JSON of one request on a connection of its own."""
    with served.client() as client:
        reply = client.get(path)
        return reply.status_code, reply.json() if reply.content else None


def together(served: Served, *paths: str) -> list[tuple[int, Any]]:
    """The replies to requests sent at once."""
    with ThreadPoolExecutor(len(paths)) as threads:
        return list(threads.map(lambda path: get(served, path), paths))


def states(server: Cluster, served: Served) -> list[object]:
    """The states of the connections of the server under test."""
    return [state for _, state, _ in server.activity(names[served])]


def nothing_held(server: Cluster, served: Served) -> bool:
    """Whether no connection is inside a transaction, or asks anything."""
    return all(state == "idle" for state in states(server, served))


@contextlib.contextmanager
def leaving(served: Served, path: str) -> Iterator[None]:
    """A client that sends a request and leaves at the end of the block."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE_SECONDS) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        yield


def asks(server: Cluster, served: Served, query: str) -> Callable[[], bool]:
    """Whether the server under test runs such a query now."""
    return lambda: any(state == "active" and query in str(asked) for _, state, asked in server.activity(names[served]))


def test_connections_keep_their_bound(server: Cluster) -> None:
    """However many requests of whatever kind come at once, there are never more than 2 × workers connections."""
    with serving_as(server, "none", *WORKERS) as served:
        served.printed(r"Connections: at most 4 \(1 × 2 × 2\) to default")
        paths = ["/sync", "/async?pause=0.02", "/hold?seconds=0.02", "/django/count", "/sync/sleep?seconds=0.02"] * 12
        replies = together(served, *paths)
        most = get(served, "/connections")[1]["most"]
        assert {status for status, _ in replies} == {200}
        assert 1 < most <= 4
        for _, reply in replies[2::5]:
            assert reply["held"] == "mine"
            assert len(set(reply["pids"])) == 1
        assert nothing_held(server, served)


@AGES
def test_a_request_uses_one_connection(server: Cluster, serve: Serve, age: str) -> None:
    """All ORM calls of an async request ask over one connection, which ends with it where CONN_MAX_AGE is 0."""
    with serve(age) as served:
        first, second = (get(served, "/async?pause=0.01")[1]["pids"] for _ in range(2))
        assert len(set(first)) == len(set(second)) == 1
        if age == "0":
            assert first[0] != second[0]
            eventually(lambda: states(server, served) == [])
        else:
            assert first == second
            assert nothing_held(server, served)


@AGES
def test_session_state_holds_within_a_request(serve: Serve, age: str) -> None:
    """What SET and CREATE TEMPORARY TABLE made outside of a transaction is there in the request's next call."""
    with serve(age, "--workers", "8") as served:
        replies = together(served, *(f"/session-state?name=n{number}" for number in range(8)))
    assert replies == [(200, {"mine": f"n{number}", "rows": 1}) for number in range(8)]


@AGES
@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("how", ["atomic", "begin", "autocommit", "cursor"])
def test_what_is_left_behind_goes(server: Cluster, serve: Serve, age: str, kind: str, how: str) -> None:
    """A transaction, a switched autocommit and a cursor end with their request, and nobody sees them."""
    with serve(age, "--workers", "1") as served:
        for _ in range(3):
            assert get(served, f"/leave/{kind}?how={how}")[0] == 200
            for path in ("/open", "/aopen"):
                status, reply = get(served, path)
                assert (status, reply["open"], reply["autocommit"]) == (200, False, True)
        eventually(lambda: nothing_held(server, served))
        assert len(states(server, served)) <= 2
    assert server.ask("SELECT count(*) FROM faultsite_entry WHERE text = 'left behind'") == [(0,)]


@pytest.mark.parametrize("path", ["/sync", "/async", "/django/count"])
def test_a_connection_killed_while_idle_is_noticed(server: Cluster, serve: Serve, path: str) -> None:
    """The server ends every idle connection; the next request has another one."""
    with serve() as served:
        for _ in range(3):
            assert get(served, path)[0] == 200
            server.ask(TERMINATE.format(names[served]))
            eventually(lambda: states(server, served) == [])
            # Longer than a connection counts as used just now.
            threading.Event().wait(0.06)
        assert get(served, path)[0] == 200


@AGES
@pytest.mark.parametrize(("path", "after"), [("/dies", "/sync"), ("/adies", "/async")])
def test_one_request_pays_for_a_lost_connection(serve: Serve, age: str, path: str, after: str) -> None:
    """A connection lost in the middle of a query is a logged 503 with Retry-After, and gone for the next request."""
    with serve(age) as served:
        for _ in range(3):
            with served.client() as client:
                reply = client.get(path)
            assert reply.status_code == 503
            assert int(reply.headers["retry-after"]) > 0
            assert get(served, after)[0] == 200
        served.printed("Service Unavailable: GET " + path)


def test_other_errors_of_the_database_stay_500(serve: Serve) -> None:
    """A query that is wrong is the program's fault."""
    with serve() as served:
        assert get(served, "/wrong")[0] == 500


def test_the_server_is_restarted_under_load(server: Cluster, serve: Serve) -> None:
    """Only requests under way while the database is down fail, with 503; all that begin later succeed."""
    paths = ["/sync", "/async?pause=0.002", "/hold?seconds=0.002", "/hello"]
    with serve() as served:
        stop = threading.Event()
        down = threading.Event()

        def load(path: str) -> list[tuple[bool, int]]:
            """Statuses, each with whether the request began while the database was up and stayed so."""
            seen = []
            with served.client() as client:
                while not stop.is_set():
                    calm = not down.is_set()
                    status = client.get(path).status_code
                    seen.append((calm and not down.is_set(), status))
            return seen

        with ThreadPoolExecutor(8) as threads:
            running = [threads.submit(load, path) for path in paths * 2]
            try:
                for _ in range(2):
                    threading.Event().wait(0.3)
                    down.set()
                    server.stop()
                    threading.Event().wait(0.2)
                    assert get(served, "/sync")[0] == get(served, "/async")[0] == 503
                    server.start()
                    down.clear()
                threading.Event().wait(0.5)
            finally:
                stop.set()
                if down.is_set():
                    with contextlib.suppress(AssertionError):
                        server.start()
            replies = [each for load_ in running for each in load_.result(PATIENCE_SECONDS)]
        assert {status for calm, status in replies if calm} == {200}
        assert {status for _, status in replies} == {200, 503}
        assert len(states(server, served)) <= 4
        served.printed("Service Unavailable")


def refused_beside(served: Served, path: str) -> Any:
    """The 503 of a request beside two of *path*, which have all connections; `None` where they ended before it."""
    with ThreadPoolExecutor(2) as threads:
        holders = [threads.submit(get, served, path) for _ in range(2)]
        while not all(holder.done() for holder in holders):
            with served.client() as client:
                reply = client.get("/async")
            if reply.status_code == 503:
                # A thread's own connection is no one else's.
                assert get(served, "/sync")[0] == 200
                assert [holder.result()[0] for holder in holders] == [200, 200]
                return reply
    return None


@pytest.mark.parametrize("path", ["/hold?seconds=3", "/async/sleep?seconds=3"])
def test_exhausted_connections_are_a_503_after_the_bound(serve: Serve, path: str) -> None:
    """With all connections in transactions or queries, another request waits its bound; holders are not disturbed."""
    replies = []
    with serve("none", FAULTS_TIMEOUT="0.4") as served:
        # One that came before them may have its turn on a thread behind them, and is then served after them.
        eventually(lambda: bool(replies.append(refused_beside(served, path)) or replies[-1]))
        assert int(replies[-1].headers["retry-after"]) > 0
        assert get(served, "/async")[0] == 200
        served.printed("no connection was free within 0.4 s")


def test_waiting_requests_are_served_as_connections_become_free(serve: Serve) -> None:
    """Many transactions over awaits, on few connections, end one after the other without a deadlock."""
    with serve("none", FAULTS_TIMEOUT="30") as served:
        replies = together(served, *["/hold?seconds=0.05"] * 20)
    assert {status for status, _ in replies} == {200}


def test_djangos_own_pool_exhausted(serve: Serve) -> None:
    """Where OPTIONS["pool"] is smaller than the demand, the pool's timeout ends in 503; afterwards all is well."""
    pytest.importorskip("psycopg_pool", reason="needs psycopg[pool]")
    with serve("0", "--workers", "4", FAULTS_POOL="1") as served:
        with ThreadPoolExecutor(1) as threads:
            holder = threads.submit(get, served, "/hold?seconds=3")
            eventually(lambda: get(served, "/sync")[0] == 503)
            assert holder.result()[0] == 200
        assert get(served, "/sync")[0] == get(served, "/async")[0] == 200


@AGES
@pytest.mark.parametrize("path", ["/slow-write", "/slow-write?stubborn=true", "/slow-transaction"])
def test_a_client_that_leaves_ends_its_query(server: Cluster, serve: Serve, age: str, path: str) -> None:
    """The query is cancelled in the server, the transaction rolled back, nothing written later, the thread free."""
    with serve(age, "--workers", "1") as served:
        before = server.ask("SELECT count(*) FROM faultsite_entry WHERE text = 'again'")
        with leaving(served, path):
            eventually(asks(server, served, "pg_sleep(20)"))
        assert get(served, "/async")[0] == 200
        eventually(lambda: nothing_held(server, served))
        assert server.ask("SELECT count(*) FROM faultsite_entry WHERE text LIKE '%the pause'") == [(0,)]
        # What was written outside of a transaction before the client left stays; the code's second try is refused.
        again = int(str(server.ask("SELECT count(*) FROM faultsite_entry WHERE text = 'again'")[0][0]))
        assert again - int(str(before[0][0])) == (1 if "stubborn" in path else 0)


@AGES
def test_a_query_that_its_handler_gives_up(server: Cluster, serve: Serve, age: str) -> None:
    """`asyncio.timeout` around a query cancels it in the server; the request goes on over a sound connection."""
    with serve(age, "--workers", "1") as served:
        assert get(served, "/gives-up")[0] == 200
        assert get(served, "/async")[0] == 200
        assert not asks(server, served, "pg_sleep")()


@AGES
@pytest.mark.parametrize("path", ["/aiterate", "/iterate", "/iterate?atomic=true", "/django/stream"])
def test_a_stream_keeps_its_connection(server: Cluster, serve: Serve, age: str, path: str) -> None:
    """A client that reads slowly gets every row, others are served meanwhile, and the connection ends in order."""
    with serve(age, "--workers", "2") as served:
        with served.client() as client, client.stream("GET", path) as reply:
            chunks = reply.iter_raw()
            size = len(next(chunks))
            # The stream is in the middle of its rows: it fills every buffer and waits.
            for _ in range(5):
                for other in ("/sync", "/async", "/hold?seconds=0.01", "/django/count"):
                    assert get(served, other)[0] == 200
            assert len(states(server, served)) <= 4
            size += sum(map(len, chunks))
        assert size >= ROWS * (WIDTH + 1)
        eventually(lambda: nothing_held(server, served))
        if age == "0":
            eventually(lambda: states(server, served) == [])


@AGES
@pytest.mark.parametrize("path", ["/aiterate", "/iterate", "/iterate?atomic=true", "/django/stream"])
def test_a_stream_that_nobody_reads_any_more(server: Cluster, serve: Serve, age: str, path: str) -> None:
    """A client that leaves in the middle of a stream takes its cursor and its transaction with it."""
    with serve(age, "--workers", "2") as served:
        for _ in range(6):
            with leaving(served, path):
                eventually(lambda: len(states(server, served)) > 0)
        for other in ("/sync", "/async", "/hold?seconds=0.01", "/django/count"):
            assert get(served, other)[0] == 200
        eventually(lambda: nothing_held(server, served))
        assert len(states(server, served)) <= 4
        if age == "0":
            eventually(lambda: states(server, served) == [])


def test_a_process_stops_with_its_connections(server: Cluster) -> None:
    """At the server's end nothing stays open; two processes share none."""
    with serving_as(server, "none", "--processes", "2", *WORKERS) as served:
        pids = {reply["pid"] for _, reply in together(served, *["/sync"] * 20)}
        assert pids <= {pid for pid, _, _ in server.activity(names[served])}
    eventually(lambda: states(server, served) == [])


def test_requests_share_no_context(serve: Serve) -> None:
    """A context variable, a time zone and a language that one request sets are never another's."""
    untouched = {"mine": "nobody's", "zone": "UTC", "language": "en"}
    kinds = ("sync", "async", "lane")
    with serve("none", "--workers", "1") as served:
        for setter in kinds:
            for reader in kinds:
                assert get(served, f"/context/{setter}?name=one") == (200, untouched)
                assert get(served, f"/context/{reader}") == (200, untouched)
        paths = [f"/context/{kind}?name={number}" for number in range(10) for kind in kinds]
        assert all(reply == (200, untouched) for reply in together(served, *paths))
