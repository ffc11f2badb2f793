"""Tokens signed with the project's own key, and made for its users."""

import time
from datetime import timedelta

import jwt
import pytest
from bolt_auth import AuthenticationError, IsAuthenticated, Lifetimes
from bolt_django.auth import CookieJWT, JWTAuthentication
from bolt_django.auth.jwt_utils import create_jwt_for_user, create_token_pair_for_user
from bolt_django.auth.passwords import password_matches
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.test import override_settings

OLD, NEW = "an old key of the project, of enough bytes", "a new key of the project, of enough bytes"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_for_a_user(ann):
    """It names the user, its flags, when it was made and when it ends, and has a name of its own."""
    token = create_jwt_for_user(ann, expires_delta=timedelta(days=7))
    claims = jwt.decode(token, settings.SECRET_KEY, algorithms=["HS256"])

    assert (claims["sub"], claims["is_staff"], claims["is_superuser"]) == (str(ann.pk), True, False)
    assert claims["exp"] - claims["iat"] == 7 * 86400
    assert claims["jti"] != jwt.decode(create_jwt_for_user(ann), settings.SECRET_KEY, algorithms=["HS256"])["jti"]
    assert "pwd" not in claims


def test_further_claims_and_keys(ann):
    """Claims add or replace; another secret and another algorithm sign."""
    token = create_jwt_for_user(ann, 2 * OLD, algorithm="HS384", extra_claims={"plan": "pro", "is_staff": False})
    claims = jwt.decode(token, 2 * OLD, algorithms=["HS384"])

    assert (claims["plan"], claims["is_staff"]) == ("pro", False)


def test_a_user_without_flags_or_key(db):
    """Custom users may have no flags; one that is not saved cannot be named."""

    class Bare:
        pk = "a-uuid"

    assert jwt.decode(create_jwt_for_user(Bare()), settings.SECRET_KEY, algorithms=["HS256"])["is_staff"] is False
    with pytest.raises(ValueError, match="save it first"):
        create_jwt_for_user(User(username="new"))
    with pytest.raises(ValueError, match="save it first"):
        create_jwt_for_user(AnonymousUser())


def test_a_pair(ann):
    """The access token has the flags; both are signed with SECRET_KEY."""
    pair = create_token_pair_for_user(ann, lifetimes=Lifetimes(access=timedelta(minutes=1)), extra_claims={"a": 1})
    access, refresh = (
        jwt.decode(token, settings.SECRET_KEY, algorithms=["HS256"])
        for token in (pair.access_token, pair.refresh_token)
    )

    assert (access["is_staff"], access["a"], pair.expires_in) == (True, 1, 60)
    assert "is_staff" not in refresh
    assert refresh["token_type"] == "refresh"


@override_settings(BOLT={"PASSWORD_ENDS_TOKENS": True})
def test_the_password_is_in_it_where_that_is_wanted(ann):
    """With PASSWORD_ENDS_TOKENS both tokens have a trace of the password."""
    pair = create_token_pair_for_user(ann)
    for token in (pair.access_token, pair.refresh_token, create_jwt_for_user(ann)):
        claims = jwt.decode(token, settings.SECRET_KEY, algorithms=["HS256"])
        assert password_matches(ann, claims["pwd"])
    ann.set_password("another")
    assert not password_matches(ann, claims["pwd"])


def test_the_projects_key_verifies(ann, protected):
    """Without a key of its own a scheme takes SECRET_KEY; another's tokens are refused."""
    browser = protected([JWTAuthentication()], [IsAuthenticated()])

    assert browser.get("/it", bearer(create_jwt_for_user(ann))).json() == {
        "user_id": str(ann.pk),
        "is_staff": True,
        "backend": "jwt",
    }
    assert browser.get("/it", bearer(create_jwt_for_user(ann, OLD))).status == 401
    assert browser.get("/it", bearer(create_token_pair_for_user(ann).refresh_token)).status == 401


def test_plain_libraries_tokens_verify(ann, protected):
    """A token that PyJWT signed with the same secret is as good."""
    browser = protected([JWTAuthentication(secret=OLD)], [IsAuthenticated()])
    payload = {"sub": str(ann.pk), "user_id": str(ann.pk), "exp": int(time.time()) + 60, "iat": int(time.time())}

    assert browser.get("/it", bearer(jwt.encode(payload, OLD, algorithm="HS256"))).status == 200


def test_rotated_keys_of_the_project(ann, protected):
    """SECRET_KEY_FALLBACKS verify, too, and a change of either holds at once, in the engine as well."""
    browser = protected([JWTAuthentication()], [IsAuthenticated()])
    old, new = create_jwt_for_user(ann, OLD), create_jwt_for_user(ann, NEW)
    with override_settings(SECRET_KEY=OLD):
        assert [browser.get("/it", bearer(token)).status for token in (old, new)] == [200, 401]
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD]):
        assert [browser.get("/it", bearer(token)).status for token in (old, new)] == [200, 200]
    assert [browser.get("/it", bearer(token)).status for token in (old, new)] == [401, 401]


def test_native_unless_overridden():
    """The engine runs it; a subclass with its own way is asked in Python."""

    class Mine(JWTAuthentication):
        async def authenticate(self, request):
            return None

    assert JWTAuthentication().is_native
    assert not Mine().is_native


@pytest.mark.parametrize("name", ["authenticate", "verify", "check_csrf", "check_revoked"])
@pytest.mark.parametrize("base", [JWTAuthentication, CookieJWT])
def test_what_a_subclass_refuses_is_refused(ann, protected, base, name):
    """Whichever step it overrides is asked, and not done by the engine instead."""

    async def refuse(self, *arguments):
        raise AuthenticationError("not here")

    scheme = type("Mine", (base,), {name: refuse})(cookie="t", header=None)
    browser = protected([scheme], [IsAuthenticated()])
    browser.cookies = {"t": create_jwt_for_user(ann, extra_claims={"csrf": "value"})}
    assert base().is_native
    assert browser.post("/it", headers={"X-CSRFToken": "value"}).json() == {"detail": "not here"}
