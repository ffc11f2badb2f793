"""Keys that verify tokens. Each says which algorithms it is for: a token's own word about that counts for nothing."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from jwt.algorithms import Algorithm, get_default_algorithms
from jwt.exceptions import PyJWTError

type KeyType = Literal["oct", "RSA", "EC", "OKP"]
"""As RFC 7518 §6.1 and RFC 8037 §2 name them."""

HASH_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
"""The least length of a secret for each (RFC 7518 §3.2)."""

_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
_CURVE_OF = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
ALGORITHMS: Mapping[str, KeyType] = {
    **dict.fromkeys(HASH_BYTES, "oct"),
    **dict.fromkeys(_RSA, "RSA"),
    **dict.fromkeys(_CURVES.values(), "EC"),
    "EdDSA": "OKP",
}
"""Every algorithm that is understood, and the type of its keys."""

_SIGNERS: Mapping[str, Algorithm] = get_default_algorithms()


@dataclass(frozen=True, slots=True, eq=False)
class VerificationKey:
    """A key, the algorithms it may be used with, and its name in tokens. Made by the `from_…` methods."""

    key_type: KeyType
    algorithms: tuple[str, ...]
    kid: str | None
    _material: Any

    @classmethod
    def from_secret(
        cls, secret: str | bytes, algorithms: Iterable[str] = ("HS256",), kid: str | None = None
    ) -> "VerificationKey":
        """A secret for HMAC. Raises `ValueError` for an empty one, and for a public key in PEM: that is no secret."""
        raw = secret.encode() if isinstance(secret, str) else bytes(secret)
        if not raw:
            raise ValueError("the secret is empty; give a random one of 32 bytes or more")
        if raw.lstrip().startswith((b"-----BEGIN", b"ssh-")):
            raise ValueError("the secret is a key in PEM or SSH format; give it as public_key=")
        return cls("oct", _fitting(algorithms, "oct"), kid, raw)

    @classmethod
    def from_public_key(
        cls, key: Any, algorithms: Iterable[str] | None = None, kid: str | None = None
    ) -> "VerificationKey":
        """A public key: PEM text or bytes, a certificate in PEM, or an object of `cryptography`.

        *algorithms* default to RS256 for RSA, and otherwise to the one that the key allows. Raises `ValueError` for
        what is no public key of RSA (2048 bits or more), P-256, P-384, P-521 or Ed25519.
        """
        loaded = _loaded(key) if isinstance(key, str | bytes) else key
        key_type, usual = _kind(loaded)
        return cls(key_type, _fitting(usual if algorithms is None else algorithms, key_type, usual), kid, loaded)

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any], algorithms: Iterable[str] | None = None) -> "VerificationKey":
        """A key of a set (RFC 7517 §4). Its `alg` narrows *algorithms*; raises `ValueError` where nothing is left."""
        named = jwk.get("alg")
        wanted = None if algorithms is None else tuple(algorithms)
        if isinstance(named, str):
            wanted = (named,) if wanted is None or named in wanted else ()
        kid = jwk.get("kid") if isinstance(jwk.get("kid"), str) else None
        try:
            if jwk.get("kty") == "oct":
                raw = base64.urlsafe_b64decode(str(jwk["k"]) + "=" * (-len(str(jwk["k"])) % 4))
                return cls.from_secret(raw, ("HS256",) if wanted is None else wanted, kid)
            loader = _SIGNERS[{"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}[str(jwk.get("kty"))]]
            loaded = loader.from_jwk(dict(jwk))
        except (PyJWTError, KeyError, TypeError) as error:
            raise ValueError(f"the JWK {kid!r} is no key that can verify tokens: {error}") from error
        public = loaded.public_key() if hasattr(loaded, "public_key") else loaded
        return cls.from_public_key(public, wanted, kid)

    @property
    def weak(self) -> str | None:
        """What is wrong with a secret that is shorter than its hash (RFC 7518 §3.2); `None` for any other key."""
        if self.key_type != "oct":
            return None
        needed = max(HASH_BYTES[name] for name in self.algorithms)
        if len(self._material) >= needed:
            return None
        return f"the secret has {len(self._material)} bytes; {'/'.join(self.algorithms)} needs {needed}"

    def verifies(self, algorithm: str, signed: bytes, signature: bytes) -> bool:
        """Whether *signature* is this key's over *signed*; never for an algorithm that the key is not for."""
        if algorithm not in self.algorithms:
            return False
        try:
            return bool(_SIGNERS[algorithm].verify(signed, self._material, signature))
        except (ValueError, TypeError, PyJWTError):
            return False

    def to_wire(self) -> dict[str, Any]:
        """Plain data for another implementation: names and big-endian bytes."""
        wire: dict[str, Any] = {"kid": self.kid, "algorithms": list(self.algorithms), "kty": self.key_type}
        material = self._material
        if self.key_type == "oct":
            return wire | {"secret": material}
        if self.key_type == "OKP":
            return wire | {"x": material.public_bytes(Encoding.Raw, PublicFormat.Raw)}
        numbers = material.public_numbers()
        if self.key_type == "RSA":
            return wire | {"n": _big_endian(numbers.n), "e": _big_endian(numbers.e)}
        size = (material.curve.key_size + 7) // 8
        curve = _CURVE_OF[material.curve.name]
        return wire | {"crv": curve, "x": numbers.x.to_bytes(size), "y": numbers.y.to_bytes(size)}

    def __repr__(self) -> str:
        # Never the key itself: a repr ends in logs.
        return f"<VerificationKey {self.key_type} {'/'.join(self.algorithms)} kid={self.kid!r}>"


