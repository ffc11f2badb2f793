"""The application under test: started, borrowed a thread to, and stopped."""

import concurrent.futures
import contextlib
import functools
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from bolt_core.api import FrozenApp
from bolt_core.config import ServerConfig
from bolt_core.inprocess import InProcessServer
from bolt_core.pool import Pool
from bolt_core.preparation import client_session, prepared_context, propagates, run_work

from bolt_testing.deadline import HandlerTimeout, finishes_within
from bolt_testing.options import ServerOptions
from bolt_testing.recording import Target, recorded

# What a server that did not start in time gets to end again, in seconds.
_GRACE = 5.0


class ServerUnderTest:
    """One application's server and the way to it: a socket pair, or a loopback port."""

    def __init__(self, app: FrozenApp, options: ServerOptions) -> None:
        """Own the server; there is none before `start` or `begin`."""
        self._app, self.recorder = recorded(app)
        self.raises = options.get("raise_server_exceptions", True) or propagates()
        self._config: ServerConfig | None = options.get("config")
        self._use_http_layer = options.get("use_http_layer", False)
        self._server: InProcessServer | None = None
        self._session = contextlib.ExitStack()
        self._address: Any = None
        # Two threads may share a client; only one of them may start the server.
        self._lock = threading.Lock()

    @property
    def jobs_fd(self) -> int:
        """Readable while work waits for the calling thread."""
        return self._running().jobs_fd

    @property
    def running(self) -> bool:
        """Whether there is anything to stop."""
        return self._server is not None

    def run_jobs(self, seconds: float | None) -> bool:
        """Run the waiting work on the thread of the test's data; say whether it ended within *seconds*."""
        server = self._running()
        finished = False

        def work() -> None:
            nonlocal finished
            finished = finishes_within(seconds, server.run_jobs)

        run_work(work)
        return finished

    def start(self, timeout: float | None) -> None:
        """Start the server and the application unless they run; raises what a startup hook raised.

        Raises TimeoutError when startup takes more than *timeout* seconds; it is cancelled then.
        """
        with self._lock:
            if self._server is not None:
                return
            server = self.begin()
            if not self._run_jobs_until(lambda: server.settled, timeout):
                self.give_up()
                raise TimeoutError(late("startup", timeout))
            self.finish_start()

    def connect(self) -> socket.socket:
        """Return a new connection to the server, which runs."""
        server = self._running()
        return socket.create_connection(self._address) if self._use_http_layer else server.connect()

    def close(self, timeout: float | None) -> None:
        """Stop the server and end what still runs in it; raises what a shutdown hook raised.

        Raises TimeoutError when that takes more than the server's own time to stop and *timeout* seconds.
        """
        with self._lock:
            if (server := self._server) is None:
                return
            server.begin_close()
            limit = self.stop_limit(timeout)
            if not self._run_jobs_until(lambda: server.ended, limit):
                self.forget()
                raise TimeoutError(late("shutdown", limit))
            self.finish_close()

    def stop_limit(self, timeout: float | None) -> float | None:
        """The seconds to wait for the end: the server's own time to stop, and *timeout*."""
        own = _GRACE if self._config is None else self._config.shutdown_timeout
        return None if timeout is None else own + timeout

    def begin(self) -> InProcessServer:
        """Begin to start; jobs must be run until it has `settled`, then `finish_start` be called."""
        # No threads of its own: the jobs are run by whoever waits for a reply.
        pool = Pool(1, external=True)
        context = prepared_context(pool)
        self.recorder.listen_in(context)
        self._session = client_session()
        self._server = InProcessServer(self._app, self._config, base_context=context, pool=pool)
        self._server.begin()
        return self._server

    def finish_start(self) -> None:
        """Make the server that has settled reachable; raises what made it fail."""
        server = self._running()
        try:
            server.check_started()
        except BaseException:
            self.forget()
            raise
        if self._use_http_layer:
            # Port 0 lets the kernel choose, so that tests can run side by side.
            listener = socket.create_server(("127.0.0.1", 0))
            self._address = listener.getsockname()
            server.listen(listener)

    def begin_close(self) -> InProcessServer | None:
        """Begin to stop; jobs must be run until it has `ended`, then `finish_close` be called. None: nothing runs."""
        if self._server is not None:
            self._server.begin_close()
        return self._server

    def begin_background(self, target: Target) -> concurrent.futures.Future[None] | None:
        """As `wait_for_background`, at once; jobs must be run until the future is done."""
        if self._server is None or not self.recorder.has_background(target):
            return None
        return self._server.background(functools.partial(self.recorder.begun, target))

    def wait_for_background(self, target: Target, timeout: float | None) -> None:
        """Wait for background work where a reply to *target* came with some; raises TimeoutError."""
        future = self.begin_background(target)
        if future is not None and not self._run_jobs_until(future.done, timeout):
            future.cancel()
            raise TimeoutError(late("background work", timeout))

    def finish_close(self) -> None:
        """Let go of the server that has ended; raises what a shutdown hook raised."""
        server = self._running()
        self.forget()
        server.end_close()

    def give_up(self) -> None:
        """End a server that did not start in time, unless it does not end in time either."""
        server = self._running()
        server.begin_close()
        ended = self._run_jobs_until(lambda: server.ended, _GRACE)
        self.forget()
        if ended:
            with contextlib.suppress(Exception, HandlerTimeout):
                server.end_close()

    def forget(self) -> None:
        """Let go of the server, whatever it does."""
        self._server = None
        self._session.close()

    def _run_jobs_until(self, done: Callable[[], bool], timeout: float | None) -> bool:
        """Whether *done* within *timeout* seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            selector.register(self.jobs_fd, selectors.EVENT_READ)
            while not done():
                remaining = None if end is None else end - time.monotonic()
                if remaining is not None and remaining <= 0:
                    return False
                if selector.select(remaining) and not self.run_jobs(remaining):
                    return False
        return True

    def _running(self) -> InProcessServer:
        if self._server is None:
            raise RuntimeError("the test client is closed; this response belongs to a server that has stopped")
        return self._server


def late(what: str, timeout: float | None) -> str:
    """The message of a TimeoutError."""
    remedy = "a hook hangs, or the client needs a larger timeout="
    return f"{what} of the application did not end within {timeout} s; {remedy}"
