"""`runbolt` as a process that a test talks to; every wait ends with an event or fails after a bound."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

SITE = Path(__file__).resolve().parent.parent
# Generous: the machine may be busy. A test that waits this long has failed.
PATIENCE_SECONDS = 30.0


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a command of the test project, without what the calling shell says about Bolt."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("BOLT_", "TEST_", "DJANGO_"))}
    kept.pop("DATABASE_URL", None)
    return kept | {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "error"} | dict(extra or {})


def manage(*args: str, env: Mapping[str, str] | None = None, cwd: Path = SITE) -> subprocess.CompletedProcess[str]:
    """Run a management command to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *args],
        cwd=cwd,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


class Served:
    """A running `manage.py runbolt`; a context manager that leaves nothing behind."""

    def __init__(self, *args: str, env: Mapping[str, str] | None = None, cwd: Path = SITE) -> None:
        self._changed = threading.Condition()
        self._lines: list[str] = []
        self._eof = False
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "runbolt", *args],
            cwd=cwd,
            env=environment(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._eof = True
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(PATIENCE_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()

    @property
    def output(self) -> str:
        """All lines so far."""
        with self._changed:
            return "\n".join(self._lines)

    def wait_for_line(self, pattern: str, *, count: int = 1) -> re.Match[str]:
        """The match in the *count*th line that holds *pattern*; fails when the output ends or time runs out."""
        end = time.monotonic() + PATIENCE_SECONDS
        with self._changed:
            while True:
                found = [match for line in self._lines if (match := re.search(pattern, line))]
                if len(found) >= count:
                    return found[count - 1]
                left = end - time.monotonic()
                if self._eof or left <= 0:
                    raise AssertionError(f"no line matched {pattern!r} {count} times:\n" + "\n".join(self._lines))
                self._changed.wait(left)

    @property
    def port(self) -> int:
        """The TCP port, once it listens."""
        return int(self.wait_for_line(r"Listening: .*:(\d+)$")[1])

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Status and body of one GET on a connection of its own."""
        with connected(self.port) as connection:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()

    def wait_ready(self) -> Self:
        """Return once a request is answered; connections queue as soon as the address is printed."""
        status, body = self.get("/hello")
        assert status == 200, body
        return self

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """The exit code, within the bound."""
        return self.process.wait(PATIENCE_SECONDS)


@contextlib.contextmanager
def connected(port: int) -> Iterator[http.client.HTTPConnection]:
    """A connection to the server under test."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        yield connection
    finally:
        connection.close()


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix-domain socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=PATIENCE_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect to the path in place of host and port."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_SECONDS)
        self.sock.connect(self._path)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Ask again and again, as nothing announces it, until *holds*; fails with *what* when time runs out."""
    end = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while not holds():
        assert time.monotonic() < end, what
        pause.wait(0.02)


def alive(pid: int) -> bool:
    """Whether a process of this number runs; one that has ended but was not collected does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
