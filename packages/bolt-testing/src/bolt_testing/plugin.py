"""pytest's plugin, loaded by its entry point: clients of the application under test as fixtures.

Every run of pytest loads it, also those that test no API: what a fixture needs is imported when the fixture is used.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bolt_core.live import LiveServer

    from bolt_testing.async_client import AsyncTestClient
    from bolt_testing.client import TestClient

# The fixtures by which pytest-django opens the database to a test; a startup hook may want it, too.
_DATABASES = ("transactional_db", "db")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting `bolt_api`."""
    parser.addini("bolt_api", "the application that api_client and async_api_client test: 'package.module:name'")


@pytest.fixture(scope="session")
def bolt_api(pytestconfig: pytest.Config) -> Any:
    """The application under test; define a fixture of this name to test another.

    It is what the setting `bolt_api` names, else what an installed integration finds: with bolt-django, the project
    as runbolt would serve it, Django's own URLs included.
    """
    if path := str(pytestconfig.getini("bolt_api") or ""):
        return _imported(path)
    from bolt_core.preparation import find_application

    if (app := find_application()) is not None:
        return app
    raise pytest.UsageError(
        "no application to test: set bolt_api = 'package.module:name' in pytest's configuration, or define a fixture "
        "bolt_api that returns a BoltAPI"
    )


@pytest.fixture
def api_client(request: pytest.FixtureRequest, bolt_api: Any) -> Iterator[TestClient]:
    """A `TestClient` of the fixture `bolt_api`, started before the test and stopped after it."""
    from bolt_testing.client import TestClient

    _open_database_first(request)
    with TestClient(bolt_api) as client:
        yield client


@pytest.fixture
def async_api_client(request: pytest.FixtureRequest, bolt_api: Any) -> Iterator[AsyncTestClient]:
    """An `AsyncTestClient` of the fixture `bolt_api`, for asynchronous tests of any pytest plugin."""
    from bolt_testing.async_client import AsyncTestClient

    _open_database_first(request)
    # Not `async with`: that would need a fixture of pytest-asyncio's or of anyio's, and leave the others out.
    client = AsyncTestClient(bolt_api)
    client.start()
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def bolt_live_server(request: pytest.FixtureRequest, bolt_api: Any) -> Iterator[LiveServer]:
    """A `LiveServer` of the fixture `bolt_api`: a real socket on a free port, at its `url`.

    With pytest-django it brings `transactional_db`, as its handlers see committed data alone.
    """
    from bolt_core.live import LiveServer

    from bolt_testing.options import frozen

    _open_database_first(request)
    with LiveServer(frozen(bolt_api, "bolt_live_server")) as server:
        yield server


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let tests with a live server commit: before pytest-django sorts them, and opens the database."""
    if not config.pluginmanager.has_plugin("django"):
        return
    for item in items:
        names: list[str] = getattr(item, "fixturenames", [])
        if "bolt_live_server" in names and "transactional_db" not in names:
            names.insert(0, "transactional_db")


def _open_database_first(request: pytest.FixtureRequest) -> None:
    for name in _DATABASES:
        if name in request.fixturenames:
            request.getfixturevalue(name)


def _imported(path: str) -> Any:
    module, colon, name = path.partition(":")
    if not colon or not module or not name:
        raise pytest.UsageError(f"bolt_api = {path!r} is no path to an application; write 'package.module:name'")
    try:
        found: Any = importlib.import_module(module)
        for attribute in name.split("."):
            found = getattr(found, attribute)
    except (ImportError, AttributeError) as error:
        raise pytest.UsageError(f"bolt_api = {path!r} cannot be imported: {error}") from error
    return found
