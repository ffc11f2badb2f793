"""Shared fixtures: the test project, in this process and as a server."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "boltsite.settings"

import django

django.setup()

from bolt_django.project import Project, build  # noqa: E402
from boltsite.library.models import Author, Book, Country, Publisher, Tag  # noqa: E402
from boltsite_tools.inprocess import Client  # noqa: E402
from boltsite_tools.process import SITE, Served, manage  # noqa: E402
from django.db import connections  # noqa: E402


def pytest_runtest_logfinish() -> None:
    """Let go of a connection that a test has left closed inside its transaction: it is of no use to the next."""
    for connection in connections.all(initialized_only=True):
        if connection.closed_in_transaction:
            del connections[connection.alias]


@pytest.fixture(scope="session")
def project() -> Project:
    """The test project as one application."""
    return build()


@pytest.fixture
def client(project: Project) -> Iterator[Client]:
    """The test project, served on the test's own thread."""
    with Client(project) as client:
        yield client


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A copy of the test project to change."""
    shutil.copytree(SITE / "boltsite", tmp_path / "boltsite", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(SITE / "manage.py", tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a migrated SQLite file with an administrator, `admin`, whose password is `secret`."""
    folder = tmp_path_factory.mktemp("database")
    env = {"TEST_DATABASE": str(folder / "site.sqlite3"), "TEST_MEDIA": str(folder / "media")}
    fill(env)
    return env


def fill(env: dict[str, str]) -> None:
    """Migrate a database and put the administrator and two products into it; in one process, as each start is slow."""
    done = manage("shell", "-v0", "-c", _FILL, env=env)
    assert done.returncode == 0, done.stderr


_FILL = """
from django.contrib.auth.models import User
from django.core.management import call_command
from boltsite.shop.models import Product

call_command("migrate", verbosity=0)
User.objects.create_superuser("admin", password="secret")
Product.objects.create(name="axe")
Product.objects.create(name="bow")
"""


@pytest.fixture(scope="session", params=["threads", "greenlets"])
def postgres(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """As `database`, on a PostgreSQL server: that of BOLT_TEST_POSTGRES, by default the local one.

    Once with the ORM of async handlers on threads, and once in greenlets.
    """
    psycopg = pytest.importorskip("psycopg", reason="needs psycopg, the extra bolt-django[postgresql]")
    server = os.environ.get("BOLT_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
    name = f"bolt_django_{os.getpid()}"
    try:
        admin = psycopg.connect(f"{server}/postgres", autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        pytest.skip(f"needs a PostgreSQL server at {server}; BOLT_TEST_POSTGRES names another: {error}")
    with admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            env = {"DATABASE_URL": f"{server}/{name}", "TEST_MEDIA": str(tmp_path_factory.mktemp("media"))}
            env["TEST_ASYNC_ORM"] = request.param
            fill(env)
            yield env
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def author(db: None) -> Author:
    """An author with a publisher."""
    country = Country.objects.create(code="de", name="Germany")
    publisher = Publisher.objects.create(name="Good Books", country=country)
    return Author.objects.create(name="Ann Bee", email="ann@example.org", publisher=publisher)


@pytest.fixture
def book(author: Author) -> Book:
    """Her book, with two tags; read anew, so that no relation is loaded."""
    book = Book.objects.create(title="First", author=author, price="9.50", published="2026-01-02", details={"a": [1]})
    book.tags.set([Tag.objects.create(name="one"), Tag.objects.create(name="two")])
    return Book.objects.get()


@pytest.fixture
def serve(database: dict[str, str]) -> Iterator[Callable[..., Served]]:
    """Starts servers on free ports and ends them with the test."""
    running: list[Served] = []

    def start(*args: str, env: dict[str, str] | None = None, port: bool = True) -> Served:
        where = ("--port", "0") if port else ()
        running.append(Served(*where, *args, env=database | (env or {})))
        return running[-1]

    yield start
    for served in running:
        served.__exit__(None, None, None)
