"""`--dev`: serves from a child process and replaces it when a source file changes.

The parent opens the listening socket and hands it to each child, so the address stays and a request that arrives
during a restart waits instead of failing.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

# Set for the child only; RUN_MAIN is what Django's own autoreloader sets and what applications ask for.
SOCKET_FD = "_BOLT_DEV_SOCKET"
ALIVE_FD = "_BOLT_DEV_ALIVE"
_DJANGO_MARK = "RUN_MAIN"

_SUFFIXES = (".py", ".pyi", ".html", ".toml", ".env")
# Quick enough that an edit is served by the time one has switched to the browser.
_DEBOUNCE_MS = 200
_POLL_MS = 250
# What a child gets beyond its own deadline to stop for a restart.
_GRACE_SECONDS = 2.0

_MISSING = "--dev needs watchfiles; install it with: pip install 'bolt-django[dev]'"


class MissingWatcher(Exception):
    """watchfiles is not installed; the message says how to get it."""


class _Watch(Protocol):
    def __call__(self, *paths: Path, **options: Any) -> Iterator[set[tuple[Any, str]]]: ...


def load_watch() -> _Watch:
    """watchfiles.watch; raises MissingWatcher. It is optional, as production does not need it."""
    try:
        from watchfiles import watch
    except ImportError as error:
        raise MissingWatcher(_MISSING) from error
    return cast("_Watch", watch)


def is_child() -> bool:
    """Whether this process is the one that serves under a reloader."""
    return SOCKET_FD in os.environ


def inherited() -> tuple[socket.socket, int]:
    """In the child: the listening socket and the descriptor that reaches its end when the parent does.

    The variables are taken out of the environment, so that no process started from here believes to be a child.
    """
    sock = socket.socket(fileno=int(os.environ.pop(SOCKET_FD)))
    sock.setblocking(False)
    alive = int(os.environ.pop(ALIVE_FD))
    os.set_inheritable(sock.fileno(), False)
    os.set_inheritable(alive, False)
    return sock, alive


def source_paths(apps: Sequence[Path], templates: Sequence[Path]) -> list[Path]:
    """The directories to watch: where the command runs, project applications and templates, no installed package."""
    installed = [Path(path).resolve() for name, path in sysconfig.get_paths().items() if name.endswith("lib")]
    found: list[Path] = []
    for path in sorted({path.resolve() for path in (Path.cwd(), *apps, *templates)}):
        if not path.is_dir() or any(path.is_relative_to(root) for root in installed):
            continue
        if not any(path.is_relative_to(parent) for parent in found):
            found.append(path)
    return found


def is_source(change: object, path: str) -> bool:
    """Whether a change to *path* asks for a restart: sources and templates, not what tools write beside them."""
    parts = Path(path).parts
    return path.endswith(_SUFFIXES) and not any(
        part in {"__pycache__", "node_modules", ".git", ".venv", "venv"} for part in parts
    )


class Reloader:
    """Runs *command* with *sock*, anew after each change under *paths*; *report* gets one line per event."""

    def __init__(
        self, command: Sequence[str], sock: socket.socket, *, timeout: float, report: Callable[[str], None]
    ) -> None:
        self._command = list(command)
        self._socket = sock
        self._timeout = timeout
        self._report = report
        self._alive_read, self._alive_write = os.pipe()
        self._child: subprocess.Popen[bytes] | None = None
        self._stop_signal: int | None = None

    def run(self, watch: _Watch, paths: Sequence[Path]) -> int:
        """Serve until SIGINT or SIGTERM; returns the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        self._start()
        changes = watch(
            *paths, watch_filter=is_source, debounce=_DEBOUNCE_MS, rust_timeout=_POLL_MS, yield_on_timeout=True,
            raise_interrupt=False,
        )  # fmt: skip
        for batch in changes:
            if self._stop_signal is not None:
                break
            if batch:
                self._restart(sorted(path for _, path in batch))
            else:
                self._notice_end()
        self._finish()
        return 0

    def _on_signal(self, number: int, frame: object) -> None:
        if self._stop_signal is not None and self._child is not None:
            self._child.kill()
        self._stop_signal = number

    def _start(self) -> None:
        environ = os.environ | {
            SOCKET_FD: str(self._socket.fileno()),
            ALIVE_FD: str(self._alive_read),
            _DJANGO_MARK: "true",
        }
        self._child = subprocess.Popen(
            self._command, env=environ, pass_fds=(self._socket.fileno(), self._alive_read), process_group=0
        )

    def _restart(self, paths: Sequence[str]) -> None:
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        self._report(f"{os.path.relpath(paths[0])}{more} changed, restarting")
        self._finish()
        self._start()

    def _notice_end(self) -> None:
        if self._child is not None and self._child.poll() is not None:
            self._report(f"the server ended with status {self._child.returncode}; waiting for a change")
            self._child = None

    def _finish(self) -> None:
        if self._child is None:
            return
        # A group of its own: the child gets each signal once, from here, and never from the terminal as well.
        with contextlib.suppress(ProcessLookupError):
            self._child.send_signal(signal.SIGTERM)
        try:
            self._child.wait(self._timeout + _GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._report("the server did not stop in time; killing it")
            self._child.kill()
            self._child.wait()
        self._child = None


def command_line() -> list[str]:
    """This very command, for another interpreter with the same options."""
    module = sys.modules["__main__"].__spec__
    head = [sys.executable, *(f"-W{option}" for option in sys.warnoptions)]
    if sys.flags.dev_mode:
        head.append("-Xdev")
    if module is not None and module.parent:
        return [*head, "-m", module.parent, *sys.argv[1:]]
    return [*head, *sys.argv]
