"""Users of requests on PostgreSQL, under a real server, with the ORM of async handlers on threads and in greenlets."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from bolt_auth import SigningKey, create_token
from boltsite.settings import SECRET_KEY
from boltsite_tools.process import Served, connected, manage

type Serve = Callable[..., Served]

PATHS = ["/people/sync", "/people/async", "/people/awaited"]
WHOLE = {"name": "admin"}


@pytest.fixture
def served(serve: Serve, postgres: dict[str, str]) -> Served:
    """A worker on PostgreSQL."""
    return serve("--workers", "1", env=postgres).wait_ready()


def key_of(name: str, env: dict[str, str]) -> str:
    """The primary key of a user, who is made if need be."""
    code = f"from django.contrib.auth.models import User; print(User.objects.get_or_create(username={name!r})[0].pk)"
    found = re.search(r"\d+$", manage("shell", "-v0", "-c", code, env=env).stdout.strip())
    assert found is not None
    return found[0]


def get(served: Served, path: str, user: str) -> tuple[int, str]:
    """Status and body of a reply to *user*, the text of a primary key."""
    token = create_token(user, SigningKey(SECRET_KEY), timedelta(minutes=5))
    with connected(served.port) as connection:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        reply = connection.getresponse()
        return reply.status, reply.read().decode()


def test_every_kind_of_handler(served: Served, postgres: dict[str, str]) -> None:
    """Many at a time; a key that nobody has is 401."""
    user = key_of("admin", postgres)
    with ThreadPoolExecutor(8) as clients:
        for status, body in clients.map(lambda path: get(served, path, user), PATHS * 10):
            assert (status, json.loads(body)) == (200, WHOLE)
    assert get(served, "/people/stream", user) == (200, "name=admin")
    for path in PATHS:
        assert get(served, path, "2000000000")[0] == 401
        assert get(served, path, "9" * 30)[0] == 401
        assert get(served, path, "1\0")[0] == 401


def test_an_unforeseen_read_is_on_the_requests_connection(served: Served, postgres: dict[str, str]) -> None:
    """It sees what the request has not committed; it is told once, and other requests go on."""
    user = key_of("admin", postgres)
    # One at a time, as each updates the same row.
    for _ in range(3):
        assert json.loads(get(served, "/people/unforeseen", user)[1]) == {"seen": "uncommitted", "kept": ""}
    with ThreadPoolExecutor(8) as clients:
        paths = ["/people/helped", *PATHS] * 10
        for status, body in clients.map(lambda path: get(served, path, user), paths):
            assert (status, json.loads(body)) == (200, WHOLE)
    served.wait_for_line(r"people\.api\.helped\(\): request\.user")
    assert sum("people.api.unforeseen(): request.user" in line for line in served._lines) == 1
