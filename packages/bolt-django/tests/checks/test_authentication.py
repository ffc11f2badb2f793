"""System checks of who may call."""

import pytest
from bolt_auth import InMemoryRevocation, RedisRevocation
from bolt_core import BoltAPI
from bolt_django.auth import JWTAuthentication
from bolt_django.checks import authentication
from django.test import override_settings


@pytest.fixture
def routes(monkeypatch):
    """Lets the checks see one route with these schemes, which its application names."""

    def show(*schemes):
        api = BoltAPI(auth=list(schemes))

        async def handler(): ...

        api.add_route("GET", "/x", handler)
        monkeypatch.setattr(authentication, "enclosed_plans", lambda: api.freeze().routes)

    return show


def ids(check):
    return [message.id for message in check(None)]


@pytest.mark.parametrize(
    ("secret", "options", "weak"),
    [("short", {}, True), ("x" * 32, {}, False), ("x" * 32, {"algorithms": ["HS512"]}, True), (None, {}, False)],
)
def test_weak_secrets(routes, secret, options, weak):
    """A secret shorter than its hash is a warning that names the route, and does not show the secret."""
    routes(JWTAuthentication(secret, **options))
    found = authentication.check_secrets(None)

    assert [message.id for message in found] == (["bolt.W060"] if weak else [])
    if weak:
        assert found[0].msg.startswith("GET /x of ")
        assert "short" not in found[0].msg


def test_a_short_project_key(routes):
    """SECRET_KEY is looked at where it signs tokens."""
    routes(JWTAuthentication())
    with override_settings(SECRET_KEY="short"):
        assert ids(authentication.check_secrets) == ["bolt.W060"]


@pytest.mark.parametrize(
    ("store", "processes", "warned"),
    [
        (InMemoryRevocation, 1, False),
        (InMemoryRevocation, 4, True),
        (lambda: RedisRevocation(object()), 4, False),
    ],
)
def test_stores_that_others_cannot_see(routes, store, processes, warned):
    """With several processes a store of one's own memory is a warning."""
    routes(JWTAuthentication(revocation_store=store()))
    with override_settings(BOLT={"PROCESSES": processes}):
        assert ids(authentication.check_memory) == (["bolt.W064"] if warned else [])


def test_nothing_to_say(routes):
    """Routes without schemes are no concern here."""
    routes()
    assert ids(authentication.check_secrets) + ids(authentication.check_memory) == []
