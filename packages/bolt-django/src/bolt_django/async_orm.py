"""Whether the ORM of `async def` handlers runs in greenlets or on threads, and why."""

from importlib.util import find_spec

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from bolt_django import conf

# Whose code may run on the loop's thread: other backends' may wait for what they like.
_BACKENDS = frozenset({"django.db.backends.postgresql.base", "django.contrib.gis.db.backends.postgis.base"})


def uses_greenlets() -> bool:
    """Whether a server that starts now runs async ORM calls in greenlets."""
    return conf.async_orm() == "greenlets" and obstacle() is None


def obstacle() -> str | None:
    """What keeps async ORM calls from running in greenlets, None if nothing does."""
    if find_spec("greenlet") is None:
        return "greenlet is not installed"
    if not connections.settings:
        return "there is no database"
    for alias in connections.settings:
        if (reason := _obstacle_of(connections[alias])) is not None:
            return f'DATABASES["{alias}"] {reason}'
    return None


def _obstacle_of(connection: BaseDatabaseWrapper) -> str | None:
    # Of a class of ours, which a session has, the module is that of Django's.
    if type(connection).__module__ not in _BACKENDS:
        return "is not of Django's own backend for PostgreSQL"
    if getattr(getattr(connection, "Database", None), "__version__", "").partition(".")[0] != "3":
        return "uses psycopg2, which cannot wait without blocking"
    if connection.settings_dict["OPTIONS"].get("pool"):
        return 'has OPTIONS["pool"], whose connections are made by Django\'s pool'
    return None
