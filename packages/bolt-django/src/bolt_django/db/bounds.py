"""How many connections a process may open: the one place that says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

# psycopg_pool's own default of `min_size`, which is also its `max_size` where none is given.
_POOL_MIN_SIZE = 4


def most_connections(workers: int) -> int:
    """The most connections of one process to one database, with *workers* threads: `2 × workers`.

    One for each pool thread, and *workers* for async handlers and for streams that wait for their clients.
    """
    return 2 * workers


@dataclass(frozen=True, slots=True)
class Bound:
    """What the processes of one server may open to one database, and what Django's own pool for it allows."""

    alias: str
    processes: int
    per_process: int
    pool_size: int | None = None

    @property
    def needed(self) -> int:
        """Connections that all processes may use at once."""
        return self.processes * self.per_process

    @property
    def total(self) -> int:
        """Connections that all processes open at most."""
        # A pool opens its own, also before they are asked for.
        return self.processes * (self.per_process if self.pool_size is None else self.pool_size)


def bounds(processes: int, workers: int) -> list[Bound]:
    """The bound of every database in `DATABASES` that has a server."""
    return [
        Bound(alias, processes, most_connections(workers), django_pool_size(settings))
        for alias, settings in connections.settings.items()
        if settings["ENGINE"] not in ("django.db.backends.sqlite3", "django.db.backends.dummy")
    ]


def django_pool_size(settings: Mapping[str, Any]) -> int | None:
    """The most connections of Django's own pool, `None` without one (`OPTIONS["pool"]`)."""
    pool = settings.get("OPTIONS", {}).get("pool")
    if not pool:
        return None
    options = pool if isinstance(pool, dict) else {}
    least = options.get("min_size", _POOL_MIN_SIZE)
    return int(options.get("max_size") or least)


_LIMITS = {
    # What is kept back for superusers, and for roles with pg_use_reserved_connections (PostgreSQL 16).
    "postgresql": """
        SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
            - coalesce(current_setting('reserved_connections', true)::int, 0)
    """,
    "mysql": "SELECT @@max_connections",
}


def server_limit(connection: BaseDatabaseWrapper) -> int | None:
    """The connections that the server takes from users as ours; None where it has no such limit or we know none."""
    if (sql := _LIMITS.get(connection.vendor)) is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])
