import base64
import json

import pytest
from bolt_auth import VerificationKey, keys_from_jwks
from bolt_auth.keys import ALGORITHMS
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import get_default_algorithms


def public(key):
    return key.public_key() if hasattr(key, "public_key") else key


def pem(key) -> bytes:
    return public(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def verification(algorithm, private_keys, kid=None):
    key = private_keys[algorithm]
    if algorithm.startswith("HS"):
        return VerificationKey.from_secret(key, [algorithm], kid)
    return VerificationKey.from_public_key(pem(key), [algorithm], kid)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_verifies_its_own_signature(algorithm, private_keys):
    """A signature verifies with its key, and with one byte changed it does not."""
    signer = get_default_algorithms()[algorithm]
    key = private_keys[algorithm]
    signature = signer.sign(b"signed", signer.prepare_key(key))
    verifying = verification(algorithm, private_keys)

    assert verifying.verifies(algorithm, b"signed", signature)
    assert not verifying.verifies(algorithm, b"Signed", signature)
    assert not verifying.verifies(algorithm, b"signed", b"")
    assert not verifying.verifies(algorithm, b"signed", bytes([signature[0] ^ 1]) + signature[1:])


def test_key_is_for_its_algorithms_alone(private_keys):
    """A key made for RS256 does not verify PS256, though the numbers are the same."""
    signer = get_default_algorithms()["PS256"]
    signature = signer.sign(b"signed", private_keys["PS256"])

    assert not verification("RS256", private_keys).verifies("PS256", b"signed", signature)


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512", "EdDSA", "RS256"])
def test_usual_algorithm_of_a_public_key(algorithm, private_keys):
    """Without algorithms a public key is for the one that its type suggests."""
    assert VerificationKey.from_public_key(public(private_keys[algorithm])).algorithms == (algorithm,)


def test_certificate_is_a_public_key(private_keys):
    """The key of an X.509 certificate in PEM is taken."""
    import datetime

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer")])
    key = private_keys["RS256"]
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start + datetime.timedelta(days=9))
    from cryptography.hazmat.primitives.hashes import SHA256

    certificate = builder.sign(key, SHA256()).public_bytes(Encoding.PEM)

    wire = VerificationKey.from_public_key(certificate.decode()).to_wire()
    assert wire["n"] == VerificationKey.from_public_key(pem(key)).to_wire()["n"]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda keys: VerificationKey.from_secret(""), "is empty"),
        (lambda keys: VerificationKey.from_secret(pem(keys["RS256"])), "give it as public_key="),
        (lambda keys: VerificationKey.from_secret("x" * 32, []), "name at least one"),
        (lambda keys: VerificationKey.from_secret("x" * 32, "HS256"), r"give a list: \['HS256'\]"),
        (lambda keys: VerificationKey.from_secret("x" * 32, ["none"]), "unknown algorithm 'none'"),
        (lambda keys: VerificationKey.from_secret("x" * 32, ["RS256"]), "RS256 does not fit a key of type oct"),
        (lambda keys: VerificationKey.from_public_key(pem(keys["RS256"]), ["HS256"]), "HS256 does not fit"),
        (lambda keys: VerificationKey.from_public_key(pem(keys["ES256"]), ["ES384"]), "ES384 does not fit"),
        (lambda keys: VerificationKey.from_public_key("no key"), "cannot be read"),
        (lambda keys: VerificationKey.from_public_key(keys["RS256"]), "give its public half"),
        (lambda keys: VerificationKey.from_public_key(rsa.generate_private_key(65537, 1024).public_key()), "1024 bits"),
        (lambda keys: VerificationKey.from_public_key(dsa.generate_private_key(2048).public_key()), "no public key"),
        (lambda keys: VerificationKey.from_public_key(ec.generate_private_key(ec.SECP256K1()).public_key()), "no publ"),
        (lambda keys: VerificationKey.from_jwk({"kty": "RSA", "kid": "a"}), "the JWK 'a' is no key"),
        (lambda keys: VerificationKey.from_jwk({"kty": "what"}), "is no key"),
    ],
)
def test_unusable_key_is_refused(make, text, private_keys):
    """What cannot verify tokens safely is an error that says what to give."""
    with pytest.raises(ValueError, match=text):
        make(private_keys)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "ES384", "ES512", "EdDSA"])
def test_jwk_of_every_type(algorithm, private_keys):
    """A JWK gives the key that the PEM of the same key does."""
    jwk = json.loads(get_default_algorithms()[algorithm].to_jwk(public(private_keys[algorithm])))

    key = VerificationKey.from_jwk({**jwk, "kid": "one", "alg": algorithm})
    assert key.kid == "one"
    assert key.to_wire() == verification(algorithm, private_keys, "one").to_wire()


def test_jwk_alg_narrows():
    """A JWK's own `alg` leaves out the other algorithms, and one that is not wanted leaves none."""
    jwk = {"kty": "oct", "k": base64.urlsafe_b64encode(b"x" * 64).decode().rstrip("="), "alg": "HS512"}

    assert VerificationKey.from_jwk(jwk, ["HS256", "HS512"]).algorithms == ("HS512",)
    with pytest.raises(ValueError, match="no algorithm is left"):
        VerificationKey.from_jwk(jwk, ["HS256"])


def test_set_leaves_out_what_it_cannot_use(private_keys):
    """Encryption keys, unknown types, keys that may not verify and, unless asked for, secrets are left out."""
    good = json.loads(get_default_algorithms()["ES256"].to_jwk(public(private_keys["ES256"])))
    secret = {"kty": "oct", "k": "eA" * 40}
    jwks = {"keys": [good, {**good, "use": "enc"}, {**good, "key_ops": ["sign"]}, {"kty": "new"}, secret, "no"]}

    assert len(keys_from_jwks(jwks)) == 1
    assert len(keys_from_jwks(jwks, symmetric=True)) == 2


@pytest.mark.parametrize("jwks", [{}, {"keys": "no"}, {"keys": {}}, []])
def test_set_without_keys_is_refused(jwks):
    """A document without a list of keys is no key set."""
    with pytest.raises(ValueError, match="RFC 7517"):
        keys_from_jwks(jwks)


@pytest.mark.parametrize(
    ("length", "algorithms", "weak"),
    [(31, ["HS256"], True), (32, ["HS256"], False), (47, ["HS256", "HS384"], True), (64, ["HS512"], False)],
)
def test_secret_shorter_than_its_hash_is_weak(length, algorithms, weak):
    """RFC 7518 §3.2: a secret has as many bytes as the longest hash it is used with."""
    assert (VerificationKey.from_secret("x" * length, algorithms).weak is not None) is weak


def test_public_key_is_never_weak(private_keys):
    """Only secrets are measured by their hash."""
    assert verification("ES256", private_keys).weak is None


def test_repr_shows_no_key():
    """A key in a log says what it is for, not what it is."""
    assert "hidden" not in repr(VerificationKey.from_secret("hidden" * 9))


@pytest.mark.parametrize(("algorithm", "size"), [("ES256", 32), ("ES384", 48), ("ES512", 66)])
def test_wire_has_full_coordinates(algorithm, size, private_keys):
    """Coordinates keep their leading zeros (RFC 7518 §6.2.1.2)."""
    wire = verification(algorithm, private_keys).to_wire()

    assert (len(wire["x"]), len(wire["y"])) == (size, size)
