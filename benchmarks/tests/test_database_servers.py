"""The benchmark of databases, with what it needs around it: a burst of requests, a database of its own."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
import pytest

from benchmarks import load, servers
from benchmarks.database import postgres
from benchmarks.database.sleepers import burst_seconds
from benchmarks.pinning import pinned

COUNT = 8


@pytest.fixture
def serve():
    """Serves GET by a function that is called with the request's handler and returns the status."""
    started = []

    def start(respond):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.send_response(respond(self))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        started.append((server, thread))
        return server.server_port

    yield start
    for server, thread in started:
        server.shutdown()
        thread.join()
        server.server_close()


def test_burst_is_in_flight_at_once(serve):
    """No answer comes before all requests are there, and yet all are answered."""
    all_there = threading.Barrier(COUNT)

    def respond(_handler):
        all_there.wait(timeout=30)
        return 200

    assert burst_seconds(serve(respond), "/sleep", COUNT) > 0


def test_error_in_a_burst_is_no_figure(serve):
    """One refused request is an error of the whole burst."""
    with pytest.raises(load.LoadError, match="wrong answer 503"):
        burst_seconds(serve(lambda _handler: 503), "/sleep", COUNT)


@pytest.fixture
def reachable():
    """Skips where no PostgreSQL server lets us in."""
    try:
        postgres.version()
    except postgres.NoPostgres as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("reachable")
def test_database_is_gone_afterwards():
    """It exists within the block, counts who is connected, and goes with its connections."""
    with postgres.database() as name:
        with psycopg.connect(host=postgres.host(), dbname=name) as connection:
            assert postgres.connections(name) == 1
            connection.execute("SELECT 1")
        lost = psycopg.connect(host=postgres.host(), dbname=name)
    with pytest.raises(psycopg.OperationalError):
        lost.execute("SELECT 1")
    lost.close()

    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(host=postgres.host(), dbname=name)


def test_missing_postgres_is_told_with_its_remedy(monkeypatch):
    """One line that names the variables and the way to go without."""
    monkeypatch.setenv("PGPORT", str(servers.free_port()))

    with (
        pytest.raises(postgres.NoPostgres, match=r"no PostgreSQL: .*PGHOST.*--database sqlite"),
        postgres.database(),
    ):
        pytest.fail("nothing listens there")


@pytest.mark.parametrize(("core", "prefix"), [(1, ["taskset", "--cpu-list", "1"]), (None, [])])
def test_process_is_pinned_where_a_core_is_given(core, prefix):
    """Without a core the system decides."""
    assert pinned(core) == prefix
