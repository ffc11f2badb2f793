"""A PostgreSQL database of the benchmark's own, and who is connected to it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql


class NoPostgres(Exception):
    """No server lets us in; the message says what to set."""


def host() -> str:
    """Where the server is, unless libpq's variable says otherwise."""
    return os.environ.get("PGHOST", "127.0.0.1")


def _connected() -> psycopg.Connection:
    try:
        # Port, user and password are libpq's own affair: PGPORT, PGUSER, PGPASSWORD.
        return psycopg.connect(host=host(), dbname="postgres", autocommit=True)
    except psycopg.OperationalError as error:
        raise NoPostgres(
            f"no PostgreSQL: {str(error).splitlines()[0]}; set PGHOST, PGPORT and PGUSER, or leave it out with "
            "--database sqlite"
        ) from error


@contextmanager
def database() -> Iterator[str]:
    """The name of an empty database that goes, with whatever is connected to it, at the end.

    Raises NoPostgres where none can be made.
    """
    name = sql.Identifier(f"bench_{os.getpid()}")
    with _connected() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield f"bench_{os.getpid()}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def connections(name: str) -> int:
    """How many are connected to the database *name*."""
    with _connected() as connection:
        row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name]).fetchone()
    return int(row[0]) if row else 0


def version() -> str:
    """The server's version, as it says it in short."""
    with _connected() as connection:
        return ".".join(map(str, divmod(connection.info.server_version, 10000)))
