"""Django's check of cross-site requests, where a scheme relies on a cookie."""

from typing import Any

import pytest
from bolt_auth import IsAuthenticated
from bolt_core import BoltAPI
from bolt_core.params import Form
from bolt_django.auth import CookieJWT, SessionAuthentication
from bolt_django.auth.jwt_utils import create_jwt_for_user
from django.conf import settings
from django.contrib.auth.models import User
from django.middleware.csrf import CSRF_SESSION_KEY
from django.test import Client as DjangoClient
from django.test import override_settings

TOKEN = "a" * 32
URLENCODED = "application/x-www-form-urlencoded"
BOUNDARY = "limit"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def part(name: str, value: str) -> str:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


def form(kind: str, **fields: str) -> bytes:
    if kind == URLENCODED:
        return "&".join(f"{name}={value}" for name, value in fields.items()).encode()
    return ("".join(part(name, value) for name, value in fields.items()) + f"--{BOUNDARY}--\r\n").encode()


def session_of(user: User, **values: str) -> dict[str, str]:
    client = DjangoClient()
    client.force_login(user)
    session = client.session
    session.update(values)
    session.save()
    # Of signed cookies the key is the content.
    return {settings.SESSION_COOKIE_NAME: session.session_key}


@pytest.fixture
def forms(serve, ann):
    """Routes that take forms: as parameters, as `request.POST`, and as bytes."""
    api = BoltAPI(auth=[SessionAuthentication()], guards=[IsAuthenticated()])

    @api.post("/declared")
    async def declared(title: str = Form()) -> str:
        return title

    @api.post("/read")
    def read(request: Any) -> str:
        return str(request.POST["title"])

    @api.post("/raw")
    async def raw(request: Any) -> bytes:
        return bytes(request.body)

    browser = serve(api)
    browser.cookies = {**session_of(ann), "csrftoken": TOKEN}
    return browser


def send(browser, path: str, kind: str, body: bytes):
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return browser.client.request("POST", path, body, {"Content-Type": kind, "Cookie": cookie})


@pytest.mark.parametrize("kind", [URLENCODED, MULTIPART])
@pytest.mark.parametrize("path", ["/declared", "/read", "/raw"])
def test_tokens_of_forms(forms, path, kind):
    """A page's form may send Django's token as a field, whichever way the route reads forms."""
    assert send(forms, path, kind, form(kind, title="x")).status == 403
    assert send(forms, path, kind, form(kind, title="x", csrfmiddlewaretoken="b" * 32)).status == 403
    assert send(forms, path, kind, form(kind, title="x", csrfmiddlewaretoken=TOKEN)).status == 200


@pytest.mark.parametrize("engine", ["db", "cache", "cached_db", "signed_cookies"])
@pytest.mark.parametrize("scheme", ["session", "cookie"])
def test_tokens_in_sessions(protected, ann, engine, scheme):
    """With CSRF_USE_SESSIONS the token is the session's, whether or not Django's middleware has opened it."""
    with override_settings(CSRF_USE_SESSIONS=True, SESSION_ENGINE=f"django.contrib.sessions.backends.{engine}"):
        made = SessionAuthentication() if scheme == "session" else CookieJWT(cookie="t", csrf="django")
        browser = protected([made], [IsAuthenticated()])
        browser.cookies = {**session_of(ann, **{CSRF_SESSION_KEY: TOKEN}), "t": create_jwt_for_user(ann)}
        assert browser.get("/it").status == 200
        refused = browser.post("/it", headers={"Cookie": f"{_cookies(browser)}; csrftoken={'b' * 32}"})
        assert refused.status == 403
        assert refused.json()["detail"].startswith("CSRF check failed: ")
        assert browser.post("/it", headers={"X-CSRFToken": "b" * 32}).status == 403
        assert browser.post("/it", headers={"X-CSRFToken": TOKEN}).status == 200


def _cookies(browser) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


@override_settings(CSRF_USE_SESSIONS=True)
def test_no_session_has_no_token(protected, ann):
    """A token in a cookie without any session is refused, and is no error of the server's."""
    browser = protected([CookieJWT(cookie="t", csrf="django")], [IsAuthenticated()])
    browser.cookies = {"t": create_jwt_for_user(ann)}
    assert browser.post("/it", headers={"X-CSRFToken": TOKEN}).status == 403


@override_settings(CSRF_COOKIE_NAME="proof", CSRF_HEADER_NAME="HTTP_X_PROOF")
def test_djangos_names(protected, ann):
    """CSRF_COOKIE_NAME and CSRF_HEADER_NAME say where the token stands."""
    browser = protected([SessionAuthentication()], [IsAuthenticated()])
    browser.cookies = {**session_of(ann), "proof": TOKEN}
    assert browser.post("/it", headers={"X-CSRFToken": TOKEN}).status == 403
    assert browser.post("/it", headers={"X-Proof": TOKEN}).status == 200


@override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"))
def test_https_wants_a_referer(protected, ann):
    """Over HTTPS a request without Origin must come from a page of this host."""
    browser = protected([SessionAuthentication()], [IsAuthenticated()])
    browser.cookies = {**session_of(ann), "csrftoken": TOKEN}
    headers = {"X-Forwarded-Proto": "https", "X-CSRFToken": TOKEN}
    assert "Referer" in browser.post("/it", headers=headers).json()["detail"]
    assert browser.post("/it", headers={**headers, "Referer": "https://other.example/page"}).status == 403
    assert browser.post("/it", headers={**headers, "Referer": "https://testserver/page"}).status == 200
