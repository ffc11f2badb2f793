"""Who is logged in on the site is logged in here, with Django's protection from other sites."""

import pytest
from bolt_auth import IsAuthenticated
from bolt_core import BoltAPI
from bolt_django.auth import SessionAuthentication
from boltsite import backends
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.test import Client as DjangoClient
from django.test import override_settings


def logged_in(user: User) -> dict[str, str]:
    client = DjangoClient()
    client.force_login(user)
    return {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}


@pytest.fixture
def browser(protected, ann):
    """Logged in."""
    found = protected([SessionAuthentication()], [IsAuthenticated()])
    found.cookies = logged_in(ann)
    return found


def test_a_session(browser, ann):
    """The session's user calls, and is loaded already."""
    assert browser.get("/it").json() == {"user_id": str(ann.pk), "is_staff": True, "backend": "session"}
    assert browser.get("/user").body == b"ann"


@pytest.mark.parametrize("cookie", ["", "nonsense", "x" * 500])
def test_a_session_that_is_none(browser, cookie):
    """An unknown session is nobody's, and asks for no password in a window of the browser's."""
    browser.cookies = {settings.SESSION_COOKIE_NAME: cookie}
    refused = browser.get("/it")

    assert refused.status == 401
    assert "www-authenticate" not in refused.headers


def test_what_ends_a_session(browser, ann):
    """Another password, an inactive user and a deleted one."""
    ann.set_password("another")
    ann.save()
    assert browser.get("/it").status == 401
    browser.cookies = logged_in(ann)
    assert browser.get("/it").status == 200
    User.objects.update(is_active=False)
    assert browser.get("/it").status == 401
    User.objects.all().delete()
    assert browser.get("/it").status == 401


def test_key_rotation_keeps_sessions(browser):
    """A session made with a key of SECRET_KEY_FALLBACKS is still good."""
    with override_settings(
        SECRET_KEY="another key of the project, of enough bytes", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]
    ):
        assert browser.get("/it").status == 200
    with override_settings(SECRET_KEY="another key of the project, of enough bytes"):
        assert browser.get("/it").status == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_sites_are_stopped(browser, method):
    """Without Django's token an unsafe request is 403, and says why; with it, or if it is safe, it passes."""
    refused = browser.request(method, "/it")
    assert refused.status == 403
    assert refused.json()["detail"].startswith("CSRF check failed: CSRF cookie not set")
    browser.cookies["csrftoken"] = "a" * 32
    assert browser.request(method, "/it").status == 403
    assert browser.request(method, "/it", headers={"X-CSRFToken": "b" * 32}).status == 403
    assert browser.request(method, "/it", headers={"X-CSRFToken": "a" * 32}).status == 200


def test_origins(browser):
    """Another origin is refused even with the token, unless CSRF_TRUSTED_ORIGINS has it."""
    browser.cookies["csrftoken"] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32, "Origin": "https://other.example"}
    refused = browser.post("/it", headers=headers)
    assert refused.status == 403
    assert "Origin checking failed" in refused.json()["detail"]
    with override_settings(CSRF_TRUSTED_ORIGINS=["https://other.example"]):
        assert browser.post("/it", headers=headers).status == 200


def test_nobody_needs_no_token(protected, db):
    """Whoever is not logged in has nothing that another site could use."""
    assert protected([SessionAuthentication()]).post("/it").status == 200


def test_djangos_middleware_comes_first(serve, ann):
    """A session that Django's middleware has opened is not opened again."""
    api = BoltAPI(
        auth=[SessionAuthentication()],
        guards=[IsAuthenticated()],
        django_middleware=["django.contrib.sessions.middleware.SessionMiddleware"],
    )

    @api.get("/it")
    async def told(request):
        return request.auth["user_id"]

    browser = serve(api)
    browser.cookies = logged_in(ann)
    assert browser.get("/it").body.decode() == str(ann.pk)


@pytest.mark.parametrize("key", ["not-a-number", "99999999", ""])
def test_sessions_of_other_user_models(protected, ann, key):
    """A session that names no user of the project's model is none."""
    browser = protected([SessionAuthentication()], [IsAuthenticated()])
    client = DjangoClient()
    client.force_login(ann)
    session = client.session
    session[SESSION_KEY] = key
    session.save()
    browser.cookies = {settings.SESSION_COOKIE_NAME: session.session_key}
    assert browser.get("/it").status == 401


def test_backends_that_the_project_has_no_more(browser):
    """A session of a backend that is not in AUTHENTICATION_BACKENDS is none."""
    with override_settings(AUTHENTICATION_BACKENDS=["boltsite.none.Backend"]):
        assert browser.get("/it").status == 401


def test_backends_that_find_users_their_own_way(protected, ann):
    """A backend's own `get_user` decides, though what it is derived from has an asynchronous one."""
    with override_settings(AUTHENTICATION_BACKENDS=["boltsite.backends.OwnUsers"]):
        browser = protected([SessionAuthentication()], [IsAuthenticated()])
        browser.cookies = logged_in(ann)
        backends.known.clear()
        assert browser.get("/it").status == 401
        backends.known.add(ann.pk)
        assert browser.get("/it").status == 200
