import pytest
from bolt_auth import auth_from_claims


def test_every_member():
    """All that handlers may read is there, whatever the token says."""
    assert auth_from_claims({}) == {
        "user_id": None,
        "is_staff": False,
        "is_superuser": False,
        "permissions": [],
        "scopes": [],
        "jti": None,
        "claims": {},
        "backend": "jwt",
    }


@pytest.mark.parametrize(
    ("claims", "user"),
    [
        ({"sub": "7"}, "7"),
        ({"user_id": "8"}, "8"),
        ({"user_id": 8}, "8"),
        ({"sub": "7", "user_id": "8"}, "7"),
        ({"user_id": True}, None),
        ({"sub": ""}, None),
    ],
)
def test_user_id(claims, user):
    """The user is `sub`, else `user_id`, and always a string."""
    assert auth_from_claims(claims)["user_id"] == user


@pytest.mark.parametrize("value", [1, "true", "yes", [True], None])
def test_flags_are_true_only_where_they_are_true(value):
    """A flag that is anything but `true` is not set."""
    assert auth_from_claims({"is_staff": value, "is_superuser": value})["is_staff"] is False
    assert auth_from_claims({"is_superuser": value})["is_superuser"] is False


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "read write"}, ["read", "write"]),
        ({"scp": ["read"]}, ["read"]),
        ({"scopes": ["a", 7]}, ["a"]),
        ({"scope": 7}, []),
    ],
)
def test_scopes(claims, scopes):
    """Scopes are read in each of the ways that issuers write them."""
    assert auth_from_claims(claims)["scopes"] == scopes


def test_permissions_are_texts():
    """What is no list of texts grants nothing."""
    assert auth_from_claims({"permissions": ["a", 7, None]})["permissions"] == ["a"]
    assert auth_from_claims({"permissions": "abc"})["permissions"] == []
