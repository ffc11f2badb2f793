"""Which errors mean that the database cannot be reached."""

import pytest
from bolt_django.db import ConnectionsExhausted, is_unreachable
from django.db import InterfaceError, OperationalError, ProgrammingError

psycopg = pytest.importorskip("psycopg", reason="needs psycopg, the extra bolt-django[postgresql]")


def caused(error: Exception, cause: Exception) -> Exception:
    """*error* as Django raises it for a driver's."""
    error.__cause__ = cause
    return error


class MySQLError(Exception):
    """An error as mysqlclient raises it."""

    __module__ = "MySQLdb._exceptions"


@pytest.mark.parametrize(
    "error",
    [
        ConnectionsExhausted(),
        caused(OperationalError(), psycopg.OperationalError("connection refused")),
        caused(OperationalError(), psycopg.errors.AdminShutdown("terminating connection")),
        caused(OperationalError(), psycopg.errors.CannotConnectNow("starting up")),
        caused(OperationalError(), psycopg.errors.TooManyConnections("sorry, too many clients already")),
        caused(OperationalError(), psycopg.errors.ConnectionFailure("lost")),
        caused(OperationalError(), MySQLError(2006, "server has gone away")),
    ],
)
def test_unreachable(error: Exception) -> None:
    """Refused, shut down, starting, full, lost."""
    assert is_unreachable(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError(),
        OperationalError("made by hand"),
        caused(ProgrammingError(), psycopg.ProgrammingError("syntax")),
        caused(OperationalError(), psycopg.errors.QueryCanceled("statement timeout")),
        caused(OperationalError(), psycopg.errors.DeadlockDetected("deadlock")),
        caused(InterfaceError(), psycopg.InterfaceError("the cursor is closed")),
        caused(OperationalError(), MySQLError(1205, "lock wait timeout")),
        caused(OperationalError(), Exception("database is locked")),
    ],
)
def test_reachable(error: Exception) -> None:
    """Timeouts, deadlocks and mistakes are errors of the query."""
    assert not is_unreachable(error)
