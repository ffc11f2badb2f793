"""The tables in Django's admin, as a browser sees them."""

import html
import re
from typing import Any

import pytest
from bolt_auth.api_keys import digest
from bolt_django.revocation import DjangoORMRevocation
from bolt_django.tokens.models import APIKey, RevokedToken
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.test import Client

KEYS = "/admin/bolt_tokens/apikey/"
TOKENS = "/admin/bolt_tokens/revokedtoken/"
USERS = "/admin/bolt_tokens/revokeduser/"
NASTY = "<script>alert('x')</script>"
KEY = re.compile(r"\b([A-Za-z0-9]+_[0-9a-f]{8}_[\w-]{43})")


@pytest.fixture
def root(db: None) -> User:
    """A superuser."""
    return User.objects.create_superuser("root")


@pytest.fixture
def browser(root: User) -> Client:
    """The superuser's."""
    client = Client()
    client.force_login(root)
    return client


@pytest.fixture
def clerk(db: None) -> Client:
    """A browser of somebody who may do everything with keys, but is no superuser."""
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="bolt_tokens"))
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, path: str) -> str:
    """A page."""
    reply: Any = client.get(path)
    assert reply.status_code == 200, reply.status_code
    found: str = reply.content.decode()
    return found


def add(client: Client, **values: Any) -> tuple[str, str]:
    """The page after adding a key, and the key that it shows; empty where it shows none."""
    form = {"name": "billing", "key_prefix": "shop", "user": "", "scopes": "", "permissions": "", "expires_at_0": ""}
    reply: Any = client.post(f"{KEYS}add/", form | {"expires_at_1": ""} | values, follow=True)
    page = reply.content.decode()
    found = KEY.search(page)
    return page, "" if found is None else found[1]


def test_a_key_is_shown_once(browser: Client, root: User) -> None:
    """After it was added, and on no page nor in any row after that."""
    form = text(browser, f"{KEYS}add/")
    assert "digest" not in form
    page, key = add(browser, user=str(root.pk), scopes="orders:read  orders:write\n", permissions="a.b")
    row = APIKey.objects.get()

    assert digest(key).hex() == row.digest
    assert (row.user, row.scopes, row.permissions) == (root, ["orders:read", "orders:write"], ["a.b"])
    assert row.digest not in page
    for path in (KEYS, f"{KEYS}{row.pk}/change/", f"{KEYS}{row.pk}/history/", f"{KEYS}?q={row.prefix}"):
        page = text(browser, path)
        assert row.prefix in page
        assert key not in page
        assert key[14:] not in page
        assert row.digest not in page
    kept = [
        *LogEntry.objects.values_list("change_message", "object_repr"),
        *Session.objects.values_list("session_data"),
    ]
    assert key[14:] not in str(kept)


def test_names_are_escaped(browser: Client) -> None:
    """In the message, in lists and in forms."""
    page, key = add(browser, name=NASTY)
    assert key
    row = APIKey.objects.get()
    for found in (page, text(browser, KEYS), text(browser, f"{KEYS}{row.pk}/change/")):
        assert NASTY not in found
        assert html.escape(NASTY) in found


@pytest.mark.parametrize(
    "values", [{"name": ""}, {"key_prefix": "a_b"}, {"key_prefix": "ä"}, {"key_prefix": "a" * 56}, {"user": "99999"}]
)
def test_a_form_that_is_wrong(browser: Client, values: dict[str, str]) -> None:
    """Makes no key, and says so."""
    page, key = add(browser, **values)
    assert "errorlist" in page
    assert (key, APIKey.objects.count()) == ("", 0)


