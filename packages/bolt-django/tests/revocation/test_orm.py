"""Revoked tokens in the database: rows, their time, and what stands in the way."""

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from bolt_auth import JWTAuthentication, SigningKey, create_token
from bolt_core import BoltAPI
from bolt_django.project import build
from bolt_django.revocation import DjangoORMRevocation, orm
from bolt_django.tokens import moments
from bolt_django.tokens.models import RevokedToken, RevokedUser
from boltsite_tools.inprocess import Client
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, transaction
from django.test import modify_settings, override_settings

SECRET = "x" * 32
type Counts = Callable[..., Any]


@pytest.fixture(params=["async", "sync"])
def revoke(request: pytest.FixtureRequest, db: None) -> Callable[..., bool]:
    """Either twin."""
    store = DjangoORMRevocation()
    return async_to_sync(store.revoke) if request.param == "async" else store.revoke_sync


def test_rows(revoke: Callable[..., bool], clock: Any) -> None:
    """A row has the token's own end, and a year where it says none."""
    revoke("a", expires_at=clock.now + 60)
    revoke("b")

    ends = {row.jti: moments.seconds(row.expires_at) - clock.now for row in RevokedToken.objects.all()}
    assert ends["a"] == pytest.approx(60, abs=0.001)
    assert ends["b"] == pytest.approx(365 * 86400, abs=5)


def test_a_row_whose_time_is_over(revoke: Callable[..., bool], clock: Any) -> None:
    """It counts no more, and revoked again the token counts as newly revoked, once."""
    assert revoke("a", expires_at=clock.now + 60)
    clock.now += 61
    assert not DjangoORMRevocation().is_revoked_sync("a")

    assert revoke("a", expires_at=clock.now + 60) is True
    assert revoke("a", expires_at=clock.now + 60) is False
    assert DjangoORMRevocation().is_revoked_sync("a")
    assert moments.seconds(RevokedToken.objects.get().revoked_at) == pytest.approx(clock.now, abs=0.001)


def test_a_longer_time(revoke: Callable[..., bool], clock: Any) -> None:
    """Revoked again a token is so for the longer of both times, and since the first."""
    revoke("a", expires_at=clock.now + 60)
    since = RevokedToken.objects.get().revoked_at
    assert revoke("a", expires_at=clock.now + 600) is False
    assert revoke("a", expires_at=clock.now + 6) is False

    row = RevokedToken.objects.get()
    assert moments.seconds(row.expires_at) == pytest.approx(clock.now + 600, abs=0.001)
    assert row.revoked_at == since


