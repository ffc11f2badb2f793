"""API keys as rows."""

import datetime
import re
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from bolt_auth.api_keys import digest
from bolt_django.tokens import models
from bolt_django.tokens.models import APIKey
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

PAST, FUTURE = (timezone.now() + datetime.timedelta(days=days) for days in (-1, 1))


@pytest.fixture(params=["sync", "async"])
def create(request: pytest.FixtureRequest, db: None) -> Any:
    """Either twin."""
    keys = APIKey.objects
    return async_to_sync(keys.acreate_key) if request.param == "async" else keys.create_key


def test_a_key_is_not_in_its_row(create: Any) -> None:
    """It is told once; the row has its digest and the part that may be shown."""
    row, key = create("billing", prefix="shop", scopes=["orders:read"], permissions=("shop.view_order",))
    row.refresh_from_db()

    assert re.fullmatch(r"shop_[0-9a-f]{8}_[\w-]{43}", key)
    assert (row.prefix, row.digest) == (key[:13], digest(key).hex())
    assert (row.name, row.user, row.expires_at) == ("billing", None, None)
    assert (row.scopes, row.permissions) == (["orders:read"], ["shop.view_order"])
    values = " ".join(str(value) for value in vars(row).values())
    assert key not in values
    assert key[14:] not in values
    assert str(row) == f"billing ({key[:13]})"


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        ({"prefix": ""}, ValueError, "prefix"),
        ({"prefix": "a_b"}, ValueError, "prefix"),
        ({"prefix": "a" * 56}, ValueError, "55 characters"),
        ({"scopes": "read"}, ValueError, "scopes='read'"),
        ({"permissions": "read"}, ValueError, "permissions='read'"),
        ({"name": ""}, ValidationError, "name"),
        ({"name": "x" * 101}, ValidationError, "name"),
        ({"scopes": ["a b"]}, ValidationError, "scopes"),
        ({"scopes": [""]}, ValidationError, "scopes"),
        ({"permissions": [1]}, ValidationError, "permissions"),
        ({"expires_at": "soon"}, ValidationError, "expires_at"),
    ],
)
def test_what_is_refused(create: Any, values: dict[str, Any], error: type[Exception], says: str) -> None:
    """Nothing is stored then."""
    with pytest.raises(error, match=re.escape(says)):
        create(**({"name": "a"} | values))
    assert not APIKey.objects.exists()


def test_the_longest_prefix(create: Any) -> None:
    """It fits."""
    row, key = create("a", prefix="a" * 55)
    assert row.prefix == key[:64]


def test_a_prefix_that_is_taken(create: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another key is made, within the caller's transaction; after some, the error is the database's."""
    made = [f"key_0000000{number}_{letter * 43}" for number, letter in [(1, "a"), (1, "b"), (2, "c")]]
    monkeypatch.setattr(models, "generate_api_key", lambda prefix: made.pop(0) if len(made) > 1 else made[0])
    create("one")
    row, key = create("two")
    assert (row.prefix, key[-1]) == ("key_00000002", "c")
    with pytest.raises(IntegrityError), transaction.atomic():
        create("three")
    assert APIKey.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "is_active", "state"),
    [
        ({}, True, "active"),
        ({"expires_at": FUTURE}, True, "active"),
        ({"expires_at": PAST}, True, "expired"),
        ({"expires_at": PAST, "revoked_at": PAST}, True, "revoked"),
        ({}, False, "user inactive"),
    ],
)
def test_state(db: None, values: dict[str, Any], is_active: bool, state: str) -> None:
    """Why a key is not good, in one word or two."""
    user = User.objects.create_user("ann", is_active=is_active)
    assert APIKey(name="a", user=user, **values).state == state
    assert APIKey(name="a").state == "active"


@pytest.mark.parametrize("is_async", [False, True])
def test_revoking(db: None, is_async: bool) -> None:
    """Whoever revokes first is told so, and the moment stays as it was."""
    row, _ = APIKey.objects.create_key("a")
    other = APIKey.objects.get()
    revoke = async_to_sync(row.arevoke) if is_async else row.revoke
    assert revoke() is True
    since = APIKey.objects.get().revoked_at
    assert (other.revoke(), row.state, other.state) == (False, "revoked", "revoked")
    assert APIKey.objects.get().revoked_at == since == row.revoked_at


def test_revoking_many(db: None) -> None:
    """Those that are revoked already do not count."""
    for name in "abc":
        APIKey.objects.create_key(name)
    APIKey.objects.get(name="a").revoke()
    assert APIKey.objects.get_queryset().revoke() == 2
    assert not APIKey.objects.filter(revoked_at=None).exists()


def test_a_key_dies_with_its_user(db: None) -> None:
    """It is not left as nobody's, which would still open doors."""
    user = User.objects.create_user("ann")
    APIKey.objects.create_key("a", user=user)
    APIKey.objects.create_key("b")
    user.delete()
    assert [row.name for row in APIKey.objects.all()] == ["b"]
