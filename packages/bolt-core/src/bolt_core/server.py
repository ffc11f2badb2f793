"""Serving an application: one process, one event loop, until a signal says stop."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .background import drain_background
from .config import ServerConfig
from .event_loop import EventLoop
from .lifecycle import RunningLifespan
from .lifespan import LifespanError
from .pool import Pool, _current
from .refusals import refusals_to_wire
from .reversing import SERVED
from .streaming import SERVER_LOOP

if TYPE_CHECKING:
    from .routing import FrozenApp

logger = logging.getLogger("bolt_core")

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

# What shutdown hooks get although requests have used up the time to stop, in seconds.
LEAST_SHUTDOWN = 1.0


def _nothing() -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """Whom a server tells how far it is, on the loop's thread."""

    obeys_signals: Callable[[], object] = _nothing
    """Stop signals are handled from here on; startup hooks have not run yet."""
    ready: Callable[[], object] = _nothing
    """Startup has ended and connections are accepted."""


def install(
    loop: EventLoop, app: FrozenApp, config: ServerConfig, pool: Pool, base_context: contextvars.Context | None
) -> contextvars.Context:
    """Give the loop's engine an application; return the context that every request runs in a copy of."""
    context = contextvars.copy_context() if base_context is None else base_context
    context.run(_current.set, pool)
    context.run(SERVER_LOOP.set, loop)
    context.run(SERVED.set, app)
    wire = {
        "routes": [plan.to_wire() for plan in app.routes],
        "fallback": None if app.fallback is None else app.fallback.to_wire(),
        "unrouted": None if app.unrouted is None else app.unrouted.to_wire(),
        "trailing_slash": app.trailing_slash or ("append" if config.append_slash else "strict"),
        "hooks": app.hooks,
        "offload": None if app.offload is None else app.offload.to_wire(),
        "errors": refusals_to_wire(app.errors),
    }
    loop.driver.install(wire, config.to_wire(), loop, context)
    return context


def run(
    app: FrozenApp,
    *,
    sockets: Sequence[socket.socket],
    config: ServerConfig | None = None,
    announce: Announce | None = None,
    base_context: contextvars.Context | None = None,
    pool: Pool | None = None,
) -> None:
    """Serve on listening *sockets* until SIGTERM or SIGINT; then stop as told and return.

    First the application's startup hooks run, and no connection is accepted before they have ended; a stop signal
    cancels them. Raises `LifespanError` when one of them fails, after what had started was shut down.

    Stopping: no new connections, idle ones are closed, running requests get `config.shutdown_timeout` seconds, and
    background work and the shutdown hooks what they leave of it. A second signal ends the process at once with
    status 1. *pool* is made from the configuration unless given.

    Must be called from the main thread; takes over the sockets' descriptors.
    """
    config = config or ServerConfig()
    pool = pool or Pool(config.pool_size)
    sys.setswitchinterval(config.switch_interval)
    serving = _Serving(app, config, pool)
    try:
        with asyncio.Runner(loop_factory=lambda: EventLoop(pool)) as runner:
            runner.run(serving.serve(sockets, announce or Announce(), base_context))
    finally:
        pool.close(timeout=1.0)


class _Serving:
    """One run of a server: what its signals and its shutdown share."""

    def __init__(self, app: FrozenApp, config: ServerConfig, pool: Pool) -> None:
        self._app = app
        self._config = config
        self._pool = pool
        self._stopping = asyncio.Event()
        self._lifespan: RunningLifespan | None = None

    async def serve(
        self, sockets: Sequence[socket.socket], announce: Announce, base_context: contextvars.Context | None
    ) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, EventLoop)
        context = install(loop, self._app, self._config, self._pool, base_context)
        timeout = self._config.shutdown_timeout
        self._lifespan = RunningLifespan(self._app.stages, context, timeout, self._stopping.set)
        if threading.current_thread() is threading.main_thread():
            for number in STOP_SIGNALS:
                loop.add_signal_handler(number, self._on_signal, number)
        announce.obeys_signals()
        if not await self._start(self._lifespan):
            return
        for listener in sockets:
            listen(loop, listener)
        announce.ready()
        await self._stopping.wait()
        await finish(loop, self._lifespan, timeout)

    async def _start(self, lifespan: RunningLifespan) -> bool:
        try:
            return await lifespan.start()
        except LifespanError as error:
            logger.error("the server does not start: %s", error, exc_info=error.__cause__)
            raise

    def _on_signal(self, number: int) -> None:
        if self._stopping.is_set():
            logger.warning("second %s: ending at once", signal.Signals(number).name)
            os._exit(1)
        self._stopping.set()
        if self._lifespan is not None:
            self._lifespan.abort()


async def finish(loop: EventLoop, lifespan: RunningLifespan, timeout: float) -> None:
    """Stop in order, within *timeout* seconds: connections, requests, background work, shutdown hooks.

    Raises LifespanError for a shutdown hook that failed, and for a lifespan that had ended by itself.
    """
    deadline = loop.time() + timeout
    await drain(loop, timeout)
    try:
        async with asyncio.timeout_at(deadline):
            await drain_background()
    except TimeoutError:
        logger.warning("background work was still running %.1f s after the stop signal; it is cancelled", timeout)
    await lifespan.stop(max(LEAST_SHUTDOWN, deadline - loop.time()))


def listen(loop: EventLoop, listener: socket.socket) -> None:
    """Accept connections from a bound, listening socket, whose descriptor the engine takes over."""
    unix = listener.family == getattr(socket, "AF_UNIX", None)
    loop.driver.listen(listener.detach(), unix)


async def drain(loop: EventLoop, timeout: float) -> None:
    """Stop accepting; wait at most *timeout* seconds for running requests."""
    drained = asyncio.Event()
    loop.driver.stop(drained.set)
    try:
        async with asyncio.timeout(timeout):
            await drained.wait()
    except TimeoutError:
        logger.warning(
            "%d connections were still busy %.1f s after the stop signal; they are cut",
            loop.driver.connections(),
            timeout,
        )
