"""The parent of the worker processes: forks them, replaces those that die, stops them in order.

It runs no thread and no project code after the fork, so a fork is always of the same warmed, quiet process.
"""

import contextlib
import os
import selectors
import signal
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bolt_django.server import stopping
from bolt_django.server.parent import KILL_GRACE_SECONDS

# A worker that lived this long has started well: its death is no sign of a broken start.
STEADY_SECONDS = 5.0
BACKOFF_FIRST_SECONDS = 0.1
BACKOFF_MOST_SECONDS = 30.0

_PID = struct.Struct("=i")
_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGCHLD") if hasattr(signal, name)]


@dataclass(frozen=True, slots=True)
class Worker:
    """Handed to a forked worker: which socket is its own, and its ends of the pipes to the parent."""

    slot: int
    ready_fd: int
    alive_fd: int

    def report_ready(self) -> None:
        """Tell the parent that this worker serves."""
        # Without a reader the parent is gone; the watch on alive_fd ends this worker.
        with contextlib.suppress(BrokenPipeError):
            os.write(self.ready_fd, _PID.pack(os.getpid()))


@dataclass(slots=True)
class _Child:
    slot: int
    started: float
    ready: bool = False
    retiring: bool = False
    kill_at: float | None = None
    replaces: int | None = None  # pid of the worker that goes when this one serves


@dataclass(slots=True)
class _Slot:
    failures: int = 0
    start_at: float | None = None


