import json
import time

import pytest
from bolt_auth import (
    AuthenticationError,
    CachedRevocation,
    InMemoryRevocation,
    InvalidToken,
    JWTAuthentication,
    RevocationUnavailable,
    SigningKey,
    VerificationKey,
    create_token_pair,
)
from bolt_auth.schemes.base import CSRFError

from .conftest import SECRET


@pytest.fixture
def scheme():
    """Bearer tokens of one secret."""
    return JWTAuthentication(secret=SECRET)


def bearer(token: str, word: str = "Bearer") -> tuple[str, str]:
    return ("Authorization", f"{word} {token}")


@pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER", "bEaReR"])
async def test_bearer_in_any_case(scheme, request_with, make, word):
    """The scheme's name is case-insensitive (RFC 9110 §11.1)."""
    auth = await scheme.authenticate(request_with(bearer(make({"is_staff": True}), word)))

    assert (auth["user_id"], auth["is_staff"], auth["backend"]) == ("7", True, "jwt")


@pytest.mark.parametrize(
    "fields",
    [(), (("Authorization", "Basic YTpi"),), (("Authorization", ""),), (("X", "y"),), (("Authorization", "Bearerx"),)],
)
async def test_no_credential(scheme, request_with, fields):
    """Without a bearer token there is no credential of this scheme; another scheme's is not its business."""
    assert await scheme.authenticate(request_with(*fields)) is None


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer ", "Bearer a b", "Bearer a.b.c", "Bearer \t", "bearer é", "Bearer a,b"]
)
async def test_garbage_is_refused(scheme, request_with, value):
    """What begins as a bearer credential and is none is invalid, not absent."""
    with pytest.raises(AuthenticationError):
        await scheme.authenticate(request_with(("Authorization", value)))


async def test_doubled_field(scheme, request_with, make):
    """A field that may stand once stands twice: refused, whatever the second one is."""
    with pytest.raises(AuthenticationError, match="More than one"):
        await scheme.authenticate(request_with(bearer(make()), bearer(make())))
    with pytest.raises(AuthenticationError, match="More than one"):
        await scheme.authenticate(request_with(bearer(make()), ("Authorization", "Basic YTpi")))


async def test_two_places(request_with, make):
    """A token in the header and another in the cookie are two credentials."""
    scheme = JWTAuthentication(secret=SECRET, cookie="token")

    with pytest.raises(AuthenticationError, match="More than one"):
        await scheme.authenticate(request_with(bearer(make()), cookies={"token": make()}))
    assert await scheme.authenticate(request_with(cookies={"token": make()}))


async def test_other_places(request_with, make):
    """A header of its own without a scheme's name, a scheme of its own, and a query parameter."""
    token = make()
    bare = JWTAuthentication(secret=SECRET, header="X-Token", scheme=None)
    worded = JWTAuthentication(secret=SECRET, scheme="JWT")
    query = JWTAuthentication(secret=SECRET, header=None, query="token")

    assert await bare.authenticate(request_with(("x-token", token)))
    assert await worded.authenticate(request_with(bearer(token, "jwt")))
    assert await query.authenticate(request_with(query={"token": token}))
    assert await query.authenticate(request_with(bearer(token))) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PURGE"])
async def test_cookie_needs_its_csrf_value(request_with, make, method):
    """An unsafe request with a cookie must show that it knows the token's claim `csrf`."""
    scheme = JWTAuthentication(secret=SECRET, cookie="token")
    cookies = {"token": make({"csrf": "value"})}

    assert await scheme.authenticate(request_with(("X-CSRFToken", "value"), method=method, cookies=cookies))
    for fields in (
        (),
        (("X-CSRFToken", ""),),
        (("X-CSRFToken", "other"),),
        (("X-CSRFToken", "value"),) * 2,
        (("X-CSRFToken", "é"),),
    ):
        with pytest.raises(CSRFError):
            await scheme.authenticate(request_with(*fields, method=method, cookies=cookies))
    with pytest.raises(CSRFError):
        await scheme.authenticate(request_with(("X-CSRFToken", ""), method=method, cookies={"token": make()}))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
async def test_safe_methods_and_headers_need_none(request_with, make, method):
    """Safe methods change nothing, and a header is no cookie that a browser adds by itself."""
    scheme = JWTAuthentication(secret=SECRET, cookie="token")

    assert await scheme.authenticate(request_with(method=method, cookies={"token": make()}))
    assert await scheme.authenticate(request_with(bearer(make()), method="POST"))