def test_changing_a_key(browser: Client, root: User) -> None:
    """Its name, expiry, scopes and permissions; neither its user nor what is known of the key itself."""
    row, _ = APIKey.objects.create_key("billing", user=root, scopes=["a"])
    page = text(browser, f"{KEYS}{row.pk}/change/")
    assert 'name="name"' in page
    assert not any(f'name="{name}"' in page for name in ("user", "prefix", "digest", "revoked_at", "key_prefix"))

    values = {
        "name": "other",
        "scopes": "b\nc",
        "permissions": "",
        "expires_at_0": "2099-01-01",
        "expires_at_1": "00:00",
    }
    assert browser.post(f"{KEYS}{row.pk}/change/", values | {"user": "", "digest": "x"}).status_code == 302
    changed = APIKey.objects.get()
    assert (changed.name, changed.scopes, changed.user, changed.digest) == ("other", ["b", "c"], root, row.digest)
    assert changed.expires_at is not None


def test_revoking_keys(browser: Client) -> None:
    """An action, which is written into each key's history; the list tells the state."""
    rows = [APIKey.objects.create_key(name)[0] for name in "abc"]
    data = {"action": "revoke", "_selected_action": [str(row.pk) for row in rows[:2]]}
    page = browser.post(KEYS, data, follow=True).content.decode()  # type: ignore[attr-defined]

    assert "Revoked API keys: 2." in page
    assert page.count('field-state">revoked') == 2
    assert page.count('field-state">active') == 1
    assert LogEntry.objects.filter(change_message="Revoked.").count() == 2


def test_keys_of_superusers(clerk: Client, browser: Client, root: User) -> None:
    """Only superusers make or change them: others would become superusers by one; revoking is free to all."""
    page, key = add(clerk, user=str(root.pk))
    assert ("Only superusers" in page, key) == (True, "")
    assert add(clerk, user=str(User.objects.get(username="clerk").pk))[1]
    assert add(browser, user=str(root.pk))[1]
    row = APIKey.objects.get(user=root)
    assert clerk.post(f"{KEYS}{row.pk}/change/", {"name": "other", "scopes": "all"}).status_code == 403

    clerk.post(KEYS, {"action": "revoke", "_selected_action": [str(row.pk)]})
    assert APIKey.objects.get(user=root).state == "revoked"


def test_who_may_only_look(db: None) -> None:
    """Sees the list without the action."""
    user = User.objects.create_user("guest", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_apikey"))
    client = Client()
    client.force_login(user)
    row, _ = APIKey.objects.create_key("billing")

    assert 'value="revoke"' not in text(client, KEYS)
    assert row.digest not in text(client, f"{KEYS}{row.pk}/change/")
    client.post(KEYS, {"action": "revoke", "_selected_action": [str(row.pk)]})
    assert APIKey.objects.get().state == "active"
    assert client.get(f"{KEYS}add/").status_code == 403


def test_revoked_tokens_are_only_looked_at(browser: Client) -> None:
    """Nothing can be added or changed; names are escaped."""
    store = DjangoORMRevocation()
    store.revoke_sync(NASTY)
    store.revoke_all_sync(NASTY)
    for path in (TOKENS, USERS):
        page = text(browser, path)
        assert html.escape(NASTY) in page
        assert NASTY not in page
        assert browser.get(f"{path}add/").status_code == 403
    row = RevokedToken.objects.get()
    page = text(browser, f"{TOKENS}{row.pk}/change/")
    assert 'name="jti"' not in page
    assert NASTY not in page
    assert browser.post(f"{TOKENS}{row.pk}/change/", {"jti": "b"}).status_code == 403


def test_restoring_tokens(browser: Client) -> None:
    """The action asks first; then the tokens are good again."""
    store = DjangoORMRevocation()
    for name in "abc":
        store.revoke_sync(name)
    assert "Restore selected revoked tokens" in text(browser, TOKENS)
    chosen = [str(row.pk) for row in RevokedToken.objects.filter(jti__in="ab")]
    data = {"action": "delete_selected", "_selected_action": chosen}
    assert b"Are you sure" in browser.post(TOKENS, data).content
    assert RevokedToken.objects.count() == 3
    browser.post(TOKENS, data | {"post": "yes"})
    assert [store.is_revoked_sync(name) for name in "abc"] == [False, False, True]
