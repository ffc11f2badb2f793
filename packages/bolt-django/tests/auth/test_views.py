"""Login, refresh and logout."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from bolt_auth import InMemoryRevocation, IsAuthenticated, Lifetimes
from bolt_core import BoltAPI, Router
from bolt_core.exceptions import TooManyRequests
from bolt_django.auth import LoginViews, TokenCookies, auth_router
from bolt_django.revocation import DjangoORMRevocation
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import connections
from django.test import override_settings

GOOD = {"username": "ann", "password": "correct horse"}


@pytest.fixture
def start(serve):
    """Serves the views with these options, and a route that wants their tokens."""

    def start(**options: Any):
        views = LoginViews(**{"store": InMemoryRevocation(), **options})
        api = BoltAPI(auth=[views.scheme], guards=[IsAuthenticated()])
        api.include(auth_router(views))

        @api.get("/me")
        async def me(request):
            return request.auth["claims"]

        @api.post("/order")
        async def order(request):
            return {"ordered": True}

        return serve(api)

    return start


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_login_refresh_logout(start, ann):
    """A whole session with tokens in replies."""
    client = start(lifetimes=Lifetimes(access=timedelta(minutes=5)))
    reply = client.post("/auth/login", GOOD)
    first = reply.json()
    assert reply.status == 200
    assert (first["token_type"], first["expires_in"], reply.headers["cache-control"]) == ("bearer", 300, "no-store")
    assert client.get("/me", bearer(first["access_token"])).json()["is_staff"] is True
    second = client.post("/auth/refresh", {"refresh_token": first["refresh_token"]}).json()
    assert client.get("/me", bearer(second["access_token"])).status == 200
    assert client.post("/auth/logout", headers=bearer(second["access_token"])).status == 200
    assert client.get("/me", bearer(second["access_token"])).status == 401
    assert client.get("/me", bearer(first["access_token"])).status == 401
    assert client.post("/auth/refresh", {"refresh_token": second["refresh_token"]}).status == 401


def test_stolen_refresh_token(start, ann):
    """A refresh token that comes again ends the login, for thief and owner."""
    client = start()
    first = client.post("/auth/login", GOOD).json()
    stolen = client.post("/auth/refresh", {"refresh_token": first["refresh_token"]}).json()

    assert client.post("/auth/refresh", {"refresh_token": first["refresh_token"]}).status == 401
    assert client.get("/me", bearer(stolen["access_token"])).status == 401
    assert client.post("/auth/refresh", {"refresh_token": stolen["refresh_token"]}).status == 401
    assert client.post("/auth/login", GOOD).status == 200


def test_stolen_refresh_token_within_requests_that_are_transactions(start, ann, monkeypatch):
    """With ATOMIC_REQUESTS the refusal does not undo that the login has ended."""
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    client = start(store=DjangoORMRevocation())
    first = client.post("/auth/login", GOOD).json()
    stolen = client.post("/auth/refresh", {"refresh_token": first["refresh_token"]}).json()

    assert client.post("/auth/refresh", {"refresh_token": first["refresh_token"]}).status == 401
    assert client.post("/auth/refresh", {"refresh_token": stolen["refresh_token"]}).status == 401
    assert client.get("/me", bearer(stolen["access_token"])).status == 401


def test_logout_everywhere(start, ann):
    """Every token of the user made up to now is refused, those of others are not."""
    client = start()
    User.objects.create_user("bob", password="battery staple")
    here, there = (client.post("/auth/login", GOOD).json() for _ in range(2))
    bob = client.post("/auth/login", {"username": "bob", "password": "battery staple"}).json()
    assert client.post("/auth/logout-all", headers=bearer(here["access_token"])).status == 200
    assert [client.get("/me", bearer(one["access_token"])).status for one in (here, there, bob)] == [401, 401, 200]
    assert client.post("/auth/refresh", {"refresh_token": there["refresh_token"]}).status == 401


@pytest.mark.parametrize(
    "credentials",
    [
        {"username": "ann", "password": "wrong"},
        {"username": "nobody", "password": "correct horse"},
        {"username": "ann\0", "password": "correct horse"},
        {"username": "ann", "password": "\0"},
        {"username": "", "password": ""},
        {"username": "idle", "password": "correct horse"},
    ],
)
def test_every_failure_is_the_same(start, ann, credentials):
    """Nobody learns whether the name, the password or the state of the user was wrong."""
    User.objects.create_user("idle", password="correct horse", is_active=False)
    reply = start().post("/auth/login", credentials)

    assert (reply.status, reply.json()) == (401, {"detail": "Invalid username or password"})
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("body", [{}, {"username": "ann"}, {"username": 7, "password": "x"}, []])
def test_malformed_logins(start, db, body):
    """What is no login at all is 422."""
    assert start().post("/auth/login", body).status == 422


@pytest.mark.parametrize("body", [None, {}, {"refresh_token": None}, {"refresh_token": ""}, {"refresh_token": "x.y.z"}])
def test_refresh_without_a_token(start, db, body):
    """No refresh token, or none that is one, is 401."""
    assert start().post("/auth/refresh", body).status == 401


def test_access_token_is_no_refresh_token(start, ann):
    """The two are not the same."""
    client = start()
    token = client.post("/auth/login", GOOD).json()["access_token"]
    assert client.post("/auth/refresh", {"refresh_token": token}).status == 401


def test_users_who_are_gone(start, ann):
    """A refresh token of an inactive or deleted user gets nothing, and is not used up by that."""
    client = start()
    token = client.post("/auth/login", GOOD).json()["refresh_token"]
    User.objects.update(is_active=False)
    refused = client.post("/auth/refresh", {"refresh_token": token})
    assert (refused.status, refused.json()) == (401, {"detail": "User inactive or deleted"})
    User.objects.update(is_active=True)
    assert client.post("/auth/refresh", {"refresh_token": token}).status == 200


@override_settings(BOLT={"PASSWORD_ENDS_TOKENS": True})
def test_a_new_password_ends_refresh_tokens(start, ann):
    """With PASSWORD_ENDS_TOKENS a refresh token is good for the password that was given for it."""
    client = start()
    token = client.post("/auth/login", GOOD).json()["refresh_token"]
    ann.set_password("another")
    ann.save()
    assert client.post("/auth/refresh", {"refresh_token": token}).json() == {"detail": "The password has been changed"}


def test_signals(start, ann):
    """Django's signals go out for logins, failures and logouts; the last login is noted."""
    seen: list[str] = []
    signals = {"in": user_logged_in, "failed": user_login_failed, "out": user_logged_out}
    receivers = {}
    for name, signal in signals.items():
        receivers[name] = lambda sender, name=name, **kwargs: seen.append(name)
        signal.connect(receivers[name])
    client = start()
    try:
        client.post("/auth/login", {**GOOD, "password": "wrong"})
        token = client.post("/auth/login", GOOD).json()["access_token"]
        client.post("/auth/logout", headers=bearer(token))
    finally:
        for name, signal in signals.items():
            signal.disconnect(receivers[name])
    assert seen == ["failed", "in", "out"]
    assert User.objects.get().last_login is not None


