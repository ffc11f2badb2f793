"""Sessions: sets of connections for requests whose work is many calls, with other requests' calls in between.

A session holds at most one connection per database. A request keeps its session from its first call to its end, unless
another one takes it over between two calls: see `sharing`.
"""

import threading
from collections.abc import Callable
from time import monotonic

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from bolt_django.db import drivers, units
from bolt_django.db.errors import RequestEnded
from bolt_django.db.reads import Reads

# Adds to a session's connections those that it is to have before anybody opens them.
type Make = Callable[[dict[str, BaseDatabaseWrapper]], None]


class Session:
    """The connections of one request. Its calls run one after the other, on one thread or another."""

    __slots__ = (
        *("busy", "connections", "fresh", "owner", "reads"),
        *("_cancelled", "_current", "_guard", "_look_at", "_make", "_opening", "_pooled"),
    )

    def __init__(self, make: Make | None = None) -> None:
        self._make = make
        self.connections: dict[str, BaseDatabaseWrapper] = {}
        # The request, and whether one of its calls runs; the pool's lock guards them.
        self.owner: object = None
        self.busy = False
        # New to its owner: not yet looked after.
        self.fresh = False
        self._look_at = 0.0
        self._pooled: set[str] = set()
        # What a cancellation from another thread reads: the running call, and what it has opened so far.
        self._guard = threading.Lock()
        self._current: object = None
        self._opening: list[BaseDatabaseWrapper] = []
        self._cancelled: list[BaseDatabaseWrapper] = []
        self.reads = Reads()

    def run(self, place: "Place", job: Callable[[], None], call: object) -> None:
        """Run *job* with these connections as those of *place*, the calling thread."""
        if self._make is not None:
            self._make(self.connections)
        place.show(self)
        if self.fresh:
            self.fresh = False
            self._begin()
        self.reads.close_forgotten()
        opened = units.opened_here()
        with self._guard:
            self._current, self._opening = call, opened
        try:
            job()
        finally:
            # A cancellation holds it while it speaks with the server.
            place.take(self._guard)
            self._current = None
            self._guard.release()
            self._collect(place, opened)
            self._settle(place)

    def _begin(self) -> None:
        now = monotonic()
        look, self._look_at = now >= self._look_at, now + units.LOOK_SECONDS
        for connection in self.connections.values():
            drivers.close_cursors(connection.connection)
            units.freshen(connection, now, look=look)

    def _collect(self, place: "Place", opened: list[BaseDatabaseWrapper]) -> None:
        if not opened:
            return
        for connection in opened:
            known = self.connections.get(connection.alias)
            if known is not connection and units.is_open(connection):
                # It will be used by other threads, one at a time, which Django checks for.
                connection.inc_thread_sharing()
                self.connections[connection.alias] = connection
                place.shown[connection.alias] = connection
                if drivers.uses_pool(connection):
                    self._pooled.add(connection.alias)
        opened.clear()

    def _settle(self, place: "Place") -> None:
        """Leave a connection between calls only if it is sound; one of Django's own pool only inside a transaction."""
        if self._cancelled:
            doomed, self._cancelled = self._cancelled, []
            for connection in doomed:
                self._drop(connection, place)
        for connection in self.connections.values():
            if (connection.errors_occurred or connection.alias in self._pooled) and not units.has_open_transaction(
                connection
            ):
                if connection.errors_occurred:
                    connection.close_if_unusable_or_obsolete()
                else:
                    connection.close()

    def _drop(self, connection: BaseDatabaseWrapper, place: "Place | None" = None) -> None:
        # A block that goes on in a later call must fail there, not begin a transaction of its own.
        if connection.in_atomic_block and place is not None:
            connection.execute_wrappers[:] = [one for one in connection.execute_wrappers if one is not _refuse]
            connection.close()
            return
        if self.connections.get(connection.alias) is connection:
            del self.connections[connection.alias]
        if place is not None and place.shown.pop(connection.alias, None) is not None:
            del connections[connection.alias]
        connection.close()

    @property
    def is_bound(self) -> bool:
        """Whether nobody else may take this session over before its request ends."""
        return self.reads.in_use or any(
            units.has_open_transaction(connection) for connection in self.connections.values()
        )

    @property
    def must_end(self) -> bool:
        """Whether something here has to be closed now that the request is over."""
        now = monotonic()
        return self.reads.unfinished or any(
            connection.connection is not None
            and (units.needs_care(connection, now) or drivers.has_cursors_to_close(connection.connection))
            for connection in self.connections.values()
        )

    def end(self) -> None:
        """Roll back and close what the request may not leave behind; on any thread but the loop's."""
        now = monotonic()
        self.reads.close()
        for connection in list(self.connections.values()):
            if connection.closed_in_transaction or units.has_open_transaction(connection):
                self._drop(connection)
                continue
            drivers.close_cursors(connection.connection)
            if connection.connection is not None and units.needs_care(connection, now):
                connection.close_if_unusable_or_obsolete()

    def close(self) -> None:
        """Close every connection."""
        self.reads.close()
        for connection in list(self.connections.values()):
            self._drop(connection)

    def runs(self, call: object) -> bool:
        """Whether *call* seems to run; `cancel` asks again."""
        return self._current is call

    def cancel(self, call: object) -> None:
        """If *call* still runs, stop its query and let it begin no other; blocks, on any thread but the loop's."""
        with self._guard:
            if self._current is not call:
                return
            self._cancelled = [*self.connections.values()]
            self._cancelled += [one for one in self._opening if not units.among(one, self._cancelled)]
            for connection in self._cancelled:
                connection.execute_wrappers.append(_refuse)
                if connection.in_atomic_block:
                    connection.needs_rollback = True
            for connection in self._cancelled:
                if connection.connection is not None:
                    drivers.cancel(connection.connection)


def _refuse(execute: object, sql: object, params: object, many: object, context: object) -> None:
    """Stand before every query of a call that was cancelled."""
    raise RequestEnded("the request that asks this query is over")


class Place:
    """A thread that sessions take turns on, and whose connections it has before it.

    A session that is followed by itself costs nothing.
    """

    def __init__(self) -> None:
        self.shown: dict[str, BaseDatabaseWrapper] = {}

    def show(self, session: Session) -> None:
        """Make the connections of *session* those of the calling thread."""
        if self.shown == session.connections:
            return
        for alias in self.shown.keys() - session.connections.keys():
            del connections[alias]
        for alias, connection in session.connections.items():
            if self.shown.get(alias) is not connection:
                connections[alias] = connection
        self.shown = dict(session.connections)

    def take(self, lock: threading.Lock) -> None:
        """Acquire *lock*, however long that takes."""
        lock.acquire()