async def test_revocation(request_with, make):
    """A revoked token, and every token of a revoked user or family, is refused."""
    store = InMemoryRevocation()
    scheme = JWTAuthentication(secret=SECRET, revocation_store=store)
    token, pair = make(), create_token_pair("8", SigningKey(SECRET))
    assert await scheme.verify(token)
    await store.revoke("j")
    with pytest.raises(InvalidToken, match="revoked"):
        await scheme.verify(token)
    assert await scheme.verify(pair.access_token)
    await store.revoke_all("8")
    with pytest.raises(InvalidToken, match="revoked"):
        await scheme.verify(pair.access_token)


async def test_slow_stores_are_cached(make):
    """Any other store stands behind a cache with the staleness that is said, and refuses while it is away."""

    class Broken(InMemoryRevocation):
        async def is_revoked(self, jti, *, user_id=None, issued_at=None):
            raise ConnectionError

    scheme = JWTAuthentication(secret=SECRET, revocation_store=Broken(), staleness=7)
    assert scheme.to_wire()["revocation"]["kind"] == "external"
    assert scheme._revocation.staleness == 7.0
    assert scheme.may_be_undecided
    with pytest.raises(RevocationUnavailable):
        await scheme.verify(make())
    allowing = JWTAuthentication(secret=SECRET, revocation_store=Broken(), unreachable="allow")
    assert await allowing.verify(make())
    own = CachedRevocation(Broken(), staleness=1)
    assert JWTAuthentication(secret=SECRET, revocation_store=own)._revocation is own


async def test_several_secrets_and_algorithms(make):
    """Each of several secrets verifies, with the algorithms that were named and no others."""
    scheme = JWTAuthentication(secret=["n" * 64, SECRET], algorithms=["HS384"])

    assert await scheme.verify(make(algorithm="HS384"))
    with pytest.raises(InvalidToken):
        await scheme.verify(make())


async def test_public_keys(private_keys, make):
    """A public key verifies what its private key signed."""
    scheme = JWTAuthentication(
        public_key=private_keys["EdDSA"].public_key(), issuer=["a", "b"], audience="me", leeway=5
    )
    claims = {"iss": "b", "aud": ["me"], "exp": time.time() - 3}

    assert await scheme.verify(make(claims, private_keys["EdDSA"], "EdDSA"))
    assert JWTAuthentication(jwks={"keys": [{"kty": "oct", "k": "eHh4" * 20}]}).keys_now()[0].key_type == "oct"
    key = VerificationKey.from_secret(SECRET)
    assert JWTAuthentication(keys=[key]).keys_now() == [key]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "has no key"),
        ({"secret": ""}, "empty"),
        ({"secret": SECRET, "audiance": "x"}, "has no option 'audiance'"),
        ({"secret": SECRET, "leeway": -1}, "leeway"),
        ({"secret": SECRET, "leeway": 99999}, "leeway"),
        ({"secret": SECRET, "header": None}, "looks nowhere"),
        ({"secret": SECRET, "cookie": "a b"}, "no name of a cookie"),
        ({"secret": SECRET, "scheme": "a b"}, "no name of a header"),
        ({"secret": SECRET, "revocation_store": object()}, "lacks revoke"),
    ],
)
def test_mistakes(options, text):
    """Options that cannot work are errors where the scheme is made."""
    with pytest.raises(ValueError, match=text):
        JWTAuthentication(**options)


def test_wire(scheme):
    """All that the engine needs is plain data; the challenge names the realm."""
    wire = JWTAuthentication(secret=SECRET, realm='the "shop"', revocation_store=InMemoryRevocation()).to_wire()

    assert wire["challenge"] == 'Bearer realm="the \\"shop\\""'
    assert wire["places"] == [("header", "Authorization", "Bearer")]
    assert wire["keys"] == [{"kid": None, "algorithms": ["HS256"], "kty": "oct", "secret": SECRET.encode()}]
    assert (wire["require"], wire["token_type"], wire["undecided_keys"]) == (["exp"], "access", False)
    assert wire["revocation"]["kind"] == "memory"
    assert scheme.to_wire()["revocation"] is None
    assert scheme.is_native


def test_identity_is_the_same_from_the_engine(scheme):
    """What the engine hands over as JSON becomes the same `request.auth`."""
    claims = {"sub": "7", "permissions": ["a"]}

    assert scheme.identity(json.dumps(claims).encode())["permissions"] == ["a"]


def test_overridden_method_is_asked():
    """A subclass with its own `authenticate` is not the engine's to run."""

    class Mine(JWTAuthentication):
        async def authenticate(self, request):
            return None

    assert not Mine(secret=SECRET).is_native


def test_repr_hides_the_secret(scheme):
    """A scheme in a log shows no key."""
    assert SECRET not in repr(scheme)


def test_key_listeners(scheme):
    """Whoever asks is told of other keys, until it ends."""
    told = []
    end = scheme.on_keys(lambda: told.append(1))
    scheme.keys_changed()
    end()
    scheme.keys_changed()

    assert told == [1]