def keys_from_jwks(
    jwks: Mapping[str, Any], algorithms: Iterable[str] | None = None, *, symmetric: bool = False
) -> list[VerificationKey]:
    """The usable signature keys of a JWK set; what is unknown is left out (RFC 7517 §5).

    *symmetric* admits secrets, which a set that is fetched must not hold. Raises `ValueError` where the set has no
    `keys`.
    """
    listed = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise ValueError('a JWK set is an object with a list "keys" (RFC 7517 §5)')
    found = []
    for jwk in listed:
        if not isinstance(jwk, Mapping) or jwk.get("use", "sig") != "sig" or not _for_verifying(jwk):
            continue
        if jwk.get("kty") == "oct" and not symmetric:
            continue
        try:
            found.append(VerificationKey.from_jwk(jwk, algorithms))
        except ValueError:
            continue
    return found


def _for_verifying(jwk: Mapping[str, Any]) -> bool:
    operations = jwk.get("key_ops")
    return operations is None or (isinstance(operations, list) and "verify" in operations)


def _fitting(algorithms: Iterable[str], key_type: KeyType, allowed: Sequence[str] = ()) -> tuple[str, ...]:
    """*algorithms*, each of which a key of this type can be for."""
    if isinstance(algorithms, str):
        raise ValueError(f"algorithms is a string; give a list: [{algorithms!r}]")
    named = tuple(dict.fromkeys(algorithms))
    if not named:
        raise ValueError("no algorithm is left for the key; name at least one")
    for name in named:
        if name not in ALGORITHMS:
            raise ValueError(f"unknown algorithm {name!r}; there are {', '.join(ALGORITHMS)}")
        if ALGORITHMS[name] != key_type or (key_type == "EC" and name not in allowed):
            raise ValueError(f"{name} does not fit a key of type {key_type}; give algorithms of that type")
    return named


def _loaded(key: str | bytes) -> Any:
    raw = key.encode() if isinstance(key, str) else key
    try:
        if b"-----BEGIN CERTIFICATE" in raw:
            return load_pem_x509_certificate(raw).public_key()
        return load_pem_public_key(raw)
    except Exception as error:
        raise ValueError(f"the public key cannot be read; give it in PEM ({type(error).__name__})") from error


def _kind(key: Any) -> tuple[KeyType, tuple[str, ...]]:
    """The type of a loaded key and its usual algorithms."""
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < 2048:
            raise ValueError(f"the RSA key has {key.key_size} bits; RFC 7518 §3.3 asks for 2048 or more")
        return "RSA", ("RS256",)
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVE_OF:
        return "EC", (_CURVES[_CURVE_OF[key.curve.name]],)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "OKP", ("EdDSA",)
    raise ValueError(
        f"{type(key).__name__} is no public key of RSA, P-256, P-384, P-521 or Ed25519; a private key stays with the "
        "issuer: give its public half"
    )


def _big_endian(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)
