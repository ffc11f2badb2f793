"""What is verified in the engine: every algorithm, changing keys, revocation, published keys."""

import json
import time
from typing import Any

import jwt
import pytest
from bolt_auth import (
    CachedRevocation,
    InMemoryRevocation,
    IsAuthenticated,
    JWKSet,
    JWTAuthentication,
    SigningKey,
    create_token,
    create_token_pair,
)
from bolt_auth.keys import ALGORITHMS
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from .conftest import SECRET, token


@pytest.fixture(scope="module")
def private_keys():
    """A private key for every algorithm."""
    rsa_key = rsa.generate_private_key(65537, 2048)
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    return {
        **dict.fromkeys(("HS256", "HS384", "HS512"), SECRET),
        **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), rsa_key),
        **{name: ec.generate_private_key(curve) for name, curve in curves.items()},
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm(open_client, algorithm, private_keys):
    """A token of every algorithm is verified, and refused with one byte of its signature changed."""
    private = private_keys[algorithm]
    source: dict[str, Any] = {"secret": private} if algorithm.startswith("HS") else {"public_key": private.public_key()}
    client = open_client([JWTAuthentication(algorithms=[algorithm], **source)], [IsAuthenticated()])
    made = create_token("7", SigningKey(private, algorithm))
    head, _, signature = made.rpartition(".")
    changed = f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"

    assert client.get("/", headers=bearer(made)).json()["user_id"] == "7"
    assert client.get("/", headers=bearer(changed)).status_code == 401


def test_public_key_is_no_secret(open_client, private_keys):
    """A token signed with the public key's own text is refused (RFC 8725 §2.1)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = private_keys["RS256"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    client = open_client([JWTAuthentication(public_key=pem)], [IsAuthenticated()])
    signer = jwt.algorithms.get_default_algorithms()["HS256"]
    body = token().rpartition(".")[0]
    forged = f"{body}.{jwt.utils.base64url_encode(signer.sign(body.encode(), pem)).decode()}"

    assert client.get("/", headers=bearer(forged)).status_code == 401


async def test_revoked_at_once(open_client):
    """A token that is revoked in this process is refused by the next request, cached or not; so are its family's."""
    store = InMemoryRevocation()
    client = open_client([JWTAuthentication(secret=SECRET, revocation_store=store)], [IsAuthenticated()])
    mine, other = token(jti="a"), token(jti="b")
    pair = create_token_pair("8", SigningKey(SECRET))
    for _ in range(3):
        assert client.get("/", headers=bearer(mine)).status_code == 200
    await store.revoke("a")
    refused = client.get("/", headers=bearer(mine))
    assert (refused.status_code, refused.json()) == (401, {"detail": "The token has been revoked"})
    assert client.get("/", headers=bearer(other)).status_code == 200
    assert client.get("/", headers=bearer(pair.access_token)).status_code == 200
    family = jwt.decode(pair.access_token, options={"verify_signature": False})["family"]
    await store.revoke(f"family:{family}")
    assert client.get("/", headers=bearer(pair.access_token)).status_code == 401
    await store.revoke_all("7")
    assert client.get("/", headers=bearer(other)).status_code == 401


def test_revoked_before_the_server_started(open_client):
    """What a store knew before counts as well."""
    store = InMemoryRevocation()
    store.revoke_sync("a")
    client = open_client([JWTAuthentication(secret=SECRET, revocation_store=store)], [IsAuthenticated()])

    assert client.get("/", headers=bearer(token(jti="a"))).status_code == 401


class Slow(InMemoryRevocation):
    """A store that takes a round trip; counts them, and may be out of reach."""

    asked = 0
    down = False

    async def is_revoked(self, jti, *, user_id=None, issued_at=None):
        """Ask."""
        type(self).asked += 1
        if type(self).down:
            raise ConnectionError
        return await super().is_revoked(jti, user_id=user_id, issued_at=issued_at)


@pytest.fixture
def slow():
    """A fresh one."""
    Slow.asked, Slow.down = 0, False
    return Slow()


async def test_slow_store_is_asked_once(open_client, slow):
    """A good token costs one round trip in the stated time; a revocation here counts at once."""
    client = open_client([JWTAuthentication(secret=SECRET, revocation_store=slow)], [IsAuthenticated()])
    mine = token(jti="a")
    found = [client.get("/", headers=bearer(mine)).json() for _ in range(5)]
    assert slow.asked == 1
    assert all(one == found[0] for one in found)
    await slow.revoke("a")
    assert client.get("/", headers=bearer(mine)).status_code == 401


def test_store_that_goes_stale(open_client, slow):
    """With no staleness at all every request asks; an answer older than it is never used."""
    cached = CachedRevocation(slow, staleness=0)
    client = open_client([JWTAuthentication(secret=SECRET, revocation_store=cached)], [IsAuthenticated()])
    mine = token(jti="a")
    for _ in range(3):
        assert client.get("/", headers=bearer(mine)).status_code == 200
    assert slow.asked == 3
    slow._tokens["a"] = time.time() + 60
    assert client.get("/", headers=bearer(mine)).status_code == 401


def test_unreachable_store(open_client, slow):
    """A store out of reach refuses with 503, or lets pass where that is said; bad tokens are 401 all the same."""
    Slow.down = True
    refusing = open_client([JWTAuthentication(secret=SECRET, revocation_store=slow)], [IsAuthenticated()])
    allowing = open_client(
        [JWTAuthentication(secret=SECRET, revocation_store=slow, unreachable="allow")], [IsAuthenticated()]
    )

    assert refusing.get("/", headers=bearer(token())).status_code == 503
    assert allowing.get("/", headers=bearer(token())).status_code == 200
    assert refusing.get("/", headers=bearer(token(exp=1))).status_code == 401


def test_published_keys(open_client, private_keys):
    """Keys are fetched for the first token and then the engine's; a new one is fetched when a token names it."""

    def published(name: str, kid: str) -> dict[str, Any]:
        signer = jwt.algorithms.get_default_algorithms()[name]
        return {**json.loads(signer.to_jwk(private_keys[name].public_key())), "kid": kid, "use": "sig"}

    fetched, document = [], {"keys": [published("ES256", "one")]}

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return json.dumps(document).encode()

    keys = JWKSet("https://issuer.example/keys", fetch=fetch)
    client = open_client([JWTAuthentication(jwks=keys)], [IsAuthenticated()])
    first = create_token("7", SigningKey(private_keys["ES256"], "ES256", kid="one"))
    second = create_token("8", SigningKey(private_keys["EdDSA"], "EdDSA", kid="two"))
    assert [client.get("/", headers=bearer(first)).json()["user_id"] for _ in range(3)] == ["7", "7", "7"]
    assert len(fetched) == 1
    assert client.get("/", headers=bearer(second)).status_code == 401
    document["keys"].append(published("EdDSA", "two"))
    keys._not_before = 0.0
    assert client.get("/", headers=bearer(second)).json()["user_id"] == "8"
    assert len(fetched) == 2


def test_issuer_that_never_answered(open_client, private_keys):
    """Where no key was ever fetched nobody can be let in: 503, not a pass and not a 500."""

    def fetch(url: str) -> bytes:
        raise OSError("down")

    keys = JWKSet("https://issuer.example/keys", fetch=fetch)
    client = open_client([JWTAuthentication(jwks=keys)], [IsAuthenticated()])

    made = create_token("7", SigningKey(private_keys["ES256"], "ES256"))
    assert client.get("/", headers=bearer(made)).status_code == 503
    assert client.get("/", headers=bearer("a.b.c")).status_code == 401
