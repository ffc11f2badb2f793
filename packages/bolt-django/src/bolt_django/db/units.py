"""Connections of the pool's threads: each belongs to one thread, is fresh when a unit of work begins, and left clean.

The two hooks run around every `def` handler, also of those that ask no database, and therefore only compare a few
attributes as long as nothing has to be done.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from bolt_core.pool import Pool
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from bolt_django.db import drivers

# How long a connection may have been idle before its socket is looked at. A server takes longer to restart.
LOOK_SECONDS = 0.05


class _Thread(threading.local):
    """Connections opened on this thread, and those that were inside a transaction when its current unit began.

    The latter belong to whoever began the transaction, which is a test case that shares its thread with the server.
    """

    def __init__(self) -> None:
        self.opened: list[BaseDatabaseWrapper] = []
        self.foreign: Sequence[BaseDatabaseWrapper] = ()
        self.look_at = 0.0


_thread = _Thread()


def remember(sender: object, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Note that this thread has opened *connection*; a receiver of `connection_created`."""
    opened = _thread.opened
    if not any(known is connection for known in opened):
        opened.append(connection)


def opened_here() -> list[BaseDatabaseWrapper]:
    """The connections opened on this thread, as a list that grows with them."""
    return _thread.opened


def watch_thread_connections() -> None:
    """Learn of every connection that is opened from now on."""
    connection_created.connect(remember, dispatch_uid="bolt_django.db")


def watch(pool: Pool) -> None:
    """Keep the connections of *pool*'s threads as Django keeps those of a request: fresh, and closed at the end."""
    watch_thread_connections()
    pool.add_unit_hook(before_unit, after_unit, close_thread)


def before_unit() -> None:
    """Begin a unit of work: what Django's `reset_queries` and `close_old_connections` do when a request starts."""
    opened = _thread.opened
    if not opened:
        return
    now = monotonic()
    look = now >= _thread.look_at
    if look:
        _thread.look_at = now + LOOK_SECONDS
    for connection in opened:
        if connection.in_atomic_block:
            _thread.foreign = [other for other in opened if other.in_atomic_block]
            continue
        # Its CONN_HEALTH_CHECKS run when it is first used.
        connection.health_check_done = False  # type: ignore[attr-defined]
        if look or connection.queries_log or connection.close_at is not None:
            freshen(connection, now, look=look)


def freshen(connection: BaseDatabaseWrapper, now: float, *, look: bool) -> None:
    """Prepare *connection* for somebody new; close it if it is past its age or, asked to *look*, its server is gone."""
    # Its CONN_HEALTH_CHECKS run when it is first used.
    connection.health_check_done = False  # type: ignore[attr-defined]
    if connection.queries_log:
        connection.queries_log.clear()
    if connection.close_at is not None and now >= connection.close_at:
        connection.close()
    elif look and _has_news(connection) and not connection.is_usable():
        # The query of `is_usable` reads a notice; a farewell fails it.
        connection.close()


def _has_news(connection: BaseDatabaseWrapper) -> bool:
    return connection.connection is not None and drivers.has_news(connection.connection)


def after_unit() -> None:
    """End a unit of work: close what is broken or too old, and what was left inside a transaction."""
    opened = _thread.opened
    if not opened:
        return
    now = monotonic()
    for connection in opened:
        if needs_care(connection, now):
            _settle_all()
            return


def needs_care(connection: BaseDatabaseWrapper, now: float) -> bool:
    """Whether a unit left *connection* other than open, healthy, within its age and outside of any transaction."""
    driver = connection.connection
    return (
        driver is None
        or connection.errors_occurred
        or connection.in_atomic_block
        or connection.closed_in_transaction
        or connection.autocommit != connection.settings_dict["AUTOCOMMIT"]
        or (connection.close_at is not None and now >= connection.close_at)
        or drivers.in_transaction(driver)
    )


def _settle_all() -> None:
    foreign, _thread.foreign = _thread.foreign, ()
    for connection in list(_thread.opened):
        if not among(connection, foreign):
            settle(connection)
    _thread.opened[:] = [connection for connection in _thread.opened if is_open(connection)]


def settle(connection: BaseDatabaseWrapper) -> None:
    """Close *connection* with a transaction that nobody will end, or if it is broken or too old."""
    if has_open_transaction(connection) or connection.closed_in_transaction:
        # The next request must not run inside it.
        discard(connection)
    else:
        connection.close_if_unusable_or_obsolete()


def close_thread() -> None:
    """Close every connection of this thread."""
    for connection in _thread.opened:
        connection.close()
    _thread.opened.clear()


def discard(connection: BaseDatabaseWrapper) -> None:
    """Close *connection* with whatever transaction it is in, and take it away from its thread."""
    try:
        connection.close()
    finally:
        if connections_of_thread().get(connection.alias) is connection:
            # Django keeps a connection closed inside an atomic block unusable until the block ends, which nobody will
            # do.
            del connections[connection.alias]


def connections_of_thread() -> dict[str, BaseDatabaseWrapper]:
    """This thread's connections by alias, opened or not."""
    return {connection.alias: connection for connection in connections.all(initialized_only=True)}


def among(connection: BaseDatabaseWrapper, others: Sequence[BaseDatabaseWrapper]) -> bool:
    """Whether *connection* is one of *others*, by identity: wrappers define no equality, and their proxies do."""
    return any(connection is other for other in others)


def forget(connection: BaseDatabaseWrapper) -> None:
    """Take *connection* away from this thread, open as it is."""
    del connections[connection.alias]
    _thread.opened[:] = [opened for opened in _thread.opened if opened is not connection]


def is_foreign(connection: BaseDatabaseWrapper) -> bool:
    """Whether *connection* was inside a transaction when the thread's current unit began."""
    return among(connection, _thread.foreign)


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
    """Whether *connection* is inside an atomic block, out of its usual autocommit mode, or in a transaction by SQL."""
    if connection.in_atomic_block:
        return True
    driver = connection.connection
    if driver is None:
        return False
    return connection.autocommit != connection.settings_dict["AUTOCOMMIT"] or drivers.in_transaction(driver)


def is_open(connection: BaseDatabaseWrapper) -> bool:
    """Whether *connection* has reached its server and was not closed since.

    One that was closed inside an atomic block keeps its dead driver connection until the block ends.
    """
    return connection.connection is not None and not connection.closed_in_transaction


def close_all() -> None:
    """Close what the calling thread has open, caches and pools included: before a fork, which must share no socket."""
    from django.core.cache import close_caches

    connections.close_all()
    close_pools()
    close_caches()


def close_pools() -> None:
    """Close Django's own pools (`OPTIONS["pool"]`), whose threads keep connections open."""
    for connection in connections.all():
        # Asking for a pool makes one.
        if drivers.uses_pool(connection) and connection.alias in getattr(connection, "_connection_pools", ()):
            connection.close_pool()  # type: ignore[attr-defined]
