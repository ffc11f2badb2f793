"""Revoked tokens in a cache: which caches there may be, and what stands in them."""

import subprocess
import sys
import time
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from bolt_django.revocation import DjangoCacheRevocation
from boltsite_tools.process import SITE, environment
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

DUMMY = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
MEMORY = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}


@override_settings(CACHES={"default": MEMORY, "none": DUMMY})
def test_the_dummy_cache_is_refused() -> None:
    """It keeps nothing, and says so where the store is made."""
    with pytest.raises(ImproperlyConfigured, match=r"CACHES\['none'\] is the dummy cache.*Redis"):
        DjangoCacheRevocation("none")


@override_settings(CACHES={"default": MEMORY})
def test_a_cache_that_becomes_the_dummy_one() -> None:
    """It is refused with the first use, too."""
    store = DjangoCacheRevocation()
    with override_settings(CACHES={"default": DUMMY}):
        with pytest.raises(ImproperlyConfigured, match="dummy"):
            store.revoke_sync("a")
        with pytest.raises(ImproperlyConfigured, match="dummy"):
            async_to_sync(store.is_revoked)("a")


def test_an_alias_that_is_not_there() -> None:
    """The error names it and CACHES."""
    with pytest.raises(ImproperlyConfigured, match=r"DjangoCacheRevocation\('sessions'\).*CACHES"):
        DjangoCacheRevocation("sessions")


def test_made_in_settings() -> None:
    """Settings may hold a store: the cache is looked for when it is used."""
    code = "from bolt_django.revocation import DjangoCacheRevocation;print(DjangoCacheRevocation('later'))"
    env = environment()
    assert "DJANGO_SETTINGS_MODULE" not in env
    done = subprocess.run([sys.executable, "-c", code], cwd=SITE, env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "<DjangoCacheRevocation later>", done.stderr


def test_entries_end_with_their_token(redis_cache: dict[str, Any]) -> None:
    """Redis forgets a revocation a moment after the token's own expiry; one revoked again lasts for the longer time."""
    with override_settings(CACHES={"default": redis_cache}):
        store, now = DjangoCacheRevocation(prefix="gone:"), time.time()
        store.revoke_sync("a", expires_at=now + 100)
        store.revoke_sync("b", expires_at=now + 10)
        store.revoke_sync("b", expires_at=now + 100)
        store.revoke_sync("b", expires_at=now + 1)
        store.revoke_sync("c", expires_at=now - 100)
        store.revoke_sync("d")
        cache: Any = caches["default"]
        client = cache._cache.get_client()

        def left(name: str) -> int:
            return int(client.ttl(cache.make_and_validate_key(store._key("token", name))))

        assert 99 <= left("a") <= 102
        assert 99 <= left("b") <= 102
        assert left("c") in (1, 2)
        assert left("d") > 360 * 86400
        assert all(
            key.split(b":", 2)[2].startswith(b"gone:token:") for key in client.keys(f"{redis_cache['KEY_PREFIX']}*")
        )
        cache.close()


def test_prefixes_are_apart() -> None:
    """Stores with different prefixes know nothing of each other."""
    with override_settings(CACHES={"default": MEMORY | {"LOCATION": "apart"}}):
        DjangoCacheRevocation(prefix="one:").revoke_sync("a")
        assert not DjangoCacheRevocation(prefix="two:").is_revoked_sync("a")
        caches["default"].clear()
