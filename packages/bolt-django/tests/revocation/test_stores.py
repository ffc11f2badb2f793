"""What every store does, whatever keeps it: the database, a cache in memory, Redis through Django's cache."""

import time
from typing import Any

import pytest
from bolt_django.revocation import CachedRevocation, RevocationStore


def test_one_token(store: Any) -> None:
    """A token is good until it is revoked; the first who revokes it is told that it was good."""
    assert isinstance(store.store, RevocationStore)
    assert not store.is_revoked("a")
    assert store.revoke("a") is True
    assert store.revoke("a") is False
    assert store.is_revoked("a")
    assert not store.is_revoked("b")
    assert not store.is_revoked(None)


def test_all_of_a_user(store: Any) -> None:
    """Tokens issued up to now are revoked with their user, later ones and those of others are not."""
    now = time.time()
    store.revoke_all("7")

    assert store.is_revoked("a", user_id="7", issued_at=now - 10)
    assert store.is_revoked("a", user_id="7", issued_at=int(now))
    assert store.is_revoked(None, user_id="7")
    assert not store.is_revoked("a", user_id="7", issued_at=now + 10)
    assert not store.is_revoked("a", user_id="8", issued_at=now - 10)
    store.revoke("a")
    assert store.is_revoked("a", user_id="8", issued_at=now - 10)
    assert store.is_revoked("a", user_id="7", issued_at=now + 10)


def test_all_of_a_user_again(store: Any) -> None:
    """What is revoked once stays so for its time, though it is revoked again for a shorter one."""
    now = time.time()
    store.revoke_all("7", expires_at=now + 1000)
    store.revoke_all("7", expires_at=now - 1000)

    assert store.is_revoked("a", user_id="7", issued_at=now - 10)


@pytest.mark.parametrize("jti", ["", None, 7])
def test_a_token_without_a_name(store: Any, jti: Any) -> None:
    """Revoking what has no `jti` is an error, not a revocation of nothing."""
    with pytest.raises(ValueError, match="jti"):
        store.revoke(jti)


@pytest.mark.parametrize("claim", [7, 1.5, True, [], {}, ["a"]])
def test_claims_that_are_no_names(store: Any, claim: Any) -> None:
    """What an issuer wrote into `jti` breaks nothing."""
    assert store.is_revoked(claim) is False


@pytest.mark.parametrize(
    "name", ["x" * 10_000, "a\0b", "\ud800", "ünï ©ode", " ", "'; DROP TABLE x; --", "%", "family:a"], ids=ascii
)
def test_any_name(store: Any, name: str) -> None:
    """Names that no column or key can hold are revoked like others, and no other with them."""
    assert store.revoke(name) is True
    assert store.revoke(name) is False
    store.revoke_all(name)
    assert store.is_revoked(name)
    assert store.is_revoked(None, user_id=name)
    assert not store.is_revoked(name + "x")
    assert not store.is_revoked(name[:-1])


@pytest.mark.parametrize("end", [1e18, 1e300, float("inf"), float("nan")])
def test_any_end(store: Any, end: float) -> None:
    """An expiry out of every calendar's range is as good as the last one in it."""
    assert store.revoke("a", expires_at=end) is True
    store.revoke_all("7", expires_at=end)
    assert store.is_revoked("a")
    assert store.is_revoked(None, user_id="7")


def test_a_time_that_was_over_before(store: Any) -> None:
    """A token that has expired can be revoked, too."""
    assert store.revoke("a", expires_at=-5.0) is True
    store.revoke_all("7", expires_at=-5.0)


def test_caches_in_front_hear_of_it(store: Any) -> None:
    """A process that has asked already refuses at once what it revokes through the store."""
    cached = type(store)(CachedRevocation(store.store, staleness=1000), True)
    now = time.time()
    assert not cached.is_revoked("a", user_id="7", issued_at=now)
    store.revoke("a")
    assert cached.is_revoked("a", user_id="7", issued_at=now)
    assert not cached.is_revoked("b", user_id="7", issued_at=now)
    store.revoke_all("7")
    assert cached.is_revoked("b", user_id="7", issued_at=now)
