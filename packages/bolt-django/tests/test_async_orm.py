"""Whether async ORM calls run in greenlets, and what keeps them from it."""

from types import SimpleNamespace
from typing import Any

import pytest
from bolt_django import async_orm
from bolt_django.checks.databases import check_async_orm
from django.db import connections
from django.test import override_settings

POSTGRES = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {}}


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets the project have one database alone, `default`."""
    pytest.importorskip("psycopg", reason="needs psycopg, the extra bolt-django[postgresql]")

    def have(**options: Any) -> None:
        settings = {"default": connections.settings["default"] | options}
        monkeypatch.setattr(connections, "settings", settings)
        made = {alias: connections.create_connection(alias) for alias in settings}
        monkeypatch.setattr(type(connections), "__getitem__", lambda self, alias: made[alias])

    return have


def test_greenlets_are_the_default(only: Any) -> None:
    """Wherever they can be used, unless threads are asked for."""
    only(**POSTGRES)

    assert async_orm.uses_greenlets()
    with override_settings(BOLT={"ASYNC_ORM": "greenlets"}):
        assert async_orm.uses_greenlets()
        assert check_async_orm(None) == []
    with override_settings(BOLT={"ASYNC_ORM": "threads"}):
        assert not async_orm.uses_greenlets()
        assert check_async_orm(None) == []


def test_routers_ask_for_a_word(only: Any) -> None:
    """They are the project's code and are called with every query: until they are said never to block, on threads."""
    only(**POSTGRES)

    with override_settings(DATABASE_ROUTERS=["boltsite.fibers.routers.TagsElsewhere"]):
        assert not async_orm.uses_greenlets()
        with override_settings(BOLT={"ASYNC_ORM": "greenlets"}):
            assert async_orm.uses_greenlets()


def test_a_replaced_connect(only: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goes on being called, as instrumentation hangs on it: connections of ours would pass it by."""
    only(**POSTGRES)
    usual = connections["default"].Database.connect  # type: ignore[attr-defined]
    monkeypatch.setattr(connections["default"].Database, "connect", lambda **options: usual(**options))  # type: ignore[attr-defined]

    assert "is opened by a replacement of psycopg.connect" in warned()[0]


def warned() -> tuple[str, str]:
    """The warning of one obstacle, and its hint."""
    with override_settings(BOLT={"ASYNC_ORM": "greenlets"}):
        assert not async_orm.uses_greenlets()
        (message,) = check_async_orm(None)
    assert message.id == "bolt.W053"
    # Nobody is told who has not asked.
    assert check_async_orm(None) == []
    return message.msg, str(message.hint)


@pytest.mark.parametrize(
    ("options", "what", "remedy"),
    [
        ({}, "is not of Django's own backend", "Let every database be of django.db.backends.postgresql"),
        (POSTGRES | {"OPTIONS": {"pool": True}}, 'has OPTIONS["pool"]', 'Remove OPTIONS["pool"]'),
    ],
)
def test_a_database_that_cannot(only: Any, options: dict[str, Any], what: str, remedy: str) -> None:
    """Is named, with what to change."""
    only(**options)

    told, hint = warned()

    assert f'DATABASES["default"] {what}' in told
    assert hint.startswith(remedy)


def test_psycopg_2(only: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks, so threads are used."""
    only(**POSTGRES)
    monkeypatch.setattr(connections["default"], "Database", SimpleNamespace(__version__="2.9.10 (dt dec pq3 ext)"))

    assert "psycopg2" in warned()[0]


def test_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to run."""
    monkeypatch.setattr(connections, "settings", {})

    assert "there is no database" in warned()[0]
