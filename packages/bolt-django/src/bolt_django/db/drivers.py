"""What only a driver knows of its connection: whether it lives, is inside a transaction, and how to stop its query.

Everything here that is no part of Django's interface, nor of DB-API 2.0 (PEP 249), is named in this module alone.
"""

import contextlib
import select
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

# libpq's PQTRANS_IDLE; every other state of a live connection is a transaction that somebody began.
_PQ_IDLE = 0
# libpq's PQTRANS_UNKNOWN: the connection is dead.
_PQ_UNKNOWN = 4
# A request to cancel is a connection of its own to the server.
CANCEL_SECONDS = 5.0


def in_transaction(driver: Any) -> bool:
    """Whether the driver's connection is inside a transaction, also one that was begun by SQL, behind Django's back."""
    if (pgconn := getattr(driver, "pgconn", None)) is not None:
        return pgconn.transaction_status not in (_PQ_IDLE, _PQ_UNKNOWN)
    if (status := getattr(driver, "get_transaction_status", None)) is not None:
        return status() not in (_PQ_IDLE, _PQ_UNKNOWN)
    return bool(getattr(driver, "in_transaction", False))


def has_news(driver: Any) -> bool:
    """Whether an idle connection's server has sent something: a farewell, or a notice that nobody asked for.

    A connection that its server has closed says so here, without a query. False where the driver shows no socket.
    """
    if (fileno := getattr(driver, "fileno", None)) is None:
        return False
    try:
        poll = select.poll()
        poll.register(fileno(), select.POLLIN)
        return bool(poll.poll(0))
    except Exception:
        # The driver has closed it already.
        return True


def cancel(driver: Any) -> None:
    """Ask the server to stop the connection's current query; from any thread. Blocks for a connection to the server.

    Where a driver cannot, the query runs to its end.
    """
    with contextlib.suppress(Exception):
        if (cancel_safe := getattr(driver, "cancel_safe", None)) is not None:  # psycopg 3
            cancel_safe(timeout=CANCEL_SECONDS)
        elif hasattr(driver, "get_transaction_status"):  # psycopg 2
            driver.cancel()
        elif (interrupt := getattr(driver, "interrupt", None)) is not None:  # sqlite3
            interrupt()


def has_cursors_to_close(driver: Any) -> bool:
    """Whether cursors were left where they could not be closed, which takes a query; see `postgresql.cursors`."""
    return bool(getattr(driver, "unclosed", None))


def close_cursors(driver: Any) -> None:
    """Close such cursors."""
    while has_cursors_to_close(driver):
        with contextlib.suppress(Exception):
            driver.unclosed.pop().close()


def uses_pool(connection: BaseDatabaseWrapper) -> bool:
    """Whether *connection* comes from Django's own pool, to which it goes back when it is closed."""
    return bool(connection.settings_dict["OPTIONS"].get("pool"))
