"""A server inside the calling process, without a network: what test clients stand on.

A background thread runs the event loop and the engine. The thread that uses the server is its pool: `def` handlers
run there, so they see what belongs to it, such as a test's database transaction.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import selectors
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from .background import drain_background
from .config import ServerConfig
from .event_loop import EventLoop
from .lifecycle import RunningLifespan
from .lifespan import LifespanError
from .pool import Pool
from .server import finish, install, listen

if TYPE_CHECKING:
    from .routing import FrozenApp


class InProcessServer:
    """Serves *app* to sockets made by `connect`. Not for use from several threads at once.

    *base_context*: what every request's context is copied from; by default the context in which `start` is called.
    """

    def __init__(
        self,
        app: FrozenApp,
        config: ServerConfig | None = None,
        *,
        base_context: contextvars.Context | None = None,
        pool: Pool | None = None,
    ) -> None:
        self._app = app
        self._config = config or ServerConfig(shutdown_timeout=5.0)
        self._base_context = base_context
        self._pool = pool or Pool(1, external=True)
        self._thread: threading.Thread | None = None
        self._loop: EventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._lifespan: RunningLifespan | None = None
        self._settled = threading.Event()
        self._ended = threading.Event()
        self._closing = False
        self._failure: BaseException | None = None

    @property
    def pool(self) -> Pool:
        """The pool whose jobs `run_jobs` runs."""
        return self._pool

    @property
    def jobs_fd(self) -> int:
        """A descriptor that is readable while jobs wait."""
        fd = self._pool.native.jobs_fd
        if fd is None:
            raise RuntimeError("this server's pool has threads of its own; give it Pool(1, external=True)")
        return fd

    def start(self) -> None:
        """Start the loop and the application, running jobs meanwhile; raises what made either fail."""
        self.begin()
        self._run_jobs_until(self._settled)
        self.check_started()

    def begin(self) -> None:
        """Begin to start, and return at once; `settled` says when that has ended, one way or the other."""
        context = self._base_context or contextvars.copy_context()
        self._thread = threading.Thread(target=self._run, args=(context,), name="bolt-inprocess", daemon=True)
        self._thread.start()

    @property
    def settled(self) -> bool:
        """Whether the server runs or has failed to; until then, and to get there, `run_jobs` must be called."""
        return self._settled.is_set()

    def check_started(self) -> None:
        """Raise what made the start fail, a startup hook's own exception for one."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _run(self, context: contextvars.Context) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: EventLoop(self._pool)) as runner:
                runner.run(self._serve(context))
        except LifespanError as error:
            self._failure = error.__cause__ or error
        except BaseException as error:
            self._failure = error
        finally:
            self._ended.set()
            self._settle()

    async def _serve(self, context: contextvars.Context) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, EventLoop)
        self._stop = asyncio.Event()
        context = install(loop, self._app, self._config, self._pool, context)
        timeout = self._config.shutdown_timeout
        self._lifespan = RunningLifespan(self._app.stages, context, timeout, self._stop.set)
        self._loop = loop
        if self._closing or not await self._lifespan.start():
            return
        self._settle()
        await self._stop.wait()
        await finish(loop, self._lifespan, timeout)

    def _settle(self) -> None:
        """Tell whoever waits for the start or the end, and who waits for jobs meanwhile."""
        self._settled.set()
        self._wake()

    def _wake(self) -> None:
        if self._pool.native.jobs_fd is not None:
            self._pool.submit(_nothing)

    def _run_jobs_until(self, event: threading.Event) -> None:
        if (fd := self._pool.native.jobs_fd) is None:
            event.wait()
            return
        with selectors.DefaultSelector() as selector:
            selector.register(fd, selectors.EVENT_READ)
            while not event.is_set():
                selector.select()
                self.run_jobs()

    def _running_loop(self) -> EventLoop:
        if self._loop is None or self._thread is None:
            raise RuntimeError("the server is not running; call start() first")
        return self._loop

    def connect(self, number: int | None = None) -> socket.socket:
        """A new connection: the client's end of a socket pair. *number*: that of its request's `Origin`."""
        loop = self._running_loop()
        client, server = socket.socketpair()
        loop.call_soon_threadsafe(loop.driver.serve_socket, server.detach(), number)
        return client

    def listen(self, listener: socket.socket) -> None:
        """Also accept connections from a bound, listening socket."""
        loop = self._running_loop()
        done = threading.Event()

        def begin() -> None:
            listen(loop, listener)
            done.set()

        loop.call_soon_threadsafe(begin)
        done.wait()

    def background(self, ready: Callable[[], Awaitable[object]]) -> concurrent.futures.Future[None]:
        """Await *ready*() on the server's loop, then all background work; jobs must be run until the future is done."""

        async def wait() -> None:
            await ready()
            await drain_background()

        future = asyncio.run_coroutine_threadsafe(wait(), self._running_loop())
        future.add_done_callback(lambda done: self._wake())
        return future

    def run_jobs(self) -> None:
        """Run every job that waits, on the calling thread.

        Where that thread runs an event loop (an asynchronous test), the loop is hidden meanwhile: the jobs are
        synchronous code, which may refuse to run beside a loop.
        """
        running = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        try:
            self._pool.native.run_pending()
        finally:
            asyncio._set_running_loop(running)

    def close(self) -> None:
        """Stop; requests that still run get the configuration's `shutdown_timeout`.

        Raises what a shutdown hook raised. A second call does nothing.
        """
        if self._thread is None:
            return
        self.begin_close()
        self._run_jobs_until(self._ended)
        self.end_close()

    def begin_close(self) -> None:
        """Begin to stop, and return at once; `ended` says when that is done."""
        self._closing = True
        if self._loop is not None and not self._ended.is_set():
            with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
                self._loop.call_soon_threadsafe(self._request_stop)

    @property
    def ended(self) -> bool:
        """Whether the server has stopped; until then, and to get there, `run_jobs` must be called."""
        return self._ended.is_set()

    def end_close(self) -> None:
        """Let go of a server that has ended; raises what a shutdown hook raised."""
        thread, self._thread, self._loop = self._thread, None, None
        if thread is not None:
            thread.join()
        # The last connections' ends may have left producers to close.
        self.run_jobs()
        self.check_started()

    def _request_stop(self) -> None:
        if self._stop is not None and self._lifespan is not None:
            self._stop.set()
            self._lifespan.abort()


def _nothing() -> None:
    """Do nothing: a job that wakes the thread which waits for jobs."""
