"""What `manage.py check` says of stores that routes use."""

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bolt_auth import APIKeyAuthentication, JWTAuthentication
from bolt_core import BoltAPI
from bolt_django.api_keys import DjangoAPIKeys
from bolt_django.revocation import CachedRevocation, DjangoCacheRevocation, DjangoORMRevocation, InMemoryRevocation
from django.core import checks
from django.test import modify_settings, override_settings

SECRET = "x" * 32
MANY = {"MAX_ENTRIES": 1_000_000}
LOCMEM = "django.core.cache.backends.locmem.LocMemCache"
DATABASE = "django.core.cache.backends.db.DatabaseCache"
FILES = "django.core.cache.backends.filebased.FileBasedCache"
DUMMY = "django.core.cache.backends.dummy.DummyCache"
type Find = Callable[..., list[tuple[str | None, str]]]


def jwt(store: Any) -> JWTAuthentication:
    """A scheme with a store."""
    return JWTAuthentication(SECRET, revocation_store=store)


@pytest.fixture
def find() -> Iterator[Find]:
    """What the checks say of a route with these schemes, of tokens alone."""

    def run(*schemes: Any, on_api: bool = False, **settings: Any) -> list[tuple[str | None, str]]:
        api = BoltAPI(auth=list(schemes) if on_api else None)

        @api.get("/it", auth=None if on_api else list(schemes))
        async def it() -> str:
            return ""

        @api.get("/that", auth=None if on_api else list(schemes))
        async def that() -> str:
            return ""

        module: Any = types.ModuleType("checked_tokens")
        module.api, module.urlpatterns = api, []
        sys.modules["checked_tokens"] = module
        with override_settings(BOLT_API=["checked_tokens:api"], ROOT_URLCONF="checked_tokens", **settings):
            found = checks.run_checks(tags=["bolt"])
        return [(one.id, one.msg) for one in found if str(one.id).startswith("bolt.") and "06" in str(one.id)]

    yield run
    sys.modules.pop("checked_tokens", None)


@pytest.mark.parametrize(
    ("scheme", "named"),
    [
        (lambda: jwt(DjangoORMRevocation()), "DjangoORMRevocation"),
        (lambda: jwt(CachedRevocation(DjangoORMRevocation(), staleness=1)), "DjangoORMRevocation"),
        (lambda: APIKeyAuthentication(store=DjangoAPIKeys()), "DjangoAPIKeys"),
    ],
)
@pytest.mark.parametrize("on_api", [False, True])
def test_tables_that_are_not_there(find: Find, scheme: Any, named: str, on_api: bool) -> None:
    """bolt.E060, once for each store, wherever the scheme is said; nothing where the application is installed."""
    made = scheme()
    with modify_settings(INSTALLED_APPS={"remove": "bolt_django.tokens"}):
        ((check_id, message),) = find(made, on_api=on_api)

    assert check_id == "bolt.E060"
    assert message.startswith("GET /it of ")
    assert named in message
    assert find(made, on_api=on_api) == []


def test_tables_that_nobody_needs(find: Find) -> None:
    """Other stores and schemes need no application."""
    with modify_settings(INSTALLED_APPS={"remove": "bolt_django.tokens"}):
        assert find(jwt(InMemoryRevocation()), jwt(None), APIKeyAuthentication({"k" * 40})) == []


@pytest.mark.parametrize(
    ("cache", "processes", "ids"),
    [
        ({"BACKEND": LOCMEM, "OPTIONS": MANY}, 1, []),
        ({"BACKEND": LOCMEM, "OPTIONS": MANY}, 3, ["bolt.W061"]),
        ({"BACKEND": LOCMEM}, 1, ["bolt.W062"]),
        ({"BACKEND": DATABASE, "LOCATION": "kept"}, 3, ["bolt.W062"]),
        ({"BACKEND": DATABASE, "LOCATION": "kept", "OPTIONS": MANY}, 3, []),
        ({"BACKEND": FILES, "LOCATION": "kept"}, 1, ["bolt.W062"]),
    ],
)
def test_caches(find: Find, cache: dict[str, Any], processes: int, ids: list[str]) -> None:
    """A cache in the memory of one of several processes, and one that forgets, are warnings."""
    caches = {"default": {"BACKEND": DATABASE, "LOCATION": "other"}, "revoked": cache}
    with override_settings(CACHES=caches):
        found = find(jwt(DjangoCacheRevocation("revoked")), CACHES=caches, BOLT={"PROCESSES": processes})

    assert [check_id for check_id, _ in found] == ids
    assert all("CACHES['revoked']" in message for _, message in found)


def test_the_dummy_cache(find: Find) -> None:
    """bolt.E063, for a store that was made before the settings were there."""
    store = DjangoCacheRevocation()
    ((check_id, message),) = find(jwt(store), CACHES={"default": {"BACKEND": DUMMY}})

    assert (check_id, "keeps nothing" in message) == ("bolt.E063", True)
