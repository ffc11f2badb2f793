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
from typing import TYPE_CHECKING

from .config import ServerConfig
from .event_loop import EventLoop
from .pool import Pool, _current
from .refusals import refusals_to_wire
from .streaming import SERVER_LOOP

if TYPE_CHECKING:
    from .routing import FrozenApp

logger = logging.getLogger("bolt_core")

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def install(
    loop: EventLoop, app: FrozenApp, config: ServerConfig, pool: Pool, base_context: contextvars.Context | None
) -> None:
    """Give the loop's engine an application. Every request runs in a copy of *base_context*."""
    context = contextvars.copy_context() if base_context is None else base_context
    context.run(_current.set, pool)
    context.run(SERVER_LOOP.set, loop)
    wire = {
        "routes": [plan.to_wire() for plan in app.routes],
        "fallback": None if app.fallback is None else app.fallback.to_wire(),
        "trailing_slash": app.trailing_slash,
        "hooks": app.hooks,
        "offload": None if app.offload is None else app.offload.to_wire(),
        "errors": refusals_to_wire(app.errors),
    }
    loop.driver.install(wire, config.to_wire(), loop, context)


def run(
    app: FrozenApp,
    *,
    sockets: Sequence[socket.socket],
    config: ServerConfig | None = None,
    ready: Callable[[], object] | None = None,
    base_context: contextvars.Context | None = None,
    pool: Pool | None = None,
) -> None:
    """Serve on listening *sockets* until SIGTERM or SIGINT; then stop as told and return.

    Stopping: no new connections, idle ones are closed, running requests get `config.shutdown_timeout` seconds. A second
    signal ends the process at once with status 1. *ready* is called when connections are accepted. *pool* is made
    from the configuration unless given.

    Must be called from the main thread; takes over the sockets' descriptors.
    """
    config = config or ServerConfig()
    pool = pool or Pool(config.pool_size)
    sys.setswitchinterval(config.switch_interval)
    serving = _Serving(app, config, pool)
    with asyncio.Runner(loop_factory=lambda: EventLoop(pool)) as runner:
        runner.run(serving.serve(sockets, ready, base_context))
    pool.close(timeout=1.0)


class _Serving:
    """One run of a server: what its signals and its shutdown share."""

    def __init__(self, app: FrozenApp, config: ServerConfig, pool: Pool) -> None:
        self._app = app
        self._config = config
        self._pool = pool
        self._stopping = asyncio.Event()

    async def serve(
        self,
        sockets: Sequence[socket.socket],
        ready: Callable[[], object] | None,
        base_context: contextvars.Context | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, EventLoop)
        install(loop, self._app, self._config, self._pool, base_context)
        if threading.current_thread() is threading.main_thread():
            for number in STOP_SIGNALS:
                loop.add_signal_handler(number, self._on_signal, number)
        for listener in sockets:
            listen(loop, listener)
        if ready is not None:
            ready()
        await self._stopping.wait()
        await drain(loop, self._config.shutdown_timeout)

    def _on_signal(self, number: int) -> None:
        if self._stopping.is_set():
            logger.warning("second %s: ending at once", signal.Signals(number).name)
            os._exit(1)
        self._stopping.set()


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
