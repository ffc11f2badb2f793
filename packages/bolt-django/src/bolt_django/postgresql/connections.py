"""Connections of psycopg 3 that wait for their server through the event loop when a fiber uses them.

On any other thread they are what Django makes: a request's connection serves its fibers and its lane in turn.
"""

import contextvars
import functools
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psycopg
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.waiting import Ready, Wait

from bolt_django.greenlets.fibers import Fiber, Hub, current_fiber
from bolt_django.postgresql.cursors import closing_later, with_thread, with_turns


class LoopConnection(psycopg.Connection[Any]):
    """A connection whose `wait` switches to the loop where a fiber calls it, and blocks its thread elsewhere."""

    _watch: "Watch | None" = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unclosed: list[Any] = []
        """Server-side cursors that nobody needs any more; whoever uses the connection next closes them."""

    def wait(self, gen: Any, interval: float = 0.0, timeout: float | None = None) -> Any:
        """Run a generator of psycopg's to its end, and return its result."""
        fiber = current_fiber()
        if fiber is None:
            return super().wait(gen, timeout=timeout)
        if timeout is not None:
            return fiber.elsewhere(functools.partial(super().wait, gen, timeout=timeout))
        if self._watch is None:
            self._watch = Watch(fiber.hub)
        try:
            return _drive(gen, fiber, self._watch, self.pgconn.socket)
        except psycopg.Error:
            raise
        except BaseException:
            # A fiber that is thrown away while it waits: what the server still sends is nobody's.
            self.pgconn.finish()
            raise

    def close(self) -> None:
        """Close; from any thread."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close_threadsafe()
        super().close()


def _drive(gen: Any, fiber: Fiber, watch: "Watch", descriptor: int) -> Any:
    """Run a generator of psycopg's, which yields what it waits for and takes what is ready."""
    sends = False
    try:
        want = next(gen)
        while True:
            if want == Wait.RW and not sends:
                # A query nearly always fits into the socket's buffer: try first, wait if it did not.
                sends, ready = True, Ready.W
            else:
                sends, ready = False, watch.wait(fiber, descriptor, want)
            want = gen.send(ready)
    except StopIteration as end:
        return end.value


class Watch:
    """One connection's socket among the loop's readers; belongs to the loop's thread.

    The reader stays from query to query, which saves two system calls for each. It watches a duplicate of the
    descriptor: psycopg may close its own at any time and on any thread, and the number then be another socket's.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._descriptor = -1
        self._fiber: Fiber | None = None

    def wait(self, fiber: Fiber, descriptor: int, want: int) -> Ready:
        """Wait for what psycopg wants of *descriptor*; from the fiber."""
        if self._descriptor < 0:
            self._descriptor = os.dup(descriptor)
            _unbound(self._hub.loop.add_reader, self._descriptor, self._resume, Ready.R)
        if want == Wait.R:
            self._fiber = fiber
            ready: Ready = fiber.wait()
            return ready
        _unbound(self._hub.loop.add_writer, self._descriptor, self._resume, Ready.W)
        try:
            self._fiber = fiber
            ready = fiber.wait()
        finally:
            if self._descriptor >= 0:
                self._hub.loop.remove_writer(self._descriptor)
        return ready

    def _resume(self, ready: Ready) -> None:
        fiber, self._fiber = self._fiber, None
        if fiber is None:
            # News for nobody: a lane's answer, or the server's farewell. The next fiber watches anew.
            self._close()
        else:
            self._hub.resume(fiber, ready)

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            if not self._hub.loop.is_closed():
                self._hub.loop.remove_reader(descriptor)
                self._hub.loop.remove_writer(descriptor)
            os.close(descriptor)

    def close_threadsafe(self) -> None:
        """Watch no more; from any thread."""
        try:
            self._hub.loop.call_soon_threadsafe(self._close, context=self._hub.context)
        except RuntimeError:
            self._close()


def _unbound(register: Callable[..., object], *args: Any) -> None:
    """Register a callback outside of the request's context, which it outlives."""
    contextvars.Context().run(register, *args)


class _Opening(BaseDatabaseWrapper):
    """What is added to Django's `DatabaseWrapper`."""

    def connect(self) -> None:
        """Open the connection; for a fiber on a thread, as looking a host up and handshakes block."""
        if (fiber := current_fiber()) is None:
            super().connect()
        else:
            fiber.elsewhere(super().connect)

    def run_and_clear_commit_hooks(self) -> None:
        """Call what `on_commit` was given, functions of the project's; for a fiber on a thread."""
        if not self.run_on_commit or (fiber := current_fiber()) is None:
            super().run_and_clear_commit_hooks()
        else:
            fiber.elsewhere(super().run_and_clear_commit_hooks)

    def create_cursor(self, name: str | None = None) -> Any:
        """A cursor of psycopg's."""
        cursor = super().create_cursor(name)
        cursor.__class__ = (closing_later if name else with_turns)(type(cursor))  # type: ignore[arg-type]
        return cursor

    def _prepare_cursor(self, cursor: Any) -> Any:
        prepared: Any = super()._prepare_cursor(cursor)  # type: ignore[misc]
        prepared.__class__ = with_thread(type(prepared))  # type: ignore[arg-type]
        return prepared


@functools.cache
def _wrapper_class(wrapper: type[BaseDatabaseWrapper]) -> type[BaseDatabaseWrapper]:
    database = SimpleNamespace(**(vars(psycopg) | {"connect": LoopConnection.connect}))
    return type(wrapper.__name__, (_Opening, wrapper), {"Database": database, "__module__": wrapper.__module__})


def make_connections(made: dict[str, BaseDatabaseWrapper]) -> None:
    """Give a session a connection of ours for each database; none is opened yet. What `Session` calls before a call."""
    if len(made) == len(connections.settings):
        return
    for alias in connections.settings:
        if alias not in made:
            usual = connections.create_connection(alias)
            connection = _wrapper_class(type(usual))(usual.settings_dict, alias)  # type: ignore[arg-type]
            # Fibers, lanes and sessions' ends use it on different threads, one at a time.
            connection.inc_thread_sharing()
            made[alias] = connection
