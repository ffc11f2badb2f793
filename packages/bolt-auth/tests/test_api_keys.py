import time

import pytest
from bolt_auth import APIKeyRecord, APIKeys, generate_api_key
from bolt_auth.api_keys import auth_from_api_key, digest, public_prefix
from hypothesis import given
from hypothesis import strategies as st


def test_a_new_key():
    """Keys have the prefix, a public part and 256 random bits; no two are the same."""
    keys = {generate_api_key("shop") for _ in range(200)}

    assert len(keys) == 200
    for key in keys:
        prefix, public, secret = key.split("_", 2)
        assert (prefix, len(public), len(secret)) == ("shop", 8, 43)
        assert public_prefix(key) == f"shop_{public}"
        assert secret not in public_prefix(key)


@pytest.mark.parametrize("key", ["", "secret-key-123", "a_b", "a_b_c", "shop_12345678_short"])
def test_no_part_of_a_foreign_key_is_public(key):
    """Of keys that were not made here nothing is shown."""
    assert public_prefix(key) == ""


@pytest.mark.parametrize("prefix", ["", "a b", "a_b", "é"])
def test_prefix_must_be_a_word(prefix):
    """A prefix that would not survive in a header is refused."""
    with pytest.raises(ValueError, match="letters and digits"):
        generate_api_key(prefix)


def test_finding():
    """A key is found by itself alone."""
    keys = APIKeys({"alpha-1": {"user_id": "7", "permissions": ["read"]}, "beta-1": APIKeyRecord(name="cron")})

    assert keys.find("alpha-1").user_id == "7"
    assert keys.find("beta-1").name == "cron"
    for wrong in ("", "alpha", "alpha-1 ", "ALPHA-1", "alpha-1\0", "é", "\udc80", "x" * 5000):
        assert keys.find(wrong) is None


@given(st.text())
def test_any_other_text_is_no_key(text):
    """Whatever is presented, only the key itself is found, and nothing raises."""
    assert (APIKeys({"alpha-1"}).find(text) is not None) is (text == "alpha-1")


def test_permissions_for_all_or_by_key():
    """Permissions are granted to every key, or to each its own; a record's own count first."""
    every = APIKeys({"a-1", "b-1"}, permissions=["read"])
    single = APIKeys(["a-1", "b-1"], permissions={"a-1": ["write"]})
    own = APIKeys({"a-1": {"permissions": ("own",)}}, permissions=["read"])

    assert every.find("b-1").permissions == ("read",)
    assert single.find("a-1").permissions == ("write",)
    assert single.find("b-1").permissions == ()
    assert own.find("a-1").permissions == ("own",)


def test_expiry():
    """An expired key is not found."""
    keys = APIKeys({"old-1": {"expires_at": time.time() - 1}, "new-1": {"expires_at": time.time() + 60}})

    assert keys.find("old-1") is None
    assert keys.find("new-1") is not None


def test_keys_are_kept_as_digests():
    """Neither the object nor what it hands on has a key in it."""
    keys = APIKeys({"alpha-secret"})

    assert "alpha" not in repr(keys)
    assert list(keys.to_wire()) == [digest("alpha-secret")]
    assert b"alpha" not in keys.to_wire()[digest("alpha-secret")]
    assert "alpha" not in repr(vars(keys))
    assert "alpha" not in str(auth_from_api_key(keys.find("alpha-secret")))


@pytest.mark.parametrize("keys", [{""}, {7}, {"a b"}, {"é"}, {"a\0"}, {"x" * 2000}, "one-key", {"a-1": {"what": 1}}])
def test_keys_that_cannot_work(keys):
    """Keys that no header can carry, and one string in place of a set, are errors that say what to give."""
    with pytest.raises(ValueError, match=r"API key|api_keys"):
        APIKeys(keys)


def test_auth_of_a_key():
    """`request.auth` has the same members as for a token, and the record as claims."""
    auth = auth_from_api_key(APIKeyRecord(user_id="7", scopes=("read",), is_staff=True, name="cron"))

    assert (auth["user_id"], auth["scopes"], auth["is_staff"], auth["backend"], auth["jti"]) == (
        "7",
        ["read"],
        True,
        "api_key",
        None,
    )
    assert auth["claims"]["name"] == "cron"
