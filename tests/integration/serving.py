"""Run a project's `manage.py runbolt` in a process of its own, on a port that the kernel chooses."""

import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import psycopg
import pytest

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop"
DEPOT = Path(__file__).resolve().parents[1] / "depot"
POSTGRESQL = "postgres://postgres@127.0.0.1:5432"
# Long enough for a loaded machine; nothing waits this long unless it is broken.
PATIENCE_SECONDS = 60.0

_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")


class Served:
    """A running server: its process, its address and what it has printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Own *process*, whose output is a pipe."""
        self.process = process
        self.lines: list[str] = []
        self._new: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = 0
        self.url = ""

    def begin(self) -> None:
        """Wait for the address that the server prints once it listens."""
        self.port = int(self.printed(_ADDRESS)[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def end(self) -> None:
        """Make sure that nothing is left, whatever the test came to."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join(timeout=PATIENCE_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._new.put(line)
        self._new.put(None)

    def printed(self, pattern: str | re.Pattern[str], seconds: float = PATIENCE_SECONDS) -> re.Match[str]:
        """Wait for a line that *pattern* is found in, also among those printed before; return the match."""
        pattern = re.compile(pattern)
        deadline = time.monotonic() + seconds
        for line in self.lines:
            if match := pattern.search(line):
                return match
        while True:
            try:
                line = self._new.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"{pattern.pattern!r} was not printed; this was:\n{''.join(self.lines)}")
            self.lines.append(line)
            if match := pattern.search(line):
                return match

    def client(self, **options: object) -> httpx2.Client:
        """A client of the server; proxies of the environment are ignored."""
        return httpx2.Client(base_url=self.url, trust_env=False, timeout=PATIENCE_SECONDS, **options)  # type: ignore[arg-type]

    def workers(self) -> set[int]:
        """The process ids of its child processes."""
        listed = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        return {int(word) for word in listed.stdout.split()}

    def stop(self) -> int:
        """End it as a service manager does, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_SECONDS)


def environment_of(**variables: str) -> dict[str, str]:
    """This process's environment without what would change the server's, and *variables*."""
    dropped = ("BOLT_", "DJANGO_SETTINGS_MODULE", "DATABASE_URL", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**kept, "PYTHONUNBUFFERED": "1", **variables}


def manage(project: Path, *arguments: str, **variables: str) -> str:
    """Run a management command to its end and return what it printed."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=project, env=environment_of(**variables), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextlib.contextmanager
def serving(project: Path, *flags: str, **variables: str) -> Iterator[Served]:
    """Serve *project* with `runbolt` and *flags*; at the end it must stop by itself with exit code 0."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "runbolt", "--port", "0", *flags],
        cwd=project,
        env=environment_of(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    served = Served(process)
    try:
        served.begin()
        yield served
        assert served.stop() == 0
    finally:
        served.end()


@contextlib.contextmanager
def databases(kind: str, folder: Path) -> Iterator[str]:
    """Yield the URL of an empty database; a PostgreSQL one is dropped afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'shop.sqlite3'}"
        return
    name = f"shop_{uuid.uuid4().hex}"
    try:
        admin = psycopg.connect(f"{POSTGRESQL}/postgres", autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL at 127.0.0.1:5432 for the user postgres: {error}")
    with contextlib.closing(admin):
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield f"{POSTGRESQL}/{name}"
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def eventually(ask: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Ask until the answer is yes."""
    deadline = time.monotonic() + seconds
    while not ask():
        assert time.monotonic() < deadline, f"not within {seconds} s"


@contextlib.contextmanager
def depot(folder: Path) -> Iterator[Served]:
    """Serve the depot, whose files lie in *folder*; what it spools goes there, too."""
    with serving(DEPOT, DEPOT_FILES=str(folder), TMPDIR=str(folder)) as served:
        yield served
