"""What one server process revokes, another sees: over SQLite, PostgreSQL, Redis, and Redis through Django's cache."""

import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from bolt_auth import SigningKey, create_token
from boltsite.settings import REDIS_URL, SECRET_KEY
from boltsite_tools.process import Served, connected, manage

type Serve = Callable[..., Served]


@pytest.fixture
def prefix() -> Iterator[str]:
    """Before keys in Redis, where there is one; they are gone after the test."""
    prefix = f"test-{uuid.uuid4().hex}:"
    yield prefix
    try:
        import redis
    except ImportError:
        return
    with redis.Redis.from_url(REDIS_URL) as client:
        try:
            for key in client.scan_iter(f"*{prefix}*"):
                client.delete(key)
        except redis.ConnectionError:
            return


@pytest.fixture(params=["orm-sqlite", "orm-postgres", "cache", "redis"])
def env(request: pytest.FixtureRequest, prefix: str) -> dict[str, str]:
    """The environment of processes that share a store."""
    kind, _, database = request.param.partition("-")
    found = {"TEST_REVOCATION": kind, "TEST_REVOCATION_PREFIX": prefix, "REDIS_URL": REDIS_URL}
    if kind != "orm":
        redis = pytest.importorskip("redis", reason="needs the package redis")
        with redis.Redis.from_url(REDIS_URL) as client:
            try:
                client.ping()
            except redis.RedisError as error:
                pytest.skip(f"needs a Redis server at {REDIS_URL}; REDIS_URL names another: {error}")
    return found | request.getfixturevalue("postgres" if database == "postgres" else "database")


@pytest.fixture
def pair(serve: Serve, env: dict[str, str]) -> tuple[Served, Served]:
    """Two processes, each with a memory of its own."""
    return serve("--workers", "2", env=env).wait_ready(), serve("--workers", "2", env=env).wait_ready()


def token(user: str) -> str:
    """A token of its own."""
    return create_token(user, SigningKey(SECRET_KEY), timedelta(minutes=5))


def get(served: Served, path: str, token: str) -> tuple[int, Any]:
    """Status and body of a reply to who has *token*."""
    with connected(served.port) as connection:
        connection.request("GET", f"/revoking{path}", headers={"Authorization": f"Bearer {token}"})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read() or b"null")


def test_tokens_end_in_every_process(pair: tuple[Served, Served], env: dict[str, str]) -> None:
    """One token by its handler, then all of its user; those of others stay good."""
    here, there = pair
    user = uuid.uuid4().hex
    first, second, third, other = token(user), token(user), token(user), token("other")
    for served in pair:
        assert get(served, "/me", first) == (200, user)
    assert get(here, "/out", first)[0] == 200
    assert [get(served, "/me", first)[0] for served in pair] == [401, 401]
    assert get(there, "/me", first)[1] == {"detail": "The token has been revoked"}

    if env["TEST_REVOCATION"] != "redis":
        assert get(there, "/sync/out", third)[0] == 200
        assert [get(served, "/me", third)[0] for served in pair] == [401, 401]

    assert [get(served, "/me", second)[0] for served in pair] == [200, 200]
    assert get(there, "/everywhere", second)[0] == 200
    assert [get(served, "/me", second)[0] for served in pair] == [401, 401]
    assert [get(served, "/me", other)[0] for served in pair] == [200, 200]


def test_a_command_ends_a_token(pair: tuple[Served, Served], env: dict[str, str]) -> None:
    """A process that serves nothing revokes for those that do."""
    user = uuid.uuid4().hex
    code = f"from boltsite.revoking.api import store; import asyncio; asyncio.run(store.revoke_all({user!r}))"
    mine = token(user)
    assert get(pair[0], "/me", mine)[0] == 200
    done = manage("shell", "-v0", "-c", code, env=env)
    assert done.returncode == 0, done.stderr
    assert [get(served, "/me", mine)[0] for served in pair] == [401, 401]


@pytest.mark.parametrize("path", ["/race/", "/sync/race/"])
def test_one_of_many_revokes(pair: tuple[Served, Served], env: dict[str, str], path: str) -> None:
    """Of requests at the same time, in two processes, one is told that the token was good."""
    if path == "/sync/race/" and env["TEST_REVOCATION"] == "redis":
        pytest.skip("RedisRevocation has no methods for def handlers")
    name = uuid.uuid4().hex
    with ThreadPoolExecutor(8) as clients:
        found = list(clients.map(lambda number: get(pair[number % 2], f"{path}{name}", ""), range(16)))

    assert [status for status, _ in found] == [200] * 16
    assert sum(fresh for _, fresh in found) == 1
