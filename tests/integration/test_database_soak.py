"""Many requests of all kinds, some of which go wrong: what a process is like afterwards.

`nox -s soak` makes 100,000; the usual run a few thousand, and leaves out memory, which is not steady that soon.
"""

import contextlib
import http.client
import itertools
import os
import random
import socket
import statistics
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from cluster import Cluster, cluster
from serving import PATIENCE_SECONDS, Served, eventually, manage, serving

FAULTS = Path(__file__).parent / "faults"
REQUESTS = int(os.environ.get("SOAK_REQUESTS", "3000"))
# Below this a process still grows into its size.
STEADY = 50_000
CLIENTS = 16
FAULT_SHARE = 0.02
WORKERS, BOUND = 4, 8

SOUND = {
    "/hello": 200,
    "/sync": 200,
    "/async": 200,
    "/async?pause=0.001": 200,
    "/hold?seconds=0.001": 200,
    "/open": 200,
    "/aopen": 200,
    "/django/count": 200,
    "/django/stream": 200,
    "/iterate": 200,
    "/iterate?atomic=true": 200,
    "/aiterate": 200,
    "/orm/reads": 200,
    "/orm/reads?pause=0.001": 200,
    "/orm/writes": 200,
    "/context/sync?name=a": 200,
    "/context/async?name=b": 200,
    "/context/lane?name=c": 200,
}
BAD = {
    "/dies": 503,
    "/adies": 503,
    "/orm/dies": 503,
    "/wrong": 500,
    **{f"/leave/{kind}?how={how}": 200 for kind in ("sync", "async") for how in ("atomic", "begin", "autocommit")},
    "/leave/sync?how=cursor": 200,
    "/leave/async?how=cursor": 200,
}
# The client leaves in the middle of these.
LEFT = (
    *("/slow-write?seconds=0.5", "/slow-transaction", "/hold?seconds=1", "/aiterate?pause=0.01"),
    "/orm/sleep?seconds=1",
)


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A PostgreSQL server of its own, with rows to read."""
    with cluster() as made:
        manage(FAULTS, "migrate", "--run-syncdb", "--verbosity", "0", FAULTS_HOST=str(made.folder))
        with contextlib.closing(made.connect()) as connection:
            rows = "SELECT repeat('x', 200) FROM generate_series(1, 120)"
            connection.execute(f"INSERT INTO faultsite_entry (text) {rows}".encode())
        yield made


class Load:
    """Clients that send requests until all are sent, and what they saw."""

    def __init__(self, served: Served) -> None:
        self._port = served.port
        self._pid = served.process.pid
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self.surprises: Counter[tuple[str, int]] = Counter()
        self.faults = 0
        # Pages in memory, with the share of requests made by then.
        self.sizes: list[tuple[float, int]] = []

    def client(self, seed: int) -> None:
        """Send what is left, on one connection as long as it lasts."""
        choice = random.Random(seed)
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        with contextlib.closing(connection):
            while (number := next(self._numbers)) < REQUESTS:
                if number % 100 == 0:
                    self._measure(number / REQUESTS)
                if choice.random() < FAULT_SHARE:
                    self._fault(choice, connection)
                else:
                    self._ask(connection, *choice.choice([*SOUND.items()]))

    def _fault(self, choice: random.Random, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self.faults += 1
        if choice.random() < 0.3:
            with socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_SECONDS) as leaver:
                leaver.sendall(f"GET {choice.choice(LEFT)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                leaver.settimeout(choice.random() / 20)
                with contextlib.suppress(TimeoutError):
                    leaver.recv(1)
        else:
            self._ask(connection, *choice.choice([*BAD.items()]))

    def _ask(self, connection: http.client.HTTPConnection, path: str, status: int) -> None:
        connection.request("GET", path)
        reply = connection.getresponse()
        reply.read()
        if reply.status != status:
            with self._lock:
                self.surprises[path, reply.status] += 1

    def _measure(self, share: float) -> None:
        pages = int(Path(f"/proc/{self._pid}/statm").read_text().split()[1])
        with self._lock:
            self.sizes.append((share, pages))
        if share * 10 % 1 == 0:
            print(f"{share:.0%}: {pages * os.sysconf('SC_PAGE_SIZE') / 1e6:.1f} MB", flush=True)

    def size(self, begin: float, end: float) -> float:
        """Megabytes in memory, in the middle of a part of the run."""
        page = os.sysconf("SC_PAGE_SIZE")
        return statistics.median(pages for share, pages in self.sizes if begin <= share <= end) * page / 1e6


def open_connections(connection: psycopg.Connection) -> list[str]:
    """The states of the project's connections."""
    rows = connection.execute("SELECT state FROM pg_stat_activity WHERE application_name = 'faultsite'")
    return [str(row[0]) for row in rows.fetchall()]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the size of processes from /proc")
@pytest.mark.parametrize("way", ["threads", "greenlets"])
def test_soak(server: Cluster, way: str) -> None:
    """Afterwards connections are within the bound, none is in a transaction, and memory is what it was half-way."""
    flags = ("--workers", str(WORKERS), "--no-access-log")
    host = str(server.folder)
    with serving(FAULTS, *flags, FAULTS_HOST=host, FAULTS_TIMEOUT="30", FAULTS_ASYNC_ORM=way) as served:
        with served.client() as client:
            assert client.get("/orm/where").json() == {"on_loop": way == "greenlets"}
        load = Load(served)
        with contextlib.closing(server.connect()) as watcher, ThreadPoolExecutor(CLIENTS) as threads:
            for client in [threads.submit(load.client, seed) for seed in range(CLIENTS)]:
                client.result()
            eventually(lambda: set(open_connections(watcher)) <= {"idle"})
            left = open_connections(watcher)
        # Told by the process itself: the server lists one that was closed for a moment longer.
        with served.client() as client:
            most = client.get("/connections").json()["most"]
        half, end = load.size(0.45, 0.55), load.size(0.9, 1.0)
        print(f"\n{REQUESTS} requests, {load.faults} faults, surprises: {dict(load.surprises)}")
        print(f"connections: {most} at most, {len(left)} at the end, bound {BOUND}")
        print(f"memory: {half:.1f} MB half-way, {end:.1f} MB at the end, {end / half - 1:+.2%}")
        assert load.surprises == {}
        assert load.faults > REQUESTS * FAULT_SHARE / 2
        assert most <= BOUND
        assert len(left) <= BOUND
        if REQUESTS >= STEADY:
            assert end < half * 1.02
    assert server.ask("SELECT count(*) FROM faultsite_entry WHERE text <> repeat('x', 200)") == [(0,)]
