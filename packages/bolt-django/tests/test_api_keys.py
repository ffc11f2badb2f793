"""API keys of the database, presented in requests."""

import datetime
import json
import logging
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from bolt_auth import APIKeyAuthentication, APIKeyStore, HasScope
from bolt_auth.api_keys import digest
from bolt_core import BoltAPI
from bolt_django import api_keys
from bolt_django.api_keys import DjangoAPIKeys
from bolt_django.project import build
from bolt_django.tokens import moments
from bolt_django.tokens.models import APIKey
from boltsite_tools.inprocess import Client
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.test import modify_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = moments.now()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Of the tables and of the process."""
    clock = Clock()
    monkeypatch.setattr(moments, "now", clock)
    monkeypatch.setattr(api_keys.time, "monotonic", clock)
    return clock


@pytest.fixture
def ann(db: None) -> User:
    """A member of the staff."""
    return User.objects.create_user("ann", is_staff=True)


@pytest.fixture(params=["async", "sync"])
def find(request: pytest.FixtureRequest, db: None) -> Any:
    """Either twin, called with a key."""
    store = DjangoAPIKeys()
    call = async_to_sync(store.find) if request.param == "async" else store.find_sync
    return lambda key: call(digest(key))


def written() -> Any:
    """When the only key was last used, in seconds."""
    found = APIKey.objects.get().last_used_at
    return None if found is None else moments.seconds(found)


def test_what_a_key_stands_for(find: Any, ann: User) -> None:
    """Its user's status, its own scopes and permissions, and nothing of the key itself."""
    end = timezone.now() + datetime.timedelta(days=1)
    row, key = APIKey.objects.create_key("billing", user=ann, expires_at=end, scopes=["a"], permissions=["b", "c"])
    record = find(key)

    assert isinstance(DjangoAPIKeys(), APIKeyStore)
    assert (record.user_id, record.is_staff, record.is_superuser) == (str(ann.pk), True, False)
    assert (record.scopes, record.permissions, record.name) == (("a",), ("b", "c"), "billing")
    assert (record.prefix, record.expires_at) == (row.prefix, end.timestamp())
    assert row.digest not in repr(record)
    ann.is_superuser = True
    ann.save()
    assert find(key).is_superuser


def test_a_key_of_nobody(find: Any) -> None:
    """It has no user and no status, and does not expire."""
    record = find(APIKey.objects.create_key("job")[1])
    assert (record.user_id, record.is_staff, record.is_superuser, record.expires_at) == (None, False, False, None)


def test_keys_that_are_not_good(find: Any, ann: User, clock: Clock) -> None:
    """Unknown, revoked, expired, and those of inactive users; nothing is written for them."""
    rows = {}
    for name in ("revoked", "expired", "inactive"):
        end = moments.moment(clock.now + 60) if name == "expired" else None
        rows[name] = APIKey.objects.create_key(name, user=ann if name == "inactive" else None, expires_at=end)
    rows["revoked"][0].revoke()
    User.objects.update(is_active=False)
    clock.now += 61

    assert find("key_00000000_" + "x" * 43) is None
    assert [find(key) for _, key in rows.values()] == [None, None, None]
    assert find(rows["revoked"][0].digest) is None
    assert not APIKey.objects.exclude(last_used_at=None).exists()


def test_the_last_use(find: Any, clock: Clock) -> None:
    """Is written once a minute: one query else, and an update in addition then."""
    _, key = APIKey.objects.create_key("a")
    begin = clock.now
    counts = []
    for seconds in (0, 1, 59, 61, 62, 119, 122):
        clock.now = begin + seconds
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert find(key) is not None
        counts.append(len(queries))

    assert counts == [2, 1, 1, 2, 1, 1, 2]
    assert written() == pytest.approx(begin + 122, abs=0.001)


def test_the_last_use_of_many_at_once(db: None, clock: Clock) -> None:
    """Of several processes one writes; of one process's requests one tries."""
    _, key = APIKey.objects.create_key("a")
    stores = [DjangoAPIKeys() for _ in range(2)]
    found = [(store, APIKey.objects.get()) for store in stores]
    assert [store._is_due(row) for store, row in found] == [True, True]
    assert [store._is_due(row) for store, row in found] == [False, False]
    now = moments.moment(clock.now)
    assert [store._due(row).update(last_used_at=now) for store, row in found] == [1, 0]
    stores[0].find_sync(digest(key))
    assert written() == pytest.approx(clock.now, abs=0.001)


def test_a_last_use_that_cannot_be_written(find: Any, clock: Clock, monkeypatch: Any, caplog: Any) -> None:
    """The request goes on; the log names the key by its prefix, and it is tried again a minute later."""
    row, key = APIKey.objects.create_key("a")

    def refuse(rows: Any, **values: Any) -> int:
        raise DatabaseError("read-only, says secret SQL")

    with monkeypatch.context() as broken, caplog.at_level(logging.WARNING, "django_bolt.auth"):
        broken.setattr(QuerySet, "update", refuse)
        assert find(key) is not None
        assert find(key) is not None
    (message,) = [record.getMessage() for record in caplog.records]
    assert row.prefix in message
    assert key not in message
    assert "SQL" not in message
    clock.now += 61
    find(key)
    assert written() == pytest.approx(clock.now, abs=0.001)


def test_keys_that_are_remembered_are_bounded(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process with many keys does not grow for ever."""
    monkeypatch.setattr(api_keys, "_MOST", 3)
    store = DjangoAPIKeys()
    for name in "abcdef":
        store.find_sync(digest(APIKey.objects.create_key(name)[1]))
    assert len(store._touched) <= 3


@modify_settings(INSTALLED_APPS={"remove": "bolt_django.tokens"})
def test_without_the_application() -> None:
    """Making a store is no error, using it says what to add."""
    store = DjangoAPIKeys()
    with pytest.raises(ImproperlyConfigured, match=r'DjangoAPIKeys.*"bolt_django.tokens".*migrate'):
        store.find_sync(b"x" * 32)
    with pytest.raises(ImproperlyConfigured):
        async_to_sync(store.find)(b"x" * 32)


def test_requests(ann: User) -> None:
    """A route knows who calls by a key, guards read its scopes, and a revoked key opens nothing."""
    api = BoltAPI(auth=[APIKeyAuthentication(store=DjangoAPIKeys())])

    @api.get("/async", guards=[HasScope("orders:read")])
    async def asynchronous(request: Any) -> Any:
        return request.auth

    @api.get("/sync")
    def sync(request: Any) -> Any:
        return {"name": request.user.get_username(), "backend": request.auth["backend"]}

    row, key = APIKey.objects.create_key("billing", user=ann, scopes=["orders:read"])
    _, other = APIKey.objects.create_key("other")
    with Client(build([api])) as client:
        reply = client.get("/async", {"X-API-Key": key})
        auth = json.loads(reply.body)
        assert (reply.status, auth["user_id"], auth["is_staff"]) == (200, str(ann.pk), True)
        assert key not in reply.body.decode()
        assert row.digest not in reply.body.decode()
        assert json.loads(client.get("/sync", {"X-API-Key": key}).body) == {"name": "ann", "backend": "api_key"}
        assert client.get("/async", {"X-API-Key": other}).status == 403
        assert client.get("/async").status == 401
        assert client.get("/async", {"X-API-Key": key + "x"}).status == 401
        row.revoke()
        assert client.get("/async", {"X-API-Key": key}).status == 401
        assert client.get("/sync", {"X-API-Key": key}).status == 401
