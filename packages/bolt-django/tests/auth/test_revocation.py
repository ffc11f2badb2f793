"""Stores of revoked tokens that Django keeps: the cache and the database."""

import asyncio
import os
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from bolt_auth import IsAuthenticated, RevocationStore
from bolt_core import BoltAPI
from bolt_django.auth import JWTAuthentication
from bolt_django.auth.jwt_utils import create_jwt_for_user
from bolt_django.auth.revocation import DjangoCacheRevocation, DjangoORMRevocation
from bolt_django.auth.revocation.orm import stored
from bolt_django.tokens.models import RevokedToken, RevokedUser
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import modify_settings, override_settings
from django.utils import timezone

REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
LOCAL = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "revocation"}}


def redis_settings() -> dict[str, dict[str, str]]:
    """Django's cache in a real Redis."""
    redis = pytest.importorskip("redis", reason="the package redis is not installed")
    try:
        redis.Redis.from_url(REDIS).ping()
    except redis.RedisError:
        pytest.skip(f"no Redis answers at {REDIS}; start one, or set REDIS_URL")
    return {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS}}


@pytest.fixture(params=["local", "redis", "orm"])
def store(request, db):
    """Each store, empty."""
    if request.param == "orm":
        yield DjangoORMRevocation()
        return
    with override_settings(CACHES=LOCAL if request.param == "local" else redis_settings()):
        yield DjangoCacheRevocation(prefix=f"test:{uuid.uuid4().hex}:")


def run(coroutine):
    """On a loop of its own; the ORM's calls come back to this thread."""

    async def awaited():
        return await coroutine

    return async_to_sync(awaited)()


def test_one_token(store):
    """A token is good until it is revoked; the first who revokes it is told that it was good."""
    assert isinstance(store, RevocationStore)
    assert not run(store.is_revoked("a"))
    assert run(store.revoke("a")) is True
    assert run(store.revoke("a")) is False
    assert run(store.is_revoked("a"))
    assert not run(store.is_revoked("b"))
    assert not run(store.is_revoked(None))


def test_all_of_a_user(store):
    """Tokens issued up to now are revoked with their user, later ones and those of others are not."""
    now = time.time()
    run(store.revoke_all("7"))
    run(store.revoke_all("7"))

    assert run(store.is_revoked("a", user_id="7", issued_at=now - 10))
    assert run(store.is_revoked("a", user_id="7", issued_at=int(now)))
    assert run(store.is_revoked("a", user_id="7"))
    assert not run(store.is_revoked("a", user_id="7", issued_at=now + 10))
    assert not run(store.is_revoked("a", user_id="8", issued_at=now - 10))


@pytest.mark.parametrize("name", ["x" * 1000, "a b", "a\0b", "ä" * 200, "\udc80"])
def test_names_of_any_kind(store, name):
    """Names that keys of caches and columns of databases do not take are revoked like any other."""
    run(store.revoke(name))
    run(store.revoke_all(name))

    assert run(store.is_revoked(name))
    assert run(store.is_revoked("other", user_id=name))
    assert not run(store.is_revoked(name + "x"))


@pytest.mark.parametrize("jti", ["", None, 7])
def test_token_without_a_name(store, jti):
    """Revoking what has no `jti` is an error, not a revocation of nothing."""
    with pytest.raises(ValueError, match="jti"):
        run(store.revoke(jti))


def test_announcements(store):
    """What is revoked is announced, for the cache of answers in front."""
    heard = []
    store.subscribe(lambda kind, name, before, until: heard.append((kind, name)))
    run(store.revoke("a"))
    run(store.revoke_all("7"))

    assert heard == [("token", "a"), ("user", "7")]


def test_stored_names():
    """Short printable names are kept as they are, so that people can read the table."""
    assert stored("abc-1") == "abc-1"
    assert stored("x" * 256).startswith("sha256:")


def test_expired_rows_count_no_more(db):
    """A row counts until its token has expired; revoked again it is new."""
    store = DjangoORMRevocation()
    store.revoke_sync("a", expires_at=time.time() - 5)
    assert not store.is_revoked_sync("a")
    assert store.revoke_sync("a", expires_at=time.time() + 60) is True
    assert store.is_revoked_sync("a")
    assert store.revoke_sync("a", expires_at=time.time() + 90) is False
    store.revoke_sync("far", expires_at=1e300)
    assert store.is_revoked_sync("far")


def test_cleaning_up(db, capsys):
    """`clearrevokedtokens` removes what has expired, in batches, and nothing else."""
    store, past = DjangoORMRevocation(), time.time() - 60
    for number in range(25):
        store.revoke_sync(f"old{number}", expires_at=past)
    store.revoke_all_sync("7", expires_at=past)
    store.revoke_sync("new")
    call_command("clearrevokedtokens", dry_run=True)
    assert RevokedToken.objects.count() == 26
    call_command("clearrevokedtokens", batch=10)

    assert [row.jti for row in RevokedToken.objects.all()] == ["new"]
    assert not RevokedUser.objects.exists()
    assert "revoked tokens: 25 would be removed" in capsys.readouterr().out
    with pytest.raises(CommandError, match="1 or more"):
        call_command("clearrevokedtokens", batch=0)


