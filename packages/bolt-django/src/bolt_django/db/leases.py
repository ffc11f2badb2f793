"""Leases: what a stream keeps while it has left its thread and its client reads."""

import logging
from collections.abc import Callable

from bolt_core.pool import Pool, current_pool
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from bolt_django import conf
from bolt_django.db import units
from bolt_django.db.sharing import SessionPool, session_pool

log = logging.getLogger("bolt_django")


class Lease:
    """The connections that a request keeps between two units of work on its thread.

    Other requests use the thread meanwhile, with connections of their own; so each lease that keeps something counts
    among the sessions of *pool*'s server.
    """

    def __init__(self, pool: Pool) -> None:
        self._kept: dict[str, BaseDatabaseWrapper] = {}
        self._sessions: SessionPool | None = session_pool(pool)
        self._reserved = False

    def run[T](self, unit: Callable[[], T], keep: Callable[[BaseDatabaseWrapper], bool]) -> T:
        """Run *unit* with the kept connections; keep those that *keep* says, and hand the thread its own back."""
        if self._sessions is None:
            # A test client's: the thread and its connections are the test's.
            return unit()
        own = units.connections_of_thread() if self._kept else {}
        restore = {alias: own[alias] for alias in self._kept if alias in own}
        for alias, connection in self._kept.items():
            connections[alias] = connection
            units.opened_here().append(connection)
        self._kept = {}
        try:
            return unit()
        finally:
            self._take(keep)
            self._hand_back(restore)
            self._count()

    def _take(self, keep: Callable[[BaseDatabaseWrapper], bool]) -> None:
        for connection in list(units.opened_here()):
            if units.is_foreign(connection) or not units.is_open(connection) or not keep(connection):
                continue
            if units.connections_of_thread().get(connection.alias) is connection:
                self._kept[connection.alias] = connection
                units.forget(connection)

    def _hand_back(self, restore: dict[str, BaseDatabaseWrapper]) -> None:
        for alias, connection in restore.items():
            if (ended := units.connections_of_thread().get(alias)) is not None:
                units.discard(ended)
            connections[alias] = connection

    def _count(self) -> None:
        """Reserve a place for what is kept. Without one the stream ends with the next thing that it reads."""
        if self._sessions is None or self._reserved is bool(self._kept):
            return
        if self._reserved:
            self._reserved = False
            self._sessions.unreserve()
        elif self._sessions.reserve(conf.database_timeout()):
            self._reserved = True
        else:
            log.error("a stream was cut off: no connection was free for it within %g s", conf.database_timeout())
            self.close()

    @property
    def empty(self) -> bool:
        """Whether nothing is kept."""
        return not self._kept

    def close(self) -> None:
        """Close what is kept, rolling back; on the thread of its units."""
        for connection in self._kept.values():
            connection.close()
        self._kept = {}
        if self._reserved and self._sessions is not None:
            self._reserved = False
            self._sessions.unreserve()


class StreamSteps:
    """Runs the steps of one synchronous stream of a `def` handler; keeps its connections between two of them."""

    def __init__(self) -> None:
        self._lease = Lease(current_pool())

    def __call__(self, step: Callable[[], object], parked: Callable[[], bool]) -> None:
        """Run *step* on the stream's thread; *parked* says afterwards whether another one will follow."""
        self._lease.run(step, lambda connection: parked())
