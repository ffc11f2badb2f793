"""User name and password with every request."""

import base64

import pytest
from bolt_auth import IsAuthenticated
from bolt_django.auth import BasicAuthentication
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed


def basic(text: str | bytes) -> dict[str, str]:
    raw = text.encode() if isinstance(text, str) else text
    return {"Authorization": f"Basic {base64.b64encode(raw).decode()}"}


@pytest.fixture
def browser(protected, ann):
    """Routes that want a password."""
    return protected([BasicAuthentication(realm="shop")], [IsAuthenticated()])


def test_the_right_password(browser, ann):
    """The user calls, and is loaded already; colons may stand in passwords."""
    assert browser.get("/it", basic("ann:correct horse")).json()["user_id"] == str(ann.pk)
    assert browser.get("/user", basic("ann:correct horse")).body == b"ann"
    User.objects.create_user("bob", password="a:b:ü")
    assert browser.get("/it", basic("bob:a:b:ü")).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("ann:wrong"),
        basic("nobody:correct horse"),
        basic("ann"),
        basic(""),
        basic("ann\0:correct horse"),
        basic(b"\xff:x"),
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic YW5u YW5u"},
        {"Authorization": "Basic é"},
    ],
)
def test_everything_else_is_401(browser, headers):
    """Whatever is wrong, the client is asked for a password in UTF-8, and learns nothing else."""
    refused = browser.get("/it", headers)

    assert refused.status == 401
    assert refused.headers["www-authenticate"] == 'Basic realm="shop", charset="UTF-8"'


def test_inactive_users(browser, ann):
    """An inactive user's password is as wrong as any other."""
    User.objects.update(is_active=False)
    assert browser.get("/it", basic("ann:correct horse")).json() == {"detail": "Invalid username or password"}


def test_failures_are_signalled(browser):
    """Django's signal goes out with the request, so that libraries can count failures; no password is in it."""
    seen = []

    def receive(sender, credentials, request, **kwargs):
        seen.append((credentials, request.META["REMOTE_ADDR"] is not None))

    user_login_failed.connect(receive)
    try:
        browser.get("/it", basic("ann:wrong"))
    finally:
        user_login_failed.disconnect(receive)
    assert [(one["username"], "wrong" in str(one)) for one, _ in seen] == [("ann", False)]
