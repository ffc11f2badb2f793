"""How many connections there may be: the formula, the banner, the system checks."""

import contextlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from bolt_core.config import ServerConfig
from bolt_django import db
from bolt_django.server.banner import banner
from django.core import checks
from django.db import DatabaseError, connections
from django.test import override_settings


@pytest.fixture
def databases(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings of databases that have a server, beside the tests' own."""
    settings = connections.settings

    def add(alias: str, **more: Any) -> None:
        base = settings["default"] | {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 0, "OPTIONS": {}}
        monkeypatch.setitem(settings, alias, base | more)

    add("main")
    add("pooled", OPTIONS={"pool": {"max_size": 6}})
    return settings


def found(*tags: str, **options: Any) -> list[tuple[str | None, str]]:
    """What `manage.py check` says with three processes of four threads each."""
    with override_settings(BOLT={"PROCESSES": 3, "WORKERS": 4}):
        return [(message.id, message.msg) for message in checks.run_checks(tags=tags or None, **options)]


def test_the_formula(databases: dict[str, Any]) -> None:
    """Twice the threads for each process and database, or the size of Django's own pool; none for SQLite."""
    assert db.most_connections(4) == 8
    assert [(bound.alias, bound.needed, bound.total) for bound in db.bounds(3, 4)] == [
        ("main", 24, 24),
        ("pooled", 24, 18),
    ]


@pytest.mark.parametrize(("pool", "size"), [(True, 4), ({}, None), ({"min_size": 2}, 2), ({"max_size": 9}, 9)])
def test_the_size_of_a_pool(databases: dict[str, Any], pool: object, size: int | None) -> None:
    """That of psycopg_pool's options and defaults."""
    databases["pooled"]["OPTIONS"] = {"pool": pool}
    assert next(bound.pool_size for bound in db.bounds(1, 1) if bound.alias == "pooled") == size


def test_the_banner(databases: dict[str, Any]) -> None:
    """It names the sum for every database."""
    lines = banner([], 3, ServerConfig(pool_size=4), dev=False).splitlines()

    assert "Connections: at most 24 (3 × 2 × 4) to main" in lines
    assert "Connections: at most 18 (3 × the pool of 6) to pooled" in lines


def test_a_pool_that_is_too_small(databases: dict[str, Any]) -> None:
    """bolt.W052 names both numbers."""
    assert [message for message in found("bolt") if message[0] == "bolt.W052"] == [
        (
            "bolt.W052",
            'DATABASES["pooled"]: the pool has at most 6 connections, and a process may ask for 8 at once; who comes '
            "late waits for the pool's timeout and gets 503",
        )
    ]
    databases["pooled"]["OPTIONS"] = {"pool": {"max_size": 8}}
    assert found("bolt") == []


def test_a_pool_with_an_age(databases: dict[str, Any]) -> None:
    """bolt.E051, as Django would say with the first query."""
    databases["pooled"] |= {"OPTIONS": {"pool": {"max_size": 8}}, "CONN_MAX_AGE": 60}
    assert [check_id for check_id, _ in found("bolt")] == ["bolt.E051"]


@pytest.fixture
def limited(databases: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """A server that takes so many connections, or raises."""
    answer: list[Any] = []

    def limit(connection: object) -> int | None:
        if isinstance(answer[0], Exception):
            raise answer[0]
        return answer[0]

    monkeypatch.setattr("bolt_django.checks.databases.server_limit", limit)
    yield answer
    for alias in ("main", "pooled"):
        if hasattr(connections._connections, alias):  # type: ignore[attr-defined]
            del connections[alias]


@pytest.mark.parametrize(("answer", "ids"), [(23, ["bolt.W050"]), (24, []), (None, []), (DatabaseError(), [])])
def test_the_servers_limit(limited: list[Any], answer: object, ids: list[str]) -> None:
    """bolt.W050 where all processes may open more than the server takes."""
    limited.append(answer)
    assert [check_id for check_id, _ in found("database", databases=["main"]) if check_id == "bolt.W050"] == ids


def test_no_database_is_asked_unless_named(limited: list[Any]) -> None:
    """Without `--database` the check says nothing, and asks nothing."""
    limited.append(AssertionError("asked"))
    assert not any(check_id == "bolt.W050" for check_id, _ in found("bolt"))


def test_the_limit_of_postgresql(postgres: dict[str, str], databases: dict[str, Any], django_db_blocker: Any) -> None:
    """What max_connections leaves for users who are no superusers."""
    import psycopg
    from django.db.backends.postgresql.base import DatabaseWrapper

    url = urlsplit(postgres["DATABASE_URL"])
    where = {"NAME": url.path[1:], "USER": url.username, "HOST": url.hostname, "PORT": str(url.port)}
    with django_db_blocker.unblock(), contextlib.closing(DatabaseWrapper(databases["main"] | where, "main")) as made:
        limit = db.server_limit(made)
    with psycopg.connect(postgres["DATABASE_URL"]) as direct:
        row = direct.execute("SELECT setting::int FROM pg_settings WHERE name = 'max_connections'").fetchone()
    assert row is not None
    assert limit is not None
    assert 0 < limit < row[0]
