"""What `manage.py check` says of applications, middleware and caches."""

from typing import Any

import pytest
from django.core import checks
from django.test import override_settings

MEMORY = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
AUTH = "django.contrib.auth.middleware.AuthenticationMiddleware"
BARE = ["django.contrib.contenttypes", "django.contrib.auth", "bolt_django", "boltsite.shop", "boltsite.library"]


def found(**settings: Any) -> list[tuple[str | None, str]]:
    """The findings with these settings, other than of routes and URLs."""
    with override_settings(**settings):
        messages = checks.run_checks(tags=["bolt"])
    return [(one.id, one.msg) for one in messages if one.id not in ("bolt.W010", "bolt.W011")]


def test_both_names_of_the_application() -> None:
    """bolt.W020."""
    pytest.importorskip("django_bolt", reason="needs the meta-package")
    ((check_id, message),) = found(INSTALLED_APPS=[*BARE, "django_bolt"], MIDDLEWARE=[])

    assert (check_id, "one application" in message) == ("bolt.W020", True)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"MIDDLEWARE": [SESSIONS]}, "MIDDLEWARE lists " + SESSIONS),
        ({"MIDDLEWARE": ["django.contrib.messages.middleware.MessageMiddleware"]}, "'django.contrib.messages'"),
    ],
)
def test_a_middleware_without_its_application(settings: dict[str, Any], says: str) -> None:
    """bolt.E021 names the middleware and what it needs."""
    ((check_id, message),) = found(INSTALLED_APPS=BARE, **settings)

    assert check_id == "bolt.E021"
    assert says in message


def test_middleware_that_has_what_it_needs() -> None:
    """Sessions that are stored elsewhere need no application."""
    assert found(INSTALLED_APPS=BARE, MIDDLEWARE=[AUTH]) == []
    engine = "django.contrib.sessions.backends.signed_cookies"
    assert found(INSTALLED_APPS=BARE, MIDDLEWARE=[SESSIONS], SESSION_ENGINE=engine) == []


def test_a_cache_in_memory_and_several_processes() -> None:
    """bolt.W022 for a cache that the project configures; not for one process, nor for the one that nobody asked for."""
    caches = {"default": MEMORY, "shared": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "c"}}
    ((check_id, message),) = found(CACHES=caches, BOLT={"PROCESSES": 3})

    assert (check_id, "CACHES['default']" in message, "3 processes" in message) == ("bolt.W022", True, True)
    assert found(CACHES=caches, BOLT={"PROCESSES": 1}) == []
    assert found(BOLT={"PROCESSES": 3}) == []


def test_sessions_in_such_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose their users from request to request; the environment counts as it does for runbolt."""
    monkeypatch.setenv("BOLT_PROCESSES", "2")
    ((check_id, message),) = found(SESSION_ENGINE="django.contrib.sessions.backends.cache")

    assert (check_id, "sessions included" in message) == ("bolt.W022", True)
