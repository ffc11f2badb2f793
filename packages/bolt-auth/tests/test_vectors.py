"""Published examples: RFC 7515 appendix A, RFC 7520 §4, RFC 8037 appendix A."""

import base64

import pytest
from bolt_auth import VerificationKey


def raw(text: str) -> bytes:
    joined = "".join(text.split())
    return base64.urlsafe_b64decode(joined + "=" * (-len(joined) % 4))


RFC7515_CLAIMS = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
RFC7515_A1 = {
    "kty": "oct",
    "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
}
RFC7515_A3 = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
RFC8037_A = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


@pytest.mark.parametrize(
    ("jwk", "algorithm", "signed", "signature"),
    [
        (
            RFC7515_A1,
            "HS256",
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + RFC7515_CLAIMS,
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
        (
            RFC7515_A3,
            "ES256",
            "eyJhbGciOiJFUzI1NiJ9." + RFC7515_CLAIMS,
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
        (
            RFC8037_A,
            "EdDSA",
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ),
    ],
    ids=["RFC 7515 A.1", "RFC 7515 A.3", "RFC 8037 A.4"],
)
def test_published_signatures(jwk, algorithm, signed, signature):
    """The examples of the standards verify, and with one character changed they do not."""
    key = VerificationKey.from_jwk(jwk, [algorithm])

    assert key.verifies(algorithm, signed.encode(), raw(signature))
    assert not key.verifies(algorithm, signed.encode() + b"A", raw(signature))
