"""Whether the ORM of `async def` handlers runs in greenlets or on threads, and why."""

from dataclasses import dataclass
from types import MethodType

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from bolt_django import conf

# Whose code may run on the loop's thread: other backends' may wait for what they like.
_BACKENDS = frozenset({"django.db.backends.postgresql.base", "django.contrib.gis.db.backends.postgis.base"})


def uses_greenlets() -> bool:
    """Whether a server that starts now runs async ORM calls in greenlets: wherever that can be, unless told not to."""
    return conf.async_orm() != "threads" and obstacle() is None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps async ORM calls from running in greenlets."""

    what: str
    remedy: str


def obstacle() -> Obstacle | None:
    """The first of what keeps async ORM calls from running in greenlets, None if nothing does."""
    if not connections.settings:
        return Obstacle("there is no database", "Configure DATABASES")
    for alias in connections.settings:
        if (found := _obstacle_of(connections[alias])) is not None:
            return Obstacle(f'DATABASES["{alias}"] {found.what}', found.remedy)
    if settings.DATABASE_ROUTERS and conf.async_orm() is None:
        # The project's code, called with every query, and nobody has said that it never blocks.
        return Obstacle(
            "DATABASE_ROUTERS would be asked on the event loop's thread",
            'If they never block, set BOLT["ASYNC_ORM"] to "greenlets"',
        )
    return None


def _obstacle_of(connection: BaseDatabaseWrapper) -> Obstacle | None:
    # Of a class of ours, which a session has, the module is that of Django's.
    if type(connection).__module__ not in _BACKENDS:
        return Obstacle(
            "is not of Django's own backend for PostgreSQL",
            "Let every database be of django.db.backends.postgresql",
        )
    if getattr(getattr(connection, "Database", None), "__version__", "").partition(".")[0] != "3":
        return Obstacle("uses psycopg2, which cannot wait without blocking", "Install psycopg 3 in its place")
    if type(connection.Database.connect) is not MethodType:  # type: ignore[attr-defined]
        return Obstacle(
            "is opened by a replacement of psycopg.connect, as instrumentation installs",
            "Let it instrument Django or psycopg's cursors instead",
        )
    if connection.settings_dict["OPTIONS"].get("pool"):
        return Obstacle(
            'has OPTIONS["pool"], whose connections are made by Django\'s pool',
            'Remove OPTIONS["pool"] and set CONN_MAX_AGE, which keeps connections open',
        )
    return None
