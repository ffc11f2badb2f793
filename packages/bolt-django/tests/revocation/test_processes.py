"""What one server process revokes, another sees: over SQLite, PostgreSQL, Redis, and Redis through Django's cache."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from bolt_auth import SigningKey, create_token
from boltsite.settings import REDIS_URL, SECRET_KEY
from boltsite_tools.process import Served, connected

type Pair = tuple[Served, Served]


@contextmanager
def started(kind: str, env: dict[str, str]) -> Iterator[Pair]:
    """Two processes with a store of that kind, each with a memory of its own; keys in Redis are gone afterwards."""
    prefix = f"test-{uuid.uuid4().hex}:"
    env = env | {"TEST_REVOCATION": kind, "TEST_REVOCATION_PREFIX": prefix, "REDIS_URL": REDIS_URL}
    with ExitStack() as stack:
        if kind != "orm":
            stack.enter_context(redis_without(prefix))
        here, there = (stack.enter_context(Served("--port", "0", "--workers", "2", env=env)) for _ in range(2))
        yield here.wait_ready(), there.wait_ready()


@contextmanager
def redis_without(prefix: str) -> Iterator[None]:
    """Skips where there is no Redis; deletes keys with *prefix* in the end."""
    redis = pytest.importorskip("redis", reason="needs the package redis")
    with redis.Redis.from_url(REDIS_URL) as client:
        try:
            client.ping()
        except redis.RedisError as error:
            pytest.skip(f"needs a Redis server at {REDIS_URL}; REDIS_URL names another: {error}")
        yield
        for key in client.scan_iter(f"*{prefix}*"):
            client.delete(key)


@pytest.fixture(scope="module", params=["orm", "cache", "redis"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which store."""
    return str(request.param)


@pytest.fixture(scope="module")
def pair(kind: str, database: dict[str, str]) -> Iterator[Pair]:
    """Two processes, with one SQLite file."""
    with started(kind, database) as pair:
        yield pair


def token(user: str) -> str:
    """A token of its own."""
    return create_token(user, SigningKey(SECRET_KEY), timedelta(minutes=5))


def get(served: Served, path: str, token: str) -> tuple[int, Any]:
    """Status and body of a reply to who has *token*."""
    with connected(served.port) as connection:
        connection.request("GET", f"/revoking{path}", headers={"Authorization": f"Bearer {token}"})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read() or b"null")


def test_tokens_end_in_every_process(pair: Pair) -> None:
    """One token by its handler, then all of its user; those of others stay good."""
    here, there = pair
    user = uuid.uuid4().hex
    first, second, other = token(user), token(user), token("other")
    for served in pair:
        assert get(served, "/me", first) == (200, {"user": user})
    assert get(here, "/out", first)[0] == 204
    assert [get(served, "/me", first)[0] for served in pair] == [401, 401]
    assert get(there, "/me", first)[1] == {"detail": "The token has been revoked"}

    assert [get(served, "/me", second)[0] for served in pair] == [200, 200]
    assert get(there, "/everywhere", second)[0] == 204
    assert [get(served, "/me", second)[0] for served in pair] == [401, 401]
    assert [get(served, "/me", other)[0] for served in pair] == [200, 200]


def test_tokens_end_by_def_handlers(pair: Pair, kind: str) -> None:
    """Likewise."""
    if kind == "redis":
        pytest.skip("RedisRevocation has no methods for def handlers")
    mine = token("mine")
    assert get(pair[1], "/me", mine)[0] == 200
    assert get(pair[0], "/sync/out", mine)[0] == 204
    assert [get(served, "/me", mine)[0] for served in pair] == [401, 401]


@pytest.mark.parametrize("path", ["/race/", "/sync/race/"])
def test_one_of_many_revokes(pair: Pair, kind: str, path: str) -> None:
    """Of requests at the same time, in two processes, one is told that the token was good."""
    if path == "/sync/race/" and kind == "redis":
        pytest.skip("RedisRevocation has no methods for def handlers")
    name = uuid.uuid4().hex
    with ThreadPoolExecutor(8) as clients:
        found = list(clients.map(lambda number: get(pair[number % 2], f"{path}{name}", ""), range(16)))

    assert [status for status, _ in found] == [200] * 16
    assert sum(fresh for _, fresh in found) == 1


def test_the_same_on_postgresql(postgres: dict[str, str]) -> None:
    """With the ORM of async handlers on threads and in greenlets."""
    with started("orm", postgres) as pair:
        test_tokens_end_in_every_process(pair)
        test_tokens_end_by_def_handlers(pair, "orm")
        for path in ("/race/", "/sync/race/"):
            test_one_of_many_revokes(pair, "orm", path)