def test_a_row_that_is_deleted_meanwhile(db: None, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that the cleanup deletes between reading and writing it is written anew."""
    store, same = DjangoORMRevocation(), orm._same
    store.revoke_sync("a", expires_at=clock.now + 60)
    clock.now += 61

    def deleted(rows: Any, row: Any) -> Any:
        monkeypatch.setattr(orm, "_same", same)
        rows.all().delete()
        return same(rows, row)

    monkeypatch.setattr(orm, "_same", deleted)
    assert store.revoke_sync("a", expires_at=clock.now + 60) is True
    assert store.is_revoked_sync("a")


def test_a_row_that_others_change_meanwhile(revoke: Callable[..., bool], clock: Any, monkeypatch: Any) -> None:
    """Whoever comes late looks again."""
    revoke("a", expires_at=clock.now + 60)
    clock.now += 61
    same = orm._same

    def changed(rows: Any, row: Any) -> Any:
        monkeypatch.setattr(orm, "_same", same)
        return rows.none()

    monkeypatch.setattr(orm, "_same", changed)
    assert revoke("a", expires_at=clock.now + 60) is True
    assert RevokedToken.objects.count() == 1


def test_a_row_that_others_keep_changing(revoke: Callable[..., bool], clock: Any, monkeypatch: Any) -> None:
    """Whoever cannot write says so, in place of taking a token for revoked that is not."""
    revoke("a", expires_at=clock.now + 60)
    clock.now += 61
    monkeypatch.setattr("bolt_django.revocation.orm._same", lambda rows, row: rows.none())
    with pytest.raises(OperationalError, match="changed by others"):
        revoke("a", expires_at=clock.now + 60)


def test_a_user_row(db: None, clock: Any) -> None:
    """There is one row for each user, which only moves on."""
    store = DjangoORMRevocation()
    store.revoke_all_sync("7", expires_at=clock.now + 60)
    clock.now -= 30
    store.revoke_all_sync("7", expires_at=clock.now + 600)

    row = RevokedUser.objects.get()
    assert moments.seconds(row.before) == pytest.approx(clock.now + 30, abs=0.001)
    assert moments.seconds(row.expires_at) == pytest.approx(clock.now + 600, abs=0.001)
    clock.now += 601
    assert not store.is_revoked_sync(None, user_id="7", issued_at=1.0)


def test_one_query(db: None, django_assert_num_queries: Counts) -> None:
    """Token and user are asked for at once; revoking takes a look and an insert within a savepoint."""
    store = DjangoORMRevocation()
    with django_assert_num_queries(1):
        store.is_revoked_sync("a", user_id="7", issued_at=1.0)
    with django_assert_num_queries(0):
        store.is_revoked_sync(None)
    with django_assert_num_queries(4):
        store.revoke_sync("a")


def test_within_a_transaction(db: None) -> None:
    """A token revoked twice leaves the transaction usable; what is rolled back is not revoked."""
    store = DjangoORMRevocation()

    class Undone(Exception):
        pass

    def work() -> None:
        assert store.revoke_sync("a") is True
        assert store.revoke_sync("a") is False
        assert store.is_revoked_sync("a")
        raise Undone

    with pytest.raises(Undone), transaction.atomic():
        work()
    assert not store.is_revoked_sync("a")


@override_settings(USE_TZ=False, TIME_ZONE="Europe/Berlin")
def test_without_time_zones(db: None, clock: Any) -> None:
    """Where clocks are set back an hour, nothing that is revoked becomes good an hour early."""
    # In 2026-10-25 02:30 is twice in Berlin, first as summer time.
    first = datetime.datetime(2026, 10, 25, 0, 30, tzinfo=datetime.UTC).timestamp()
    clock.now = first
    store = DjangoORMRevocation()
    store.revoke_sync("a", expires_at=first + 3600)
    store.revoke_all_sync("7", expires_at=first + 86400)
    clock.now = first + 3000

    assert store.is_revoked_sync("a")
    assert store.revoke_sync("a", expires_at=first + 3600) is False
    assert store.is_revoked_sync(None, user_id="7", issued_at=first)
    assert not store.is_revoked_sync(None, user_id="7", issued_at=first + 7200)


@modify_settings(INSTALLED_APPS={"remove": "bolt_django.tokens"})
def test_without_the_application() -> None:
    """Making a store is no error, using it says what to add."""
    store = DjangoORMRevocation()
    for call in (lambda: store.revoke_sync("a"), lambda: store.revoke_all_sync("7")):
        with pytest.raises(ImproperlyConfigured, match=r'DjangoORMRevocation.*"bolt_django.tokens".*migrate'):
            call()
    with pytest.raises(ImproperlyConfigured):
        async_to_sync(store.is_revoked)("a")


def test_a_logout(db: None) -> None:
    """A token that its handler revokes opens no route after that, others do."""
    store = DjangoORMRevocation()
    api = BoltAPI(auth=[JWTAuthentication(SECRET, revocation_store=store)])

    @api.get("/me")
    async def me(request: Any) -> str:
        return str(request.auth["user_id"])

    @api.get("/logout")
    async def logout(request: Any) -> bool:
        return await store.revoke(request.auth["jti"], expires_at=request.auth["claims"]["exp"])

    tokens = [create_token("7", SigningKey(SECRET)) for _ in range(2)]
    with Client(build([api])) as client:
        for token, statuses in zip(tokens, ([200, 200, 401], [200]), strict=True):
            paths = ("/me", "/logout", "/me")[: len(statuses)]
            found = [client.get(path, {"Authorization": f"Bearer {token}"}).status for path in paths]
            assert found == statuses
        assert json.loads(client.get("/me", {"Authorization": f"Bearer {tokens[0]}"}).body)["detail"]
