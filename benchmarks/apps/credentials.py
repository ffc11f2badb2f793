"""Tokens and keys that the benchmark sends, and what verifies them. Fixed, and good for nothing else."""

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

SECRET = "a-secret-of-the-benchmark-and-of-nothing-else"
ES256_KEY = ec.derive_private_key(0xB017, ec.SECP256R1())
EDDSA_KEY = ed25519.Ed25519PrivateKey.from_private_bytes(b"b" * 32)

CLAIMS = {"sub": "42", "iat": 1_700_000_000, "exp": 4_000_000_000, "jti": "7f9c24e5", "is_staff": False}
API_KEYS = [f"bench_{number:08x}_{'k' * 35}{number:08x}" for number in range(10_000)]


def bearer(key: object = SECRET, algorithm: str = "HS256", **claims: object) -> dict[str, str]:
    """Header fields with a token of these claims."""
    token = jwt.encode({**CLAIMS, **claims}, key, algorithm=algorithm)  # type: ignore[arg-type]
    return {"Authorization": f"Bearer {token}"}
