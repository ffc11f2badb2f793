"""Revoked tokens and API keys on a real PostgreSQL, beside the default database."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

pytest.importorskip("psycopg", reason="needs psycopg, the extra bolt-django[postgresql]")

from asgiref.sync import async_to_sync
from bolt_auth.api_keys import digest
from bolt_django.api_keys import DjangoAPIKeys
from bolt_django.revocation import DjangoORMRevocation
from bolt_django.tokens.models import APIKey, RevokedToken, RevokedUser
from boltsite.settings import database_of
from django.core.management import call_command
from django.db import connections, transaction
from pytest_django import DjangoDbBlocker

ALIAS = "postgres"
THREADS = 8


@pytest.fixture(scope="module")
def server(postgres: dict[str, str], django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The server as a further database."""
    default = connections.databases["default"]
    connections.databases[ALIAS] = {**default, **database_of(postgres["DATABASE_URL"])}
    with django_db_blocker.unblock():
        yield
        connections[ALIAS].close()
    del connections[ALIAS]
    del connections.databases[ALIAS]


@pytest.fixture
def store(server: None, django_db_blocker: DjangoDbBlocker) -> Iterator[DjangoORMRevocation]:
    """On that server, empty."""
    with django_db_blocker.unblock():
        yield DjangoORMRevocation(using=ALIAS)
        for model in (RevokedToken, RevokedUser, APIKey):
            model._base_manager.using(ALIAS).all().delete()


def at_once(work: Callable[[], Any]) -> list[Any]:
    """What *work* returns in each of eight threads that begin together, each with a connection of its own."""
    barrier = threading.Barrier(THREADS)

    def run(number: int) -> Any:
        try:
            connections[ALIAS].ensure_connection()
            barrier.wait(30)
            return work()
        finally:
            connections[ALIAS].close()

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(run, range(THREADS)))


@pytest.mark.parametrize("within", ["nothing", "transaction"])
def test_one_of_eight_threads_revokes(store: DjangoORMRevocation, within: str, clock: Any) -> None:
    """One is told that the token was good: of a new one, and of one whose row is over; in transactions, too."""

    def revoke() -> bool:
        if within == "nothing":
            return store.revoke_sync("a", expires_at=clock.now + 60)
        with transaction.atomic(using=ALIAS):
            return store.revoke_sync("a", expires_at=clock.now + 60)

    for _ in range(3):
        assert sum(at_once(revoke)) == 1
        assert store.is_revoked_sync("a")
        clock.now += 61
        assert not store.is_revoked_sync("a")


def test_eight_threads_revoke_a_user(store: DjangoORMRevocation, clock: Any) -> None:
    """None of them fails, and there is one row."""
    assert at_once(lambda: store.revoke_all_sync("7", expires_at=clock.now + 60)) == [None] * THREADS
    assert RevokedUser.objects.using(ALIAS).count() == 1
    assert store.is_revoked_sync(None, user_id="7", issued_at=clock.now)


def test_a_transaction_that_goes_on(store: DjangoORMRevocation) -> None:
    """A token that was revoked before does not break the transaction in which it is again."""
    store.revoke_sync("a")
    with transaction.atomic(using=ALIAS):
        assert store.revoke_sync("a") is False
        store.revoke_all_sync("7")
        store.revoke_all_sync("7")
        assert store.is_revoked_sync("a", user_id="7", issued_at=1.0)


@pytest.mark.parametrize("name", ["x" * 10_000, "a\0b", "\ud800", "ünï ©ode"], ids=ascii)
def test_any_name(store: DjangoORMRevocation, name: str) -> None:
    """PostgreSQL refuses longer ones, NUL and surrogates; the store does not."""
    revoke, is_revoked = async_to_sync(store.revoke), async_to_sync(store.is_revoked)
    assert (revoke(name), revoke(name)) == (True, False)
    store.revoke_all_sync(name)
    assert is_revoked(name)
    assert is_revoked(None, user_id=name)


@pytest.mark.parametrize("end", [-5.0, 1e18, float("nan")])
def test_any_end(store: DjangoORMRevocation, end: float) -> None:
    """The column takes what is stored of it."""
    assert store.revoke_sync("a", expires_at=end)
    store.revoke_all_sync("7", expires_at=end)
    assert store.is_revoked_sync("a") is (end != -5.0)


def test_api_keys(store: DjangoORMRevocation) -> None:
    """Keys are made and found there, and eight threads that use one at once write its last use."""
    row, key = APIKey.objects.db_manager(ALIAS).create_key("a", scopes=["b"])
    assert row._state.db == ALIAS
    keys = DjangoAPIKeys(using=ALIAS)
    assert [record.scopes for record in at_once(lambda: keys.find_sync(digest(key)))] == [("b",)] * THREADS
    assert APIKey.objects.using(ALIAS).get().last_used_at is not None
    assert row.revoke() is True
    assert keys.find_sync(digest(key)) is None


def test_cleanup(store: DjangoORMRevocation, clock: Any, capsys: Any) -> None:
    """The command cleans the database that it is told."""
    store.revoke_sync("a", expires_at=clock.now - 60)
    store.revoke_sync("b", expires_at=clock.now + 60)
    call_command("bolt_tokens", "cleanup", "--database", ALIAS, "--batch", "1")
    assert capsys.readouterr().out.splitlines()[0] == "revoked tokens: 1 deleted"
    assert [token.jti for token in RevokedToken.objects.using(ALIAS).all()] == ["b"]
