"""Errors that mean that the database cannot be reached, rather than that something was asked wrongly."""

from django.db import InterfaceError, OperationalError

# SQLSTATE (ISO 9075, and PostgreSQL's appendix A): connection exceptions; the server shuts down, crashed, starts; it
# has too many connections.
_CLASS = "08"
_STATES = frozenset({"57P01", "57P02", "57P03", "53300"})
# MySQL's client and server errors for the same: 2002, 2003, 2006, 2013, 2055 and 1040, 1053.
_NUMBERS = frozenset({1040, 1053, 2002, 2003, 2006, 2013, 2055})
# What psycopg says of a connection that is gone has no SQLSTATE, as no server said it.
_POSTGRESQL = frozenset({"psycopg", "psycopg2", "psycopg_pool"})
_MYSQL = frozenset({"MySQLdb", "pymysql"})


class ConnectionsExhausted(OperationalError):
    """No connection became free for a request within BOLT["DATABASE_TIMEOUT"] seconds."""


class RequestEnded(OperationalError):
    """A query of a request that is over: its client left, or its time is up."""


def is_unreachable(error: BaseException) -> bool:
    """Whether *error* says that the database could not be reached: refused, lost, restarting, or out of connections."""
    if isinstance(error, ConnectionsExhausted):
        return True
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    cause = error.__cause__
    if cause is None:
        return False
    module = type(cause).__module__.partition(".")[0]
    if module in _MYSQL:
        return bool(cause.args) and cause.args[0] in _NUMBERS
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    if state is not None:
        return state.startswith(_CLASS) or state in _STATES
    return isinstance(error, OperationalError) and (module in _POSTGRESQL or _is_psycopg(cause))


def _is_psycopg(cause: BaseException) -> bool:
    # Both put their classes under the names of other modules; their bases tell them.
    return any(base.__module__.partition(".")[0] in _POSTGRESQL for base in type(cause).__mro__)
