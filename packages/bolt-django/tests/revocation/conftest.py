"""Stores of every kind, called from the test's own thread, where its database connection is."""

import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from bolt_django.revocation import DjangoCacheRevocation, DjangoORMRevocation
from bolt_django.tokens import moments
from django.core.cache import caches
from django.db import connections
from django.test import override_settings

REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
LOCMEM = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 1_000_000}}


class Twin:
    """The `async` or the `_sync` methods of a store, called alike."""

    def __init__(self, store: Any, is_async: bool) -> None:
        self.store = store
        self.is_async = is_async

    def __getattr__(self, name: str) -> Any:
        if self.is_async:
            return async_to_sync(getattr(self.store, name))
        return getattr(self.store, f"{name}_sync")


class Clock:
    """The time of a stores' tables, which goes on when it is told to."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    """Closes connections: tests that ask for the database by a store's name run among those without one."""
    yield
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """In place of the system's."""
    clock = Clock(moments.now())
    monkeypatch.setattr(moments, "now", clock)
    return clock


@pytest.fixture
def redis_cache() -> Iterator[dict[str, Any]]:
    """A cache of Django's in a real Redis, below a prefix of its own."""
    redis = pytest.importorskip("redis", reason="needs the package redis")
    client = redis.Redis.from_url(REDIS)
    try:
        client.ping()
    except redis.RedisError as error:
        pytest.skip(f"needs a Redis server at {REDIS}; REDIS_URL names another: {error}")
    prefix = f"test-{uuid.uuid4().hex}"
    yield {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS, "KEY_PREFIX": prefix}
    for key in client.scan_iter(f"{prefix}:*"):
        client.delete(key)
    client.close()


@pytest.fixture(params=["orm", "locmem", "redis"])
def made(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A store of each kind."""
    if request.param == "orm":
        request.getfixturevalue("db")
        yield DjangoORMRevocation()
        return
    cache = request.getfixturevalue("redis_cache") if request.param == "redis" else LOCMEM
    with override_settings(CACHES={"default": LOCMEM, "revoked": cache}):
        yield DjangoCacheRevocation("revoked")
        caches["revoked"].clear() if request.param == "locmem" else caches["revoked"].close()


@pytest.fixture(params=["async", "sync"])
def store(request: pytest.FixtureRequest, made: Any) -> Twin:
    """Both ways to call it."""
    return Twin(made, request.param == "async")