class Supervisor:
    """Keeps *count* workers running until told to stop.

    *shutdown_timeout* is the seconds a worker takes at most to finish its requests; *report* receives one line for each
    event an operator wants to know. *stop_listening* closes the parent's own hold on the listening sockets: while it
    lasts, the kernel takes connections that no worker will serve any more.
    """

    def __init__(
        self,
        count: int,
        *,
        shutdown_timeout: float,
        report: Callable[[str], None],
        stop_listening: Callable[[], None],
    ) -> None:
        self._stop_listening = stop_listening
        self._slots = [_Slot() for _ in range(count)]
        self._children: dict[int, _Child] = {}
        self._timeout = shutdown_timeout
        self._report = report
        self._ever_ready = False
        self._stopping = False
        self._exit_code = 0
        self._rolling: list[int] = []

    def run(self) -> Worker | int:
        """Supervise. Returns the exit code in the parent, and a Worker in every forked child.

        The child returns from here like the parent does, so both leave through the same command and its clean-up.
        """
        self._wake_read, self._wake_write = os.pipe()
        self._ready_read, self._ready_write = os.pipe()
        self._alive_read, self._alive_write = os.pipe()
        for fd in (self._wake_read, self._wake_write, self._ready_read):
            os.set_blocking(fd, False)
        previous = {number: signal.signal(number, _wake_only) for number in _SIGNALS}
        old_wakeup = signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        stopping.release()
        worker = self._loop()
        signal.set_wakeup_fd(old_wakeup)
        for number, handler in previous.items():
            signal.signal(number, handler)
        for fd in (self._wake_read, self._wake_write, self._ready_read, self._alive_write):
            os.close(fd)
        if worker is None:
            os.close(self._ready_write)
            os.close(self._alive_read)
            return self._exit_code
        # Blocked since before the fork: a signal for this worker must not wake the parent through the shared pipe.
        # Stop signals wait on until it serves and can obey them.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, set(_SIGNALS) - set(stopping.STOP_SIGNALS))
        return worker

    def _loop(self) -> Worker | None:
        for slot in self._slots:
            slot.start_at = 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            selector.register(self._ready_read, selectors.EVENT_READ)
            while True:
                if (worker := self._start_due()) is not None:
                    return worker
                if self._stopping and not self._children:
                    return None
                selector.select(self._until_next())
                self._take_ready()
                self._take_signals()
                self._reap()
                self._kill_overdue()

    def _start_due(self) -> Worker | None:
        now = time.monotonic()
        for index, slot in enumerate(self._slots):
            if slot.start_at is not None and slot.start_at <= now and not self._stopping:
                slot.start_at = None
                if (worker := self._fork(index)) is not None:
                    return worker
        return self._roll_next()

    def _fork(self, index: int, replaces: int | None = None) -> Worker | None:
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            pid = os.fork()
        except OSError as error:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            self._report(f"cannot fork worker {index + 1}: {error.strerror}")
            self._restart_later(index)
            return None
        if pid == 0:
            return Worker(index, self._ready_write, self._alive_read)
        self._children[pid] = _Child(index, time.monotonic(), replaces=replaces)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        return None

    def _roll_next(self) -> Worker | None:
        """Replace the next worker of a rolling restart, once the one before it serves."""
        if self._stopping or not self._rolling or any(child.replaces for child in self._children.values()):
            return None
        pid = self._rolling.pop(0)
        child = self._children.get(pid)
        return self._fork(child.slot, replaces=pid) if child is not None else self._roll_next()

    def _until_next(self) -> float | None:
        """Seconds until something is due; None when only a signal can bring news."""
        due = [child.kill_at for child in self._children.values() if child.kill_at is not None]
        if not self._stopping:
            due += [slot.start_at for slot in self._slots if slot.start_at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _take_ready(self) -> None:
        for message in _drain(self._ready_read, _PID.size):
            child = self._children.get(_PID.unpack(message)[0])
            if child is None:
                continue
            self._ever_ready = child.ready = True
            if child.replaces is not None:
                self._retire(child.replaces)
                child.replaces = None

    def _take_signals(self) -> None:
        for byte in _drain(self._wake_read, 1):
            number = byte[0]
            if number in (signal.SIGTERM, signal.SIGINT):
                self._stop(signal.Signals(number).name)
            elif number == getattr(signal, "SIGHUP", None) and not self._stopping:
                self._report("SIGHUP: replacing the workers one by one")
                self._rolling = [pid for pid, child in self._children.items() if not child.retiring]

    def _stop(self, reason: str) -> None:
        if self._stopping:
            self._report(f"{reason} again: killing the workers")
            self._exit_code = 1
            for pid in self._children:
                _kill(pid, signal.SIGKILL)
            return
        self._report(f"{reason}: stopping, running requests have {self._timeout:g} s to finish")
        self._retire_all()

    def _retire_all(self) -> None:
        self._stopping = True
        self._stop_listening()
        for pid in list(self._children):
            self._retire(pid)

    def _retire(self, pid: int) -> None:
        child = self._children.get(pid)
        if child is not None and not child.retiring:
            child.retiring = True
            child.kill_at = time.monotonic() + self._timeout + KILL_GRACE_SECONDS
            _kill(pid, signal.SIGTERM)

    def _reap(self) -> None:
        # By pid: a wait for any child would steal the status of processes that project code started.
        for pid, child in list(self._children.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done == 0:
                continue
            del self._children[pid]
            if not child.retiring:
                self._replace(pid, child, status)

    def _replace(self, pid: int, child: _Child, status: int) -> None:
        how = _ended(status)
        if not self._ever_ready:
            self._report(f"worker {child.slot + 1} (pid {pid}) {how} before it served; giving up")
            self._exit_code = 1
            self._retire_all()
            return
        if child.replaces is not None:
            self._report(f"the replacement of worker {child.slot + 1} {how}; the old one stays, restart given up")
            self._rolling = []
            return
        if any(other.replaces == pid for other in self._children.values()):
            return  # Its replacement is already starting.
        slot = self._slots[child.slot]
        steady = child.ready and time.monotonic() - child.started >= STEADY_SECONDS
        slot.failures = 0 if steady else slot.failures
        delay = self._restart_later(child.slot)
        self._report(f"worker {child.slot + 1} (pid {pid}) {how}; a new one starts in {delay:g} s")

    def _restart_later(self, index: int) -> float:
        slot = self._slots[index]
        delay: float = min(BACKOFF_FIRST_SECONDS * 2**slot.failures, BACKOFF_MOST_SECONDS)
        slot.failures = min(slot.failures + 1, 16)
        slot.start_at = time.monotonic() + delay
        return delay

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        for pid, child in self._children.items():
            if child.kill_at is not None and child.kill_at <= now:
                self._report(f"worker {child.slot + 1} (pid {pid}) did not stop in time; killing it")
                child.kill_at = None
                _kill(pid, signal.SIGKILL)


def _wake_only(number: int, frame: object) -> None:
    """Do nothing: the wake-up descriptor carries the signal, a handler must exist for it to be written."""


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _drain(fd: int, size: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(fd, size)
        except BlockingIOError:
            return
        if len(data) < size:
            return
        yield data


def _ended(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"exited with status {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