@pytest.mark.parametrize("asynchronous", [True, False])
def test_throttling(start, ann, asynchronous):
    """The hook is asked before any password is looked at, and refuses as it likes."""
    asked = []

    def refuse(request, username):
        asked.append(username)
        raise TooManyRequests(retry_after=30)

    async def refuse_later(request, username):
        refuse(request, username)

    reply = start(throttle=refuse_later if asynchronous else refuse).post("/auth/login", GOOD)
    assert (reply.status, reply.headers["retry-after"], asked) == (429, "30", ["ann"])


def test_further_claims(start, ann):
    """Claims of the project's go into every access token, also after a refresh."""
    client = start(claims=lambda user: {"plan": user.username})
    first = client.post("/auth/login", GOOD).json()
    second = client.post("/auth/refresh", {"refresh_token": first["refresh_token"]}).json()

    for pair in (first, second):
        assert client.get("/me", bearer(pair["access_token"])).json()["plan"] == "ann"


async def later(user: User) -> dict[str, str]:
    return {"plan": (await User.objects.aget(pk=user.pk)).username}


@pytest.mark.parametrize("claims", [later, lambda user: {"plan": User.objects.get(pk=user.pk).username}])
def test_claims_of_the_database(start, ann, claims):
    """Such a function may query, be it `async def` or not."""
    token = start(claims=claims).post("/auth/login", GOOD).json()["access_token"]

    assert jwt.decode(token, settings.SECRET_KEY, algorithms=["HS256"])["plan"] == "ann"


def test_throttling_by_the_database(start, ann):
    """A `def` hook may query."""
    seen = []
    client = start(throttle=lambda request, username: seen.append(User.objects.filter(username=username).count()))

    assert client.post("/auth/login", GOOD).status == 200
    assert seen == [1]


@pytest.mark.parametrize("cookies", [None, TokenCookies()])
def test_nothing_is_kept_on_the_way(start, ann, cookies):
    """Refusals say so as replies do."""
    client = start(cookies=cookies)
    replies = [client.post("/auth/login", body) for body in (GOOD, {}, {**GOOD, "password": "wrong"})]
    replies += [client.post(f"/auth/{path}", headers={"Cookie": ""}) for path in ("refresh", "logout", "logout-all")]
    replies += [client.post(f"/auth/{path}") for path in ("refresh", "logout", "logout-all")]

    assert [reply.status for reply in replies] == [200, 422, 401, 401, 401, 401, *([403] * 3 if cookies else [401] * 3)]
    assert {reply.headers["cache-control"] for reply in replies} == {"no-store"}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_other_sites_forms_log_nobody_in(start, ann, kind):
    """What a form of another site can send is no login: it would be one of theirs."""
    reply = start(cookies=TokenCookies()).post("/auth/login", GOOD, {"Content-Type": kind})

    assert reply.status in (415, 422)
    assert "set-cookie" not in reply.headers


