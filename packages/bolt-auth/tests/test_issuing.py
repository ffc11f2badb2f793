import asyncio
import time
from datetime import timedelta

import jwt
import pytest
from bolt_auth import (
    InMemoryRevocation,
    InvalidToken,
    JWTAuthentication,
    Lifetimes,
    Rotation,
    SigningKey,
    TokenRules,
    VerificationKey,
    create_token,
    create_token_pair,
    rotate_refresh_token,
    verify,
)
from bolt_auth.issuing import refresh_claims
from bolt_auth.keys import ALGORITHMS
from jwt.algorithms import get_default_algorithms

from .conftest import SECRET

KEYS = [VerificationKey.from_secret(SECRET)]
KEY = SigningKey(SECRET)


@pytest.fixture
def rotation():
    """Everything to rotate tokens with, in memory."""
    return Rotation(signing_key=KEY, keys=KEYS, store=InMemoryRevocation())


def claims_of(token: str, **rules) -> dict:
    return verify(token, KEYS, TokenRules(token_type=None, **rules), now=time.time())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_signs(algorithm, private_keys):
    """What is signed with a private key verifies with its public half, and names the key."""
    private = private_keys[algorithm]
    token = create_token("7", SigningKey(private, algorithm, kid="k"))
    if algorithm.startswith("HS"):
        public = VerificationKey.from_secret(private, [algorithm], "k")
    else:
        public = VerificationKey.from_public_key(private.public_key(), [algorithm], "k")

    assert verify(token, [public], TokenRules(), now=time.time())["sub"] == "7"
    assert jwt.get_unverified_header(token)["kid"] == "k"
    assert get_default_algorithms()[algorithm]


def test_token_has_its_own_name_and_dates():
    """Every token has `sub`, `iat`, `exp` and a `jti` that no other has."""
    one, other = (claims_of(create_token("7", KEY, timedelta(minutes=5))) for _ in range(2))

    assert one["exp"] - one["iat"] == 300
    assert one["jti"] != other["jti"]
    assert one["sub"] == "7"


def test_claims_are_added():
    """Claims of one's own stand beside these, and may replace them."""
    assert claims_of(create_token("7", KEY, claims={"plan": "pro", "jti": "mine"}))["plan"] == "pro"
    assert claims_of(create_token("7", KEY, claims={"jti": "mine"}))["jti"] == "mine"


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: create_token(7, KEY), "write str"),
        (lambda: create_token("", KEY), "write str"),
        (lambda: create_token("7", KEY, timedelta(0)), "must live"),
        (lambda: SigningKey(""), "empty"),
        (lambda: SigningKey("x", "none"), "unknown algorithm"),
    ],
)
def test_mistakes(make, text):
    """A token that could not work is an error where it is made."""
    with pytest.raises(ValueError, match=text):
        make()


def test_secrets_stay_out_of_reprs():
    """Neither the signing key nor tokens are shown."""
    pair = create_token_pair("7", KEY)

    assert SECRET not in repr(KEY)
    assert pair.access_token not in repr(pair)
    assert pair.refresh_token not in repr(pair)


def test_pair():
    """The access token has the claims and the short life; the refresh token opens no route."""
    pair = create_token_pair("7", KEY, Lifetimes(access=timedelta(minutes=1)), {"is_staff": True})
    access, refresh = claims_of(pair.access_token), claims_of(pair.refresh_token)

    assert (access["is_staff"], access["token_type"], pair.expires_in) == (True, "access", 60)
    assert "is_staff" not in refresh
    assert access["family"] == refresh["family"]
    assert pair.as_dict()["token_type"] == "bearer"
    with pytest.raises(InvalidToken, match="of another type"):
        asyncio.run(JWTAuthentication(secret=SECRET).verify(pair.refresh_token))


async def test_rotation(rotation):
    """A refresh token gets the next pair of the same family, with fresh claims."""
    first = create_token_pair("7", KEY)
    second = await rotate_refresh_token(first.refresh_token, rotation, {"is_staff": True})

    assert claims_of(second.access_token)["is_staff"] is True
    assert claims_of(second.refresh_token)["family"] == claims_of(first.refresh_token)["family"]
    assert (await rotate_refresh_token(second.refresh_token, rotation)).access_token


async def test_reuse_revokes_the_family(rotation):
    """A refresh token that comes again ends every token of its login, newer ones too, and no other login."""
    scheme = JWTAuthentication(secret=SECRET, revocation_store=rotation.store)
    first, other = create_token_pair("7", KEY), create_token_pair("7", KEY)
    second = await rotate_refresh_token(first.refresh_token, rotation)

    with pytest.raises(InvalidToken, match="used before"):
        await rotate_refresh_token(first.refresh_token, rotation)
    with pytest.raises(InvalidToken, match="revoked"):
        await rotate_refresh_token(second.refresh_token, rotation)
    for token in (first.access_token, second.access_token):
        with pytest.raises(InvalidToken, match="revoked"):
            await scheme.verify(token)
    assert await rotate_refresh_token(other.refresh_token, rotation)


async def test_two_at_once(rotation):
    """Of two that present the same refresh token at once, one gets a pair."""
    token = create_token_pair("7", KEY).refresh_token
    found = await asyncio.gather(*(rotate_refresh_token(token, rotation) for _ in range(8)), return_exceptions=True)

    assert sum(not isinstance(one, Exception) for one in found) == 1
    assert all(isinstance(one, InvalidToken) for one in found if isinstance(one, Exception))


async def test_revoked_user_cannot_refresh(rotation):
    """`revoke_all` ends refresh tokens as well."""
    token = create_token_pair("7", KEY).refresh_token
    await rotation.store.revoke_all("7")

    with pytest.raises(InvalidToken, match="revoked"):
        await rotate_refresh_token(token, rotation)


def test_only_refresh_tokens_are_exchanged(rotation, make):
    """An access token, and a refresh token without a family, are refused."""
    with pytest.raises(InvalidToken, match="of another type"):
        refresh_claims(create_token_pair("7", KEY).access_token, rotation)
    with pytest.raises(InvalidToken, match="lacks the claim family"):
        refresh_claims(make({"token_type": "refresh"}), rotation)
