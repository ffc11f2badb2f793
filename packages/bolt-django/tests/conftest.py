"""Shared fixtures: the test project, in this process and as a server."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "boltsite.settings"

import django

django.setup()

from bolt_django.project import Project, build  # noqa: E402
from boltsite_tools.inprocess import Client  # noqa: E402
from boltsite_tools.process import Served, manage  # noqa: E402

POSTGRES = "postgresql://postgres@127.0.0.1:5432/bolt_django_test"


@pytest.fixture(scope="session")
def project() -> Project:
    """The test project as one application."""
    return build()


@pytest.fixture
def client(project: Project) -> Iterator[Client]:
    """The test project, served on the test's own thread."""
    with Client(project) as client:
        yield client


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a migrated SQLite file with an administrator, `admin`, whose password is `secret`."""
    folder = tmp_path_factory.mktemp("database")
    env = {"TEST_DATABASE": str(folder / "site.sqlite3"), "TEST_MEDIA": str(folder / "media")}
    fill(env)
    return env


def fill(env: dict[str, str]) -> None:
    """Migrate a database and put the administrator and two products into it."""
    done = manage("migrate", "-v0", env=env)
    assert done.returncode == 0, done.stderr
    password = {"DJANGO_SUPERUSER_PASSWORD": "secret"}
    done = manage("createsuperuser", "--noinput", "--username=admin", "--email=a@b.test", env=env | password)
    assert done.returncode == 0, done.stderr
    script = "from boltsite.shop.models import Product as P; P.objects.create(name='axe'); P.objects.create(name='bow')"
    done = manage("shell", "-v0", "-c", script, env=env)
    assert done.returncode == 0, done.stderr


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
