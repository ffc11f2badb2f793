"""A server inside the calling process, without a network: what test clients stand on.

A background thread runs the event loop and the engine. The thread that uses the server is its pool: `def` handlers
run there, so they see what belongs to it, such as a test's database transaction.
"""

from __future__ import annotations

import asyncio
import contextvars
import socket
import threading
from typing import TYPE_CHECKING

from .config import ServerConfig
from .event_loop import EventLoop
from .pool import Pool
from .server import drain, install, listen

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
        self._started = threading.Event()
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
        """Start the loop; raises what made it fail."""
        context = self._base_context or contextvars.copy_context()
        self._thread = threading.Thread(target=self._run, args=(context,), name="bolt-inprocess", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure

    def _run(self, context: contextvars.Context) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: EventLoop(self._pool)) as runner:
                runner.run(self._serve(context))
        except BaseException as error:
            self._failure = error
        finally:
            self._started.set()

    async def _serve(self, context: contextvars.Context) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, EventLoop)
        self._loop, self._stop = loop, asyncio.Event()
        install(loop, self._app, self._config, self._pool, context)
        self._started.set()
        await self._stop.wait()
        await drain(loop, self._config.shutdown_timeout)

    def _running_loop(self) -> EventLoop:
        if self._loop is None or self._thread is None:
            raise RuntimeError("the server is not running; call start() first")
        return self._loop

    def connect(self) -> socket.socket:
        """A new connection: the client's end of a socket pair."""
        loop = self._running_loop()
        client, server = socket.socketpair()
        loop.call_soon_threadsafe(loop.driver.serve_socket, server.detach())
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
        """Stop; requests that still run get the configuration's `shutdown_timeout`."""
        thread, loop, stop = self._thread, self._loop, self._stop
        if thread is None or loop is None or stop is None:
            return
        if thread.is_alive() and not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        while thread.is_alive():
            self.run_jobs()
            thread.join(0.005)
        # The last connections' ends may have left producers to close.
        self.run_jobs()
        self._thread = self._loop = None