def test_dummy_cache_is_refused():
    """A cache that keeps nothing would let everything pass."""
    dummy = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    with override_settings(CACHES=dummy), pytest.raises(ImproperlyConfigured, match="dummy cache"):
        run(DjangoCacheRevocation().revoke("a"))


def test_missing_application():
    """Without the tables the error says what to install."""
    without = modify_settings(INSTALLED_APPS={"remove": "bolt_django.tokens"})
    with without, pytest.raises(ImproperlyConfigured, match=r"'bolt_django.tokens' in INSTALLED_APPS"):
        DjangoORMRevocation().revoke_sync("a")


def test_logout(serve, ann, store):
    """A token that a handler revokes is refused by the next request, whatever was cached of it."""
    api = BoltAPI(auth=[JWTAuthentication(revocation_store=store, staleness=60)], guards=[IsAuthenticated()])

    @api.get("/me")
    async def me(request):
        return request.auth["user_id"]

    @api.post("/logout")
    async def logout(request):
        await store.revoke(request.auth["jti"])
        return {"message": "Logged out"}

    browser, headers = serve(api), {"Authorization": f"Bearer {create_jwt_for_user(ann)}"}
    assert [browser.get("/me", headers).status for _ in range(3)] == [200] * 3
    assert browser.post("/logout", headers=headers).json() == {"message": "Logged out"}
    assert browser.get("/me", headers).json() == {"detail": "The token has been revoked"}
    other = {"Authorization": f"Bearer {create_jwt_for_user(ann)}"}
    assert browser.get("/me", other).status == 200


@pytest.mark.django_db(transaction=True)
def test_many_revoke_one_token_on_postgresql(postgres):
    """Of many processes' threads that revoke one token at once, one is told that it was good."""
    code = """
import threading, django
django.setup()
from bolt_django.auth.revocation import DjangoORMRevocation
from django.db import connection
store, barrier, told = DjangoORMRevocation(), threading.Barrier(8), []
def revoke():
    barrier.wait()
    told.append(store.revoke_sync("a"))
    connection.close()
threads = [threading.Thread(target=revoke) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(sum(told), len(told))
"""
    assert elsewhere(code, postgres).split() == ["1", "8"]


def elsewhere(code: str, environment: dict[str, str]) -> str:
    """What *code* prints in a process of its own, with the test project's settings."""
    site = Path(__file__).parents[1]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "boltsite.settings", "PYTHONPATH": str(site), **environment}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, cwd=site)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_other_processes_see_it_in_the_database(database):
    """What one process revokes, another refuses."""
    make = "import django; django.setup(); from bolt_django.auth.revocation import *; store = DjangoORMRevocation(); "
    name = uuid.uuid4().hex
    assert elsewhere(make + f"print(store.is_revoked_sync({name!r}))", database).strip() == "False"
    elsewhere(make + f"store.revoke_sync({name!r})", database)
    assert elsewhere(make + f"print(store.is_revoked_sync({name!r}))", database).strip() == "True"


def test_other_processes_see_it_in_a_shared_cache(database):
    """The same over Django's cache in Redis."""
    caches_setting, prefix = redis_settings(), f"test:{uuid.uuid4().hex}:"
    code = f"""
import asyncio, django
from django.conf import settings
django.setup()
settings.CACHES = {caches_setting!r}
from bolt_django.auth.revocation import DjangoCacheRevocation
store = DjangoCacheRevocation(prefix={prefix!r})
"""
    elsewhere(code + "asyncio.run(store.revoke('a'))", database)
    assert elsewhere(code + "print(asyncio.run(store.is_revoked('a')))", database).strip() == "True"
    with override_settings(CACHES=caches_setting):
        assert run(DjangoCacheRevocation(prefix=prefix).is_revoked("a"))
        assert not run(DjangoCacheRevocation(prefix=prefix).is_revoked("b"))


def test_threads_of_a_cache():
    """Of many threads that revoke one token in a cache, one is told that it was good."""
    with override_settings(CACHES=LOCAL):
        caches["default"].clear()
        store, barrier, told = DjangoCacheRevocation(), threading.Barrier(8), []

        def revoke():
            barrier.wait()
            told.append(asyncio.run(store.revoke("a")))

        threads = [threading.Thread(target=revoke) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(told) == 1


def test_times_are_the_projects(db):
    """Rows hold times as USE_TZ has them."""
    DjangoORMRevocation().revoke_sync("a")
    assert timezone.is_aware(RevokedToken.objects.get().expires_at)
    with override_settings(USE_TZ=False):
        DjangoORMRevocation().revoke_sync("b")
        assert DjangoORMRevocation().is_revoked_sync("b")
