"""Greenlets on the loop's thread that run synchronous code, and what must be switched together with them.

A fiber sees no running loop, as Django and asgiref forbid synchronous code where there is one, and the connections of
its own session in `django.db.connections`. Fibers are started and resumed by callbacks of the loop alone, so there is
never a frame of the engine's between the loop and them.
"""

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable
from typing import Any

from bolt_core.pool import Pool
from django.db import connections
from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

from bolt_django import db
from bolt_django.db import units

# How long a fiber may keep the loop while it makes objects of rows; as long as a thread keeps the GIL.
TURN_SECONDS = 0.005

_set_running_loop: Callable[[asyncio.AbstractEventLoop | None], None] = asyncio._set_running_loop


class Fiber(greenlet):  # type: ignore[misc]
    """One greenlet that runs one call of a session."""

    def __init__(self, hub: "Hub", session: db.Session, run: Callable[[], None]) -> None:
        super().__init__(run)
        self.hub = hub
        self.session = session

    def wait(self) -> Any:
        """Let the loop run until `Hub.resume` is called with this fiber; return the value that it was given."""
        return self.parent.switch()

    def give_turn(self) -> None:
        """Let the loop run its other callbacks if this fiber has kept it for `TURN_SECONDS`."""
        if time.monotonic() - self.hub.switched_at > TURN_SECONDS:
            self.hub.loop.call_soon(self.hub.resume, self, context=self.hub.context)
            self.wait()

    def elsewhere[T](self, work: Callable[[], T]) -> T:
        """Run *work*, which blocks, on a thread of the pool with this fiber's connections; meanwhile the loop runs."""
        outcome: list[T] = []
        failure: list[BaseException] = []
        context = contextvars.copy_context()
        shown = dict(self.session.connections)

        def job() -> None:
            try:
                outcome.append(_with_connections(shown, lambda: context.run(work)))
            except BaseException as error:
                failure.append(error)
            self.hub.resume_threadsafe(self)

        self.hub.pool.submit(job)
        self.wait()
        if failure:
            raise failure[0]
        return outcome[0]


def current_fiber() -> Fiber | None:
    """The fiber that runs this code; None on a thread, and in the loop's own callbacks."""
    found = getcurrent()
    return found if type(found) is Fiber else None


class Hub:
    """The loop's side: starts fibers and resumes them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, pool: Pool) -> None:
        self.loop = loop
        self.pool = pool
        self.place = FiberPlace()
        # What callbacks that outlive a request are registered in: none of the request's variables.
        self.context = contextvars.Context()
        # When the fiber that runs was given the loop, by time.monotonic().
        self.switched_at = 0.0

    def start(self, session: db.Session, run: Callable[[], None]) -> None:
        """Run *run*, which must not raise, until it first waits. From a callback of the loop."""
        fiber = Fiber(self, session, run)
        self.switched_at = time.monotonic()
        _set_running_loop(None)
        try:
            fiber.switch()
        finally:
            _set_running_loop(self.loop)

    def resume(self, fiber: Fiber, value: Any = None) -> None:
        """Go on with a fiber that waits, until it waits again or ends. From a callback of the loop."""
        self.switched_at = time.monotonic()
        _set_running_loop(None)
        try:
            self.place.show(fiber.session)
            fiber.switch(value)
        finally:
            _set_running_loop(self.loop)

    def resume_threadsafe(self, fiber: Fiber) -> None:
        """Resume from another thread, in the loop's next round; nobody waits once the loop has closed."""
        try:
            self.loop.call_soon_threadsafe(self.resume, fiber, context=self.context)
        except RuntimeError:
            if not self.loop.is_closed():
                raise


class FiberPlace(db.Place):
    """The loop's thread, on which sessions take turns with every switch."""

    def take(self, lock: threading.Lock) -> None:
        """Acquire *lock*; never by blocking the loop."""
        if not lock.acquire(blocking=False):
            fiber = current_fiber()
            assert fiber is not None
            fiber.elsewhere(lock.acquire)


def _with_connections[T](shown: dict[str, Any], work: Callable[[], T]) -> T:
    """Run *work* on a pool thread with the connections *shown* in place of the thread's own."""
    own = units.connections_of_thread()
    for alias, connection in shown.items():
        connections[alias] = connection
    try:
        return work()
    finally:
        opened = units.opened_here()
        opened[:] = [one for one in opened if not units.among(one, list(shown.values()))]
        for alias in shown:
            if alias in own:
                connections[alias] = own[alias]
            else:
                del connections[alias]
