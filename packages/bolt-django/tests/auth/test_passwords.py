"""The claim that ends tokens with the password."""

import re

import pytest
from bolt_django.auth.passwords import password_claim, password_matches
from boltsite.people.models import Member
from django.contrib.auth.models import User
from django.test import override_settings


@pytest.fixture
def user() -> User:
    """Not saved, which does not matter."""
    made = User(username="ann")
    made.set_password("secret")
    return made


@pytest.mark.parametrize("model", [User, Member])
def test_a_claim_is_good_for_one_password(model: type[User]) -> None:
    """Until it is set anew, be it to the same; other users' are others."""
    user, other = model(), model()
    for one in (user, other):
        one.set_password("secret")
    claim = password_claim(user)

    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", claim)
    assert password_claim(user) == claim
    assert password_matches(user, claim)
    assert not password_matches(other, claim)
    user.set_password("secret")
    assert not password_matches(user, claim)


@pytest.mark.parametrize("claim", [None, "", 1, b"x", ["x"], "ü", "\ud800"])
def test_what_is_no_claim_does_not_match(user: User, claim: object) -> None:
    """Whatever a token says."""
    assert not password_matches(user, claim)


def test_a_claim_of_an_old_key(user: User) -> None:
    """It is good while the key is among the fallbacks, any of them."""
    with override_settings(SECRET_KEY="old"):
        claim = password_claim(user)

    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["newer", "old"]):
        assert password_claim(user) != claim
        assert password_matches(user, claim)
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["newer"]):
        assert not password_matches(user, claim)


def test_a_claim_is_not_what_a_session_has(user: User) -> None:
    """Whoever reads a token does not learn what would make a session good."""
    assert password_claim(user) not in user.get_session_auth_hash()
