"""`runbolt` as a process: it serves, stops, and keeps its workers."""

import http.client
import json
import os
import signal
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from boltsite_tools.process import Served, UnixConnection, alive, connected, wait_until

type Serve = Callable[..., Served]


def pids(served: Served, count: int) -> set[int]:
    """The processes that answer, once *count* of them have."""
    found: set[int] = set()

    def all_seen() -> bool:
        found.add(json.loads(served.get("/shop/pid")[1])["pid"])
        return len(found) == count

    wait_until(all_seen, f"{count} processes answer; these did: {found}")
    return found


def listens(port: int) -> bool:
    """Whether connections to *port* are taken."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize("processes", ["1", "2"])
def test_serves_and_says_where(serve: Serve, processes: str) -> None:
    """The banner names the address, and a request to it is answered."""
    served = serve("--processes", processes)

    assert served.get("/hello") == (200, b'{"hello":"async"}')
    assert "boltsite.settings" in served.output


@pytest.mark.parametrize("processes", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_lets_running_requests_finish(serve: Serve, processes: str, number: int) -> None:
    """A request that runs when the signal comes is answered in full; the server then exits with 0."""
    served = serve("--processes", processes).wait_ready()
    with connected(served.port) as connection, connected(served.port) as probe:
        connection.request("GET", "/shop/slow?seconds=1")
        # Answered after the slow one was begun, where both meet the same process; else it only costs a moment.
        probe.request("GET", "/hello")
        probe.getresponse().read()
        served.process.send_signal(number)

        assert connection.getresponse().status == 200
    assert served.wait() == 0


def test_a_stop_signal_to_the_whole_group(serve: Serve) -> None:
    """A service manager that signals workers and supervisor alike stops them in order, not at once."""
    served = serve("--processes", "2").wait_ready()
    workers = pids(served, 2)
    with connected(served.port) as connection, connected(served.port) as probe:
        connection.request("GET", "/shop/slow?seconds=1")
        probe.request("GET", "/hello")
        probe.getresponse().read()
        for pid in (*workers, served.process.pid):
            os.kill(pid, signal.SIGTERM)

        assert connection.getresponse().status == 200
    assert served.wait() == 0


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_second_signal_ends_at_once(serve: Serve, processes: str) -> None:
    """A second signal does not wait for the request that still runs, and the exit code says so."""
    served = serve("--processes", processes).wait_ready()
    with connected(served.port) as connection, connected(served.port) as probe:
        connection.request("GET", "/shop/slow?seconds=25")
        probe.request("GET", "/hello")
        probe.getresponse().read()
        served.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not listens(served.port), "new connections are refused")
        served.process.send_signal(signal.SIGTERM)

        assert served.process.wait(15) != 0


def test_a_killed_worker_is_replaced_and_no_connection_refused(serve: Serve) -> None:
    """While workers are killed, every new connection gets its answer, from a replacement at the latest."""
    served = serve("--processes", "2").wait_ready()
    before = pids(served, 2)
    stop = threading.Event()
    refused: list[Exception] = []

    def keep_asking() -> None:
        while not stop.is_set():
            try:
                served.get("/hello")
            except ConnectionRefusedError as error:
                refused.append(error)
            except (OSError, http.client.HTTPException):  # the dead worker had accepted it
                pass

    with ThreadPoolExecutor(2) as clients:
        asking = [clients.submit(keep_asking) for _ in range(2)]
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        served.wait_for_line(r"was killed by SIGKILL; a new one starts", count=2)
        after = pids(served, 2)
        stop.set()
        for each in asking:
            each.result(30)

    assert not refused
    assert not before & after
    assert served.stop() == 0


def test_workers_end_with_a_killed_supervisor(serve: Serve) -> None:
    """A supervisor that is killed takes its workers along."""
    served = serve("--processes", "2").wait_ready()
    workers = pids(served, 2)

    served.process.kill()
    served.wait()

    wait_until(lambda: not any(alive(pid) for pid in workers), "the workers end")


def test_a_worker_that_does_not_stop_is_killed(serve: Serve) -> None:
    """Past its deadline a worker is killed, loudly, and the supervisor ends."""
    served = serve("--processes", "2", "--shutdown-timeout", "0").wait_ready()
    victim = pids(served, 2).pop()
    os.kill(victim, signal.SIGSTOP)

    assert served.stop() == 0
    assert f"(pid {victim}) did not stop in time; killing it" in served.output


def test_sighup_replaces_the_workers_one_by_one(serve: Serve) -> None:
    """SIGHUP brings new workers, and the old ones finish."""
    served = serve("--processes", "2").wait_ready()
    before = pids(served, 2)

    served.process.send_signal(signal.SIGHUP)

    wait_until(lambda: not any(alive(pid) for pid in before), "the old workers end")
    assert not before & pids(served, 2)
    assert served.stop() == 0


@pytest.mark.parametrize("processes", ["1", "2"])
def test_unix_socket(serve: Serve, tmp_path: Path, processes: str) -> None:
    """With --uds the server answers on the socket file and removes it at the end."""
    path = tmp_path / "site.sock"
    served = serve("--uds", str(path), "--processes", processes, port=False)
    served.wait_for_line(f"Listening: +unix:{path}")
    connection = UnixConnection(str(path))
    connection.request("GET", "/echo/", headers={"Host": "localhost"})
    meta = json.loads(connection.getresponse().read())["meta"]
    connection.close()

    assert meta["REMOTE_ADDR"] == ""
    assert served.stop() == 0
    assert not path.exists()


def test_a_stale_unix_socket_is_replaced(serve: Serve, tmp_path: Path) -> None:
    """A socket file that a killed server left does not hinder the next one."""
    path = tmp_path / "site.sock"
    first = serve("--uds", str(path), port=False)
    first.wait_for_line("Listening:")
    first.process.kill()
    first.wait()
    assert path.exists()

    second = serve("--uds", str(path), port=False)

    second.wait_for_line(f"Listening: +unix:{path}")
    assert second.stop() == 0


def test_access_log_in_each_format(serve: Serve) -> None:
    """The access log has the format asked for, and none with --no-access-log."""
    served = serve("--log-format", "json").wait_ready()
    line = served.wait_for_line(r'^\{.*"/hello".*\}$')
    assert json.loads(line[0])["status"] == 200

    quiet = serve("--no-access-log").wait_ready()
    assert quiet.stop() == 0
    assert "/hello" not in quiet.output
