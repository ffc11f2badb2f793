"""The engine that serves the project's routes behind another server: one for each process, started when first needed.

In production its `def` handlers run on threads of its own. In tests they run on the thread that waits for the reply, to
which the test's transaction belongs.
"""

import asyncio
import atexit
import contextlib
import functools
import os
import socket
import sys
import threading
from collections.abc import Iterator

from bolt_core.api import FrozenApp
from bolt_core.config import ServerConfig
from bolt_core.inprocess import InProcessServer
from bolt_core.origins import Origin, register_origin, release_origin
from bolt_core.pool import Pool
from bolt_core.preparation import prepared_context

from bolt_django import in_tests, project


class Connection:
    """One request's way to the engine."""

    def __init__(self, server: InProcessServer, origin: Origin) -> None:
        self._number: int | None = register_origin(origin)
        try:
            self.sock: socket.socket = server.connect(self._number)
        except BaseException:
            release_origin(self._number)
            raise

    def close(self) -> None:
        """Hang up: a handler that still runs is cancelled, as its client has gone."""
        self.sock.close()
        if self._number is not None:
            release_origin(self._number)
            self._number = None


class Engine:
    """A running engine; *borrows* threads for `def` handlers from those who wait for replies."""

    def __init__(self, app: FrozenApp, *, borrows: bool) -> None:
        self.borrows = borrows
        self.pid = os.getpid()
        config = ServerConfig(shutdown_timeout=5.0) if borrows else project.bridged_config()
        pool = Pool(1, external=True) if borrows else Pool(config.pool_size)
        context = prepared_context(pool) if borrows else project.serving_context(pool, config)
        self._server = InProcessServer(app, config, base_context=context, pool=pool)
        self._watched: dict[asyncio.AbstractEventLoop, int] = {}

    def start(self) -> None:
        """Start, and run the startup hooks; raises what one of them raised."""
        if self.borrows:
            in_tests.run_work(self._server.start)
        else:
            self._server.start()

    def close(self) -> None:
        """Stop, and run the shutdown hooks; raises what one of them raised."""
        self._server.close()
        self._server.pool.close(timeout=1.0)

    def connect(self, origin: Origin) -> Connection:
        """A connection for one request."""
        return Connection(self._server, origin)

    @property
    def jobs_fd(self) -> int | None:
        """Readable while work waits for the thread that waits for a reply; `None` where none has to."""
        return self._server.jobs_fd if self.borrows else None

    def run_jobs(self) -> None:
        """Run the work that waits."""
        in_tests.run_work(self._server.run_jobs)

    @contextlib.contextmanager
    def lending(self) -> Iterator[None]:
        """Run waiting work on the thread of the running loop meanwhile, where the engine borrows threads."""
        if (fd := self.jobs_fd) is None:
            yield
            return
        loop = asyncio.get_running_loop()
        if not self._watched.get(loop):
            loop.add_reader(fd, self.run_jobs)
        self._watched[loop] = self._watched.get(loop, 0) + 1
        try:
            yield
        finally:
            self._watched[loop] -= 1
            if not self._watched[loop]:
                del self._watched[loop]
                loop.remove_reader(fd)


_lock = threading.Lock()
_running: list[Engine] = []


@functools.cache
def application() -> FrozenApp:
    """The routes of the project, without Django's own URLs. Raises DiscoveryError."""
    return project.join().freeze()


def engine() -> Engine:
    """The running engine of this process, started if there is none; blocks meanwhile. Raises what its start raises."""
    with _lock:
        if _running and _running[0].pid != os.getpid():
            # Its thread has stayed in the parent process.
            _running.clear()
        if not _running:
            started = Engine(application(), borrows=in_a_test_run())
            started.start()
            _running.append(started)
            atexit.register(stop)
        return _running[0]


async def engine_of_loop() -> Engine:
    """`engine`, without blocking the running loop longer than a test does."""
    if _running and _running[0].pid == os.getpid():
        return _running[0]
    # A test's engine is started by the test's own thread.
    return engine() if in_a_test_run() else await asyncio.to_thread(engine)


def stop() -> None:
    """Stop the engine of this process, if one runs; raises what a shutdown hook raised."""
    with _lock:
        running = [one for one in _running if one.pid == os.getpid()]
        _running.clear()
    atexit.unregister(stop)
    for one in running:
        one.close()


def in_a_test_run() -> bool:
    """Whether Django's test environment is set up, as its test runner and pytest-django do."""
    utils = sys.modules.get("django.test.utils")
    return utils is not None and hasattr(utils._TestState, "saved_data")
