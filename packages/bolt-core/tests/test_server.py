"""`bolt_core.server.run` in a process of its own: startup, signals, shutdown."""

import http.client
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator

import pytest

PATIENCE = 30.0

PREAMBLE = """
import asyncio, socket, sys
from bolt_core import BoltAPI
from bolt_core.config import ServerConfig
from bolt_core.server import Announce, run

api = BoltAPI()

def say(*words):
    print(*words, flush=True)

@api.get("/")
async def root():
    return "served"

listener = socket.create_server(("127.0.0.1", 0), backlog=16)

def serve(**options):
    say("port", listener.getsockname()[1])
    run(api.freeze(), sockets=[listener], announce=Announce(ready=lambda: say("ready")), **options)
    say("ended")
"""

type Start = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a script that serves, and leaves nothing behind."""
    running: list[subprocess.Popen[str]] = []

    def run(script: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PREAMBLE + textwrap.dedent(script)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        running.append(subprocess.Popen(command, text=True, **pipes))  # type: ignore[call-overload]
        return running[-1]

    yield run
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    """The next line that the script says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_hooks_run_around_what_is_served(start: Start) -> None:
    """Startup before the first connection is accepted, shutdown after the last request."""
    process = start("""
        api.on_startup(lambda: say("start"))
        api.on_shutdown(lambda: say("stop"))
        serve()
    """)
    port = int(line(process).removeprefix("port "))
    assert [line(process), line(process)] == ["start", "ready"]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"served"
    connection.close()
    process.send_signal(signal.SIGTERM)

    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out.split(), err) == (0, ["stop", "ended"], "")


def test_a_failing_startup_ends_the_process(start: Start) -> None:
    """With a status that says so, a message that names the hook, and the traceback of what it raised."""
    process = start("""
        api.on_shutdown(lambda: say("stop"))

        @api.on_startup
        async def connect():
            raise ConnectionRefusedError("no database")

        serve()
    """)
    out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert out.split()[2:] == []
    assert "the server does not start: startup hook connect() (<string>:" in err
    assert "failed: ConnectionRefusedError: no database" in err


def test_a_stop_signal_cancels_the_startup(start: Start) -> None:
    """What had begun is ended again; the process ends as it does when it is told to stop."""
    process = start("""
        api.on_startup(lambda: None)
        api.on_shutdown(lambda: say("stop"))

        @api.on_startup
        async def hang():
            say("hangs")
            await asyncio.Event().wait()

        serve()
    """)
    line(process)
    assert line(process) == "hangs"
    process.send_signal(signal.SIGTERM)

    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out.split(), err) == (0, ["stop", "ended"], "")


def test_a_failing_shutdown_is_told_by_the_status(start: Start) -> None:
    """After all other hooks have run."""
    process = start("""
        api.on_shutdown(lambda: say("stop"))

        @api.on_shutdown
        def flush():
            raise OSError("disk full")

        serve()
    """)
    line(process), line(process)
    process.send_signal(signal.SIGTERM)

    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out.split()) == (1, ["stop"])
    assert "shutdown hook flush() (<string>:" in err


def test_a_pool_thread_goes_on_with_a_stream_while_the_loop_waits(start: Start) -> None:
    """Nothing but the client's reading has to wake a producer that fell behind."""
    process = start("""
        @api.get("/stream")
        def stream():
            for _ in range(64):
                yield b"x" * 65536

        serve()
    """)
    port = int(line(process).split()[1])
    assert line(process) == "ready"
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    client.request("GET", "/stream")

    assert len(client.getresponse().read()) == 64 * 65536
    client.close()
