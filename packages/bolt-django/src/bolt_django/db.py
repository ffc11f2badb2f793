"""Database connections under the server: each belongs to a pool thread and is closed with it.

`def` handlers and Django's views run on the pool's threads, where a connection is reused from request to request as
CONN_MAX_AGE allows. What asgiref runs for an `async def` handler (`aget()`, `async for`, `sync_to_async`) goes to
lanes: threads that do nothing else, one and the same for all calls of a request.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bolt_core.pool import Pool
from django.db import close_old_connections, connections, reset_queries
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


class _Thread(threading.local):
    """Connections opened on this thread, and those that were inside a transaction when its current unit began.

    The latter belong to whoever began the transaction, which is a test case that shares its thread with the server.
    """

    def __init__(self) -> None:
        self.opened: list[BaseDatabaseWrapper] = []
        self.foreign: Sequence[BaseDatabaseWrapper] = ()


_thread = _Thread()


def _remember(sender: object, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    if not any(known is connection for known in _thread.opened):
        _thread.opened.append(connection)


def watch(pool: Pool) -> None:
    """Keep the connections of *pool*'s threads as Django keeps those of a request: fresh, and closed at the end."""
    connection_created.connect(_remember, dispatch_uid="bolt_django.db")
    pool.add_unit_hook(before_unit, after_unit, close_thread)


def before_unit() -> None:
    """Begin a unit of work. It runs before every `def` handler: a thread without database must not pay for it."""
    if _thread.opened:
        _thread.foreign = [connection for connection in _thread.opened if connection.in_atomic_block]
        with hidden(_thread.foreign):
            reset_queries()
            close_old_connections()


def after_unit() -> None:
    """End a unit of work: close what is broken or too old, and what was left inside a transaction."""
    if not _thread.opened:
        return
    foreign, _thread.foreign = _thread.foreign, ()
    for connection in list(_thread.opened):
        if not _among(connection, foreign):
            if connection.in_atomic_block:
                # A handler left its atomic block open: the next request must not run inside it.
                discard(connection)
            else:
                connection.close_if_unusable_or_obsolete()
    _thread.opened = [connection for connection in _thread.opened if is_open(connection)]


def close_thread() -> None:
    """Close every connection of this thread."""
    for connection in _thread.opened:
        connection.close()
    _thread.opened = []


def discard(connection: BaseDatabaseWrapper) -> None:
    """Close *connection* with whatever transaction it is in, and take it away from its thread."""
    connection.close()
    if connections_of_thread().get(connection.alias) is connection:
        # Django keeps a connection closed inside an atomic block unusable until the block ends, which nobody will do.
        del connections[connection.alias]


def connections_of_thread() -> dict[str, BaseDatabaseWrapper]:
    """This thread's connections by alias, opened or not."""
    return {connection.alias: connection for connection in connections.all(initialized_only=True)}


def _among(connection: BaseDatabaseWrapper, others: Sequence[BaseDatabaseWrapper]) -> bool:
    # By identity: wrappers define no equality, and their proxies compare otherwise.
    return any(connection is other for other in others)


@contextmanager
def hidden(some: Sequence[BaseDatabaseWrapper]) -> Iterator[None]:
    """Hide connections from what runs inside, such as Django's request signals, which close what they find."""
    for connection in some:
        del connections[connection.alias]
    try:
        yield
    finally:
        for connection in some:
            connections[connection.alias] = connection


def in_transaction() -> list[BaseDatabaseWrapper]:
    """This thread's connections that are inside a transaction, and at a unit's begin therefore not ours."""
    return [connection for connection in connections.all(initialized_only=True) if connection.in_atomic_block]


def has_open_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Whether *connection*, which is open, is inside an atomic block or out of its usual autocommit mode."""
    return connection.in_atomic_block or connection.autocommit != connection.settings_dict["AUTOCOMMIT"]


def is_open(connection: BaseDatabaseWrapper) -> bool:
    """Whether *connection* has reached its server and was not closed since.

    One that was closed inside an atomic block keeps its dead driver connection until the block ends.
    """
    return connection.connection is not None and not connection.closed_in_transaction


class Lease:
    """The connections that a request keeps between two units of work on its thread.

    A stream that reads from a cursor, and an async handler inside a transaction, go on later; other requests use the
    thread meanwhile, with connections of their own.
    """

    def __init__(self) -> None:
        self._kept: dict[str, BaseDatabaseWrapper] = {}

    def run[T](self, unit: Callable[[], T], keep: Callable[[BaseDatabaseWrapper], bool]) -> T:
        """Run *unit* with the kept connections; keep those that *keep* says, and hand the thread its own back."""
        own = connections_of_thread() if self._kept else {}
        restore = {alias: own[alias] for alias in self._kept if alias in own}
        for alias, connection in self._kept.items():
            connections[alias] = connection
            _thread.opened.append(connection)
        self._kept = {}
        try:
            return unit()
        finally:
            self._take(keep)
            for alias, connection in restore.items():
                if (ended := connections_of_thread().get(alias)) is not None:
                    discard(ended)
                connections[alias] = connection

    def _take(self, keep: Callable[[BaseDatabaseWrapper], bool]) -> None:
        for connection in list(_thread.opened):
            if _among(connection, _thread.foreign) or not is_open(connection) or not keep(connection):
                continue
            if connections_of_thread().get(connection.alias) is connection:
                self._kept[connection.alias] = connection
                del connections[connection.alias]
                _thread.opened = [opened for opened in _thread.opened if opened is not connection]

    @property
    def empty(self) -> bool:
        """Whether nothing is kept."""
        return not self._kept

    def close(self) -> None:
        """Close what is kept, rolling back; on the thread of its units."""
        for connection in self._kept.values():
            connection.close()
        self._kept = {}


def close_all() -> None:
    """Close what the calling thread has open, caches included: before a fork, so that no child shares a socket."""
    from django.core.cache import close_caches

    connections.close_all()
    close_caches()
