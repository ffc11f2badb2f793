"""API keys in the database and their admin."""

import re
from datetime import timedelta

import pytest
from bolt_auth import HasScope
from bolt_auth.api_keys import digest
from bolt_django.auth import APIKeyAuthentication, DjangoAPIKeys
from bolt_django.tokens.models import APIKey, RevokedToken
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, modify_settings
from django.utils import timezone


@pytest.fixture
def browser(protected, db):
    """Routes that want a key with a scope."""
    return protected([APIKeyAuthentication(store=DjangoAPIKeys())], [HasScope("read")])


def test_a_key_of_a_user(browser, ann):
    """The key lets in with the user's flags and its own scopes; only its digest is in the database."""
    row, key = APIKey.objects.create_key(name="import", user=ann, scopes=["read"], prefix="shop")

    assert key.startswith(row.prefix)
    assert key not in str(APIKey.objects.values().get())
    assert browser.get("/it", {"X-API-Key": key}).json() == {
        "user_id": str(ann.pk),
        "is_staff": True,
        "backend": "api_key",
    }
    assert browser.get("/it", {"X-API-Key": key + "x"}).status == 401
    assert browser.get("/it").status == 401
    _, other = APIKey.objects.create_key(name="other")
    assert browser.get("/it", {"X-API-Key": other}).status == 403


@pytest.mark.parametrize(
    "ended",
    [
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"revoked_at": timezone.now()},
    ],
)
def test_keys_that_have_ended(browser, ended):
    """Expired and revoked keys are refused."""
    _, key = APIKey.objects.create_key(name="old", scopes=["read"])
    assert browser.get("/it", {"X-API-Key": key}).status == 200
    APIKey.objects.all().update(**ended)
    assert browser.get("/it", {"X-API-Key": key}).status == 401


def test_keys_of_users_who_are_gone(browser, ann):
    """An inactive user's key is refused, a deleted one's goes with the user."""
    _, key = APIKey.objects.create_key(name="import", user=ann, scopes=["read"])
    User.objects.update(is_active=False)
    assert browser.get("/it", {"X-API-Key": key}).status == 401
    ann.delete()
    assert not APIKey.objects.exists()


def test_last_use_is_noted_once_a_minute(db, django_assert_num_queries):
    """The first use in a minute writes, the next ones only read."""
    row, key = APIKey.objects.create_key(name="import")
    with django_assert_num_queries(2):
        assert DjangoAPIKeys().find_sync(digest(key)) is not None
    row.refresh_from_db()
    assert timezone.now() - row.last_used_at < timedelta(minutes=1)
    with django_assert_num_queries(1):
        DjangoAPIKeys().find_sync(digest(key))
    APIKey.objects.all().update(last_used_at=timezone.now() - timedelta(minutes=2))
    with django_assert_num_queries(2):
        DjangoAPIKeys().find_sync(digest(key))


def test_missing_application():
    """Without the tables the error says what to install."""
    without = modify_settings(INSTALLED_APPS={"remove": "bolt_django.tokens"})
    with without, pytest.raises(ImproperlyConfigured, match="DjangoAPIKeys needs"):
        DjangoAPIKeys().find_sync(b"x")


@pytest.fixture
def admin(db):
    """A superuser in the admin."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


def test_admin_shows_a_key_once(admin, ann):
    """A key made in the admin is shown in the message after it, and nowhere else."""
    made = admin.post(
        "/admin/bolt_tokens/apikey/add/",
        {
            "name": "<b>import</b>",
            "user": ann.pk,
            "permissions": "[]",
            "scopes": '["read"]',
            "expires_at_0": "",
            "expires_at_1": "",
        },
        follow=True,
    )
    text = made.content.decode()
    key = re.search(r"<code>(key_[0-9a-f]{8}_[\w-]{43})</code>", text)[1]
    row = APIKey.objects.get()
    assert (row.digest, row.scopes) == (digest(key).hex(), ["read"])
    assert "<b>import</b>" not in text
    for path in ("", f"{row.pk}/change/"):
        page = admin.get(f"/admin/bolt_tokens/apikey/{path}").content.decode()
        assert row.prefix in page
        assert key not in page
        assert row.digest not in page


def test_admin_revokes(admin):
    """The action ends keys; changing a row keeps its key."""
    row, _ = APIKey.objects.create_key(name="import")
    admin.post(f"/admin/bolt_tokens/apikey/{row.pk}/change/", {"name": "new", "permissions": "[]", "scopes": "[]"})
    assert APIKey.objects.get().digest == row.digest
    assert APIKey.objects.get().name == "new"
    admin.post("/admin/bolt_tokens/apikey/", {"action": "revoke", "_selected_action": [row.pk]})
    assert APIKey.objects.get().revoked_at is not None
    assert b"revoked" in admin.get("/admin/bolt_tokens/apikey/").content


def test_admin_of_revoked_tokens(admin):
    """Revoked tokens are looked at and taken back, not written by hand."""
    RevokedToken.objects.create(jti="a", expires_at=timezone.now())
    assert b"<td" in admin.get("/admin/bolt_tokens/revokedtoken/").content
    assert admin.get("/admin/bolt_tokens/revokedtoken/add/").status_code == 403
    assert admin.get("/admin/bolt_tokens/revokeduser/").status_code == 200