def test_logout_with_the_refresh_token(start, ann):
    """Whose access token is over ends the login all the same, and any refresh token of the login will do."""
    client = start()
    first = client.post("/auth/login", GOOD).json()
    second = client.post("/auth/refresh", {"refresh_token": first["refresh_token"]}).json()
    assert client.post("/auth/logout", {"refresh_token": "x.y.z"}).status == 401
    assert client.post("/auth/logout", {"refresh_token": second["access_token"]}).status == 401
    assert client.get("/me", bearer(second["access_token"])).status == 200
    assert client.post("/auth/logout", {"refresh_token": second["refresh_token"]}).status == 200
    assert client.get("/me", bearer(second["access_token"])).status == 401
    assert client.post("/auth/refresh", {"refresh_token": second["refresh_token"]}).status == 401


@pytest.mark.parametrize("gone", [{"is_active": False}, None])
def test_logout_of_who_is_gone(start, ann, gone):
    """Inactive and deleted users' tokens can be ended, too."""
    client = start()
    token = client.post("/auth/login", GOOD).json()["access_token"]
    if gone:
        User.objects.update(**gone)
    else:
        User.objects.all().delete()
    assert client.post("/auth/logout", headers=bearer(token)).status == 200
    assert client.get("/me", bearer(token)).status == 401


def test_cookies(start, ann):
    """A whole session with tokens in cookies that scripts cannot read, and what another site cannot do."""
    browser = start(cookies=TokenCookies(secure=False))
    reply = browser.post("/auth/login", GOOD)
    assert reply.json().keys() == {"expires_in"}
    assert browser.set["access_token"]["httponly"]
    assert browser.set["refresh_token"]["path"] == "/auth"
    assert browser.get("/me").status == 200
    assert browser.post("/order").status == 403
    proof = {"X-CSRFToken": browser.cookies["csrf_token"]}
    assert browser.post("/order", headers=proof).status == 200
    assert browser.post("/auth/refresh").status == 403
    assert browser.post("/auth/refresh", headers=proof).status == 200
    assert browser.cookies["csrf_token"] != proof["X-CSRFToken"]
    assert browser.post("/auth/logout", headers=proof).status == 403
    proof = {"X-CSRFToken": browser.cookies["csrf_token"]}
    kept = dict(browser.cookies)
    assert browser.post("/auth/logout", headers=proof).status == 200
    assert browser.cookies == {}
    browser.cookies = kept
    assert browser.get("/me").status == 401
    assert browser.post("/auth/refresh", headers=proof).status == 401


def test_cookies_when_the_access_token_is_over(start, ann):
    """Its cookie is gone by then; the refresh token logs out with the same proof, and all cookies go."""
    browser = start(cookies=TokenCookies(secure=False))
    browser.post("/auth/login", GOOD)
    del browser.cookies["access_token"]
    kept, proof = dict(browser.cookies), {"X-CSRFToken": browser.cookies["csrf_token"]}
    assert browser.post("/auth/logout").status == 403
    assert browser.post("/auth/logout", headers=proof).status == 200
    assert browser.cookies == {}
    browser.cookies = kept
    assert browser.post("/auth/refresh", headers=proof).status == 401


@pytest.mark.parametrize(
    ("cookies", "prefix", "paths"),
    [
        (TokenCookies(), "/auth", ("/auth", "/site/auth")),
        (TokenCookies(), "/api/v1/login", ("/api/v1/login", "/site/api/v1/login")),
        (TokenCookies(), "", ("/", "/site")),
        (TokenCookies(path="/shop"), "", ("/shop", "/site")),
        (TokenCookies(refresh_path="/elsewhere"), "/auth", ("/elsewhere", "/elsewhere")),
    ],
)
def test_where_the_refresh_token_is_sent(serve, ann, cookies, prefix, paths):
    """Below the views alone, wherever they have been included, unless told otherwise; it is taken back from there."""
    views = LoginViews(store=InMemoryRevocation(), cookies=cookies)
    api, outer = BoltAPI(), Router("/site")
    outer.include(auth_router(views, prefix))
    api.include(auth_router(views, prefix))
    api.include(outer)
    browser = serve(api)
    for below, expected in zip(("", "/site"), paths, strict=True):
        assert browser.post(f"{below}{prefix}/login", GOOD).status == 200
        assert browser.set["refresh_token"]["path"] == expected
        proof = {"X-CSRFToken": browser.cookies["csrf_token"]}
        assert browser.post(f"{below}{prefix}/logout", headers=proof).status == 200
        assert browser.set["refresh_token"]["path"] == expected
