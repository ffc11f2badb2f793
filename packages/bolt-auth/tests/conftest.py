"""Keys of every kind, and a request as schemes see one."""

import time
from collections.abc import Mapping, Sequence

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

SECRET = "a-secret-of-at-least-sixty-four-bytes-for-the-longest-hash-there-is"


class Headers:
    """Header fields as frameworks give them to schemes."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self._fields = fields

    def get_all(self, name: str) -> list[str]:
        """Every value of the field."""
        return [value for sent, value in self._fields if sent.lower() == name.lower()]


class FakeRequest:
    """Only what schemes and guards read."""

    def __init__(
        self,
        *fields: tuple[str, str],
        method: str = "GET",
        cookies: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        auth: Mapping[str, object] | None = None,
    ) -> None:
        self.headers = Headers(fields)
        self.method = method
        self.cookies = dict(cookies or {})
        self.query_params = dict(query or {})
        self.auth = dict(auth or {})


@pytest.fixture
def request_with():
    """Makes a request of header fields and keywords."""
    return FakeRequest


@pytest.fixture(scope="session")
def private_keys():
    """A private key for every algorithm."""
    rsa_key = rsa.generate_private_key(65537, 2048)
    return {
        **dict.fromkeys(("HS256", "HS384", "HS512"), SECRET),
        **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), rsa_key),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "ES384": ec.generate_private_key(ec.SECP384R1()),
        "ES512": ec.generate_private_key(ec.SECP521R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }


@pytest.fixture
def make():
    """Makes a token of claims, good for a minute unless they say otherwise."""

    def make(claims: Mapping[str, object] | None = None, key=SECRET, algorithm="HS256", headers=None) -> str:
        now = int(time.time())
        said = {"sub": "7", "iat": now, "exp": now + 60, "jti": "j", **(claims or {})}
        said = {name: value for name, value in said.items() if value is not ...}
        return jwt.encode(said, key, algorithm=algorithm, headers=headers)

    return make
