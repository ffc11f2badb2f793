"""A PostgreSQL server of a test's own, which may be stopped and killed; its socket is its only address."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

# Debian keeps each version's programs in a folder of its own, off the path.
_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


class Cluster:
    """A server in a folder of its own."""

    def __init__(self, programs: Path, folder: Path, user: str | None) -> None:
        """Run as *user*, as PostgreSQL refuses to run as root; None is the user of the tests."""
        self._programs, self.folder, self._user = programs, folder, user

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, user=self._user, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stderr.decode()

    def create(self) -> None:
        """Make the server's files."""
        self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        settings = {"listen_addresses": "''", "unix_socket_directories": f"'{self.folder}'", "fsync": "off"}
        settings |= {"max_connections": "40", "logging_collector": "on", "log_directory": f"'{self.folder}'"}
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def start(self) -> None:
        """Return once it takes connections."""
        # With its output in a file: a pipe would be held open by the server.
        self._run("pg_ctl", "-D", "data", "-w", "-l", "start.log", "start")

    def stop(self) -> None:
        """Disconnect everybody and return once it is down."""
        self._run("pg_ctl", "-D", "data", "-w", "-m", "fast", "stop")

    def connect(self) -> psycopg.Connection:
        """A connection of the test's, under a name of its own."""
        return psycopg.connect(
            host=str(self.folder), user="postgres", dbname="postgres", autocommit=True, application_name="test"
        )

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """The rows of a query."""
        with contextlib.closing(self.connect()) as connection:
            return connection.execute(sql.encode()).fetchall()

    def activity(self, name: str) -> list[tuple[object, ...]]:
        """Process, state and query of each connection of the application *name*."""
        return self.ask(f"SELECT pid, state, query FROM pg_stat_activity WHERE application_name = '{name}'")


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Yield a server that runs; skips the test where PostgreSQL is not installed."""
    programs = next(iter(_FOLDERS), None)
    if programs is None:
        found = shutil.which("initdb")
        programs = Path(found).parent if found else None
    if programs is None:
        pytest.skip("PostgreSQL's initdb is not installed; get the server with the system's package manager")
    user = None
    if os.getuid() == 0:
        user = "postgres"
        try:
            pwd.getpwnam(user)
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    # Short, as a socket's path is limited; not pytest's own folder, which no other user may enter.
    folder = Path(tempfile.mkdtemp(prefix="bolt-pg-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        made = Cluster(programs, folder, user)
        made.create()
        made.start()
        try:
            yield made
        finally:
            with contextlib.suppress(AssertionError):
                made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
