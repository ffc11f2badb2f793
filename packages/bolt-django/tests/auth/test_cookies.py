"""Tokens in cookies: how they are set, and what other sites cannot do with them."""

import pytest
from bolt_auth import IsAuthenticated
from bolt_core import JSON
from bolt_django.auth import CookieJWT, TokenCookies, delete_jwt_cookies, set_jwt_cookies
from bolt_django.auth.jwt_utils import create_jwt_for_user, create_token_pair_for_user
from django.http import HttpResponse
from django.test import override_settings


def test_a_claim_as_proof(protected, ann):
    """Unsafe requests repeat the token's claim `csrf`; the engine checks that."""
    scheme = CookieJWT()
    browser = protected([scheme], [IsAuthenticated()])
    browser.cookies = {"access_token": create_jwt_for_user(ann, extra_claims={"csrf": "value"})}

    assert scheme.is_native
    assert browser.get("/it").status == 200
    assert browser.post("/it").status == 403
    assert browser.post("/it", headers={"X-CSRFToken": "value"}).status == 200
    assert browser.get("/it", {"Cookie": "", "Authorization": f"Bearer {create_jwt_for_user(ann)}"}).status == 401


def test_djangos_token_as_proof(protected, ann):
    """With `csrf="django"` Django's own check decides."""
    scheme = CookieJWT(cookie="t", csrf="django")
    browser = protected([scheme], [IsAuthenticated()])
    browser.cookies = {"t": create_jwt_for_user(ann), "csrftoken": "a" * 32}

    assert not scheme.is_native
    assert browser.get("/it").status == 200
    assert browser.post("/it").status == 403
    assert browser.post("/it", headers={"X-CSRFToken": "a" * 32}).status == 200


def test_unknown_kind():
    """There are two ways."""
    with pytest.raises(ValueError, match='"token" or "django"'):
        CookieJWT(csrf="none")  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [lambda: JSON({}), HttpResponse])
@pytest.mark.parametrize("debug", [False, True])
def test_cookies_of_a_login(ann, make, debug):
    """Scripts read neither token, and browsers send them by HTTPS alone wherever DEBUG is off."""
    response, pair = make(), create_token_pair_for_user(ann, extra_claims={"csrf": "value"})
    with override_settings(DEBUG=debug):
        set_jwt_cookies(response, pair, TokenCookies(refresh_path="/auth"))
    lines = sent(response)

    assert len(lines) == 3
    access, refresh, csrf = lines
    assert access.startswith(f"access_token={pair.access_token};")
    assert f"max-age={pair.expires_in}" in access.lower()
    assert "path=/auth" in refresh.lower()
    assert csrf.startswith("csrf_token=value;")
    assert ["httponly" in line.lower() for line in lines] == [True, True, False]
    assert all("samesite=lax" in line.lower() for line in lines)
    assert all(("secure" in line.lower()) is not debug for line in lines)


@pytest.mark.parametrize("make", [lambda: JSON({}), HttpResponse])
def test_cookies_are_taken_back(make):
    """By the paths with which they were set."""
    response = make()
    delete_jwt_cookies(response, TokenCookies(refresh_path="/auth"))

    assert all("max-age=0" in line.lower() for line in sent(response))
    assert "path=/auth" in sent(response)[1].lower()


def sent(response) -> list[str]:
    if isinstance(response, HttpResponse):
        return [morsel.OutputString() for morsel in response.cookies.values()]
    return list(response.headers.get_all("set-cookie"))
