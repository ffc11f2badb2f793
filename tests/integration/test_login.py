"""Logins of the door, a project with django-axes, over the network; two servers share its database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Served, manage, serving

DOOR = Path(__file__).resolve().parents[1] / "door"
GOOD = {"username": "ann", "password": "correct horse"}


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Served]]:
    """Two servers of one project with a user each for two tests."""
    path = str(tmp_path_factory.mktemp("door") / "door.sqlite3")
    manage(DOOR, "migrate", "--verbosity", "0", DOOR_DATABASE=path)
    make = "User.objects.create_user('{}', password='correct horse')"
    code = "; ".join(["from django.contrib.auth.models import User", make.format("ann"), make.format("bob")])
    manage(DOOR, "shell", "--command", code, DOOR_DATABASE=path)
    with serving(DOOR, DOOR_DATABASE=path) as one, serving(DOOR, DOOR_DATABASE=path) as other:
        yield one, other


def test_axes_locks_out(doors: tuple[Served, Served]) -> None:
    """After three wrong passwords the right one is refused as well, in every process, and others may log in."""
    with doors[0].client() as client, doors[1].client() as other:
        bad = {"username": "bob", "password": "wrong"}
        assert [client.post("/auth/login", json=bad).status_code for _ in range(3)] == [401] * 3
        assert client.post("/auth/login", json={**bad, "password": "correct horse"}).status_code == 401
        assert other.post("/auth/login", json={**bad, "password": "correct horse"}).status_code == 401
        assert other.post("/auth/login", json=GOOD).status_code == 200


def test_logout_is_seen_by_another_process(doors: tuple[Served, Served]) -> None:
    """Tokens that one process has ended are refused by the other, once its last answer about them is too old."""
    with doors[0].client() as client, doors[1].client() as other:
        assert client.post("/auth/login", json=GOOD).status_code == 200
        kept = {name: client.cookies[name] for name in ("access_token", "refresh_token", "csrf_token")}
        proof = {"X-CSRFToken": kept["csrf_token"]}
        assert client.post("/orders", headers=proof).status_code == 200
        assert client.post("/auth/logout", headers=proof).status_code == 200
        other.cookies.update(kept)
        assert other.get("/me").status_code == 401
        assert other.post("/auth/refresh", headers=proof).status_code == 401


def test_cookies_alone_change_nothing(doors: tuple[Served, Served]) -> None:
    """Without the token's claim in a header an order is refused before its body is read."""
    with doors[0].client() as client:
        assert client.post("/auth/login", json=GOOD).status_code == 200
        assert client.post("/orders").status_code == 403
        assert client.post("/orders", headers={"X-CSRFToken": "guess"}).status_code == 403
