import base64
import contextlib
import json
import time

import jwt
import pytest
from bolt_auth import InvalidToken, TokenRules, VerificationKey, verify
from bolt_auth.verifying import candidates, unverified_header
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from .conftest import SECRET

KEY = VerificationKey.from_secret(SECRET)
NOW = 1_800_000_000.0
RULES = TokenRules()


def b64(data: bytes | str) -> str:
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: str, claims: str, key: VerificationKey = KEY, secret: str = SECRET) -> str:
    """A token of these very texts, with a good signature of HS256."""
    body = f"{b64(header)}.{b64(claims)}"
    signer = jwt.algorithms.get_default_algorithms()["HS256"]
    return f"{body}.{b64(signer.sign(body.encode(), secret.encode()))}"


def refused(token, rules=RULES, now=None, keys=(KEY,)) -> str:
    with pytest.raises(InvalidToken) as caught:
        verify(token, keys, rules, now=time.time() if now is None else now)
    return caught.value.detail


HS = '{"alg":"HS256","typ":"JWT"}'
GOOD = '{"sub":"7","exp":4000000000}'


def test_good_token(make):
    """A token that is good gives its claims."""
    assert verify(make(), [KEY], TokenRules(), now=time.time())["sub"] == "7"
    assert verify(make().encode(), [KEY], TokenRules(), now=time.time())["jti"] == "j"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "HS257", "", "RS256"])
def test_alg_is_not_the_tokens_to_choose(algorithm):
    """`alg: none` in any spelling, and an algorithm that the key is not for, are refused."""
    assert refused(signed(f'{{"alg":"{algorithm}"}}', GOOD))
    assert refused(f"{b64(json.dumps({'alg': algorithm}))}.{b64(GOOD)}.")


def test_public_key_is_no_secret(private_keys, make):
    """A token signed with the text of the public key as an HMAC secret is refused (RFC 8725 §2.1)."""
    pem = private_keys["RS256"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = VerificationKey.from_public_key(pem)

    assert refused(signed(HS, GOOD, secret=pem.decode()), keys=[key]) == "The token's signature is invalid"
    assert verify(make(key=private_keys["RS256"], algorithm="RS256"), [key], TokenRules(), now=time.time())


@pytest.mark.parametrize(
    "header",
    [
        '{"alg":"HS256","crit":["exp"],"exp":1}',
        '{"alg":"HS256","crit":[]}',
        '{"alg":"HS256","b64":false}',
        '{"alg":"HS256","b64":"false"}',
        '{"alg":"HS256","typ":"JWE"}',
        '{"alg":"HS256","typ":7}',
        '{"alg":"HS256","kid":7}',
        '{"alg":"HS256","alg":"HS256"}',
        '{"alg":["HS256"]}',
        '{"alg":null}',
        "{}",
        "[]",
        '"HS256"',
        "{",
        '{"alg":"HS256","x":NaN}',
        "\ufeff" + HS,
        "",
    ],
)
def test_header_that_asks_for_more_or_less(header):
    """Headers with extensions, ambiguities or no algorithm are refused, though the signature is good."""
    assert refused(signed(header, GOOD))


@pytest.mark.parametrize(
    "header", [HS, '{"alg":"HS256"}', '{"alg":"HS256","typ":"at+JWT"}', '{"b64":true,"alg":"HS256"}']
)
def test_headers_that_are_fine(header):
    """A type is not needed, and access tokens of RFC 9068 have their own."""
    assert verify(signed(header, GOOD), [KEY], TokenRules(), now=NOW)


def test_jwk_in_the_header_is_not_used(private_keys, make):
    """A key that the token brings itself is no key (RFC 8725 §3.10)."""
    signer = jwt.algorithms.get_default_algorithms()["ES256"]
    jwk = json.loads(signer.to_jwk(private_keys["ES256"].public_key()))
    token = make(key=private_keys["ES256"], algorithm="ES256", headers={"jwk": jwk, "jku": "https://evil.example"})

    assert refused(token)


@pytest.mark.parametrize(
    "claims",
    [
        '{"sub":"7","sub":"8","exp":4000000000}',
        '{"sub":"7","exp":4000000000,"exp":4000000001}',
        '{"sub":null,"exp":4000000000}',
        '{"user_id":true,"exp":4000000000}',
        '{"user_id":"a\\u0000","exp":4000000000}',
        '{"user_id":1180591620717411303424,"exp":4000000000}',
        '{"sub":"\\ud800","exp":4000000000}',
        "[]",
        "null",
        "7",
        "{",
        '{"sub":7,"exp":4000000000}',
        '{"sub":"a\\u0000b","exp":4000000000}',
        '{"sub":"7","jti":7,"exp":4000000000}',
        '{"sub":"7","exp":"4000000000"}',
        '{"sub":"7","exp":true}',
        '{"sub":"7","exp":null}',
        '{"sub":"7","exp":NaN}',
        '{"sub":"7","exp":Infinity}',
        '{"sub":"7","exp":1e999}',
        '{"sub":"7","exp":' + "9" * 400 + "}",
        '{"sub":"7","exp":4000000000,"nbf":"1"}',
        '{"sub":"7","exp":4000000000,"iat":{}}',
        '{"sub":"7"}',
        "[" * 3000,
    ],
)
def test_claims_that_are_malformed(claims):
    """Claims that are no object, ambiguous or of the wrong type are refused, though the signature is good."""
    assert refused(signed(HS, claims), now=NOW)


def test_encoding_must_be_canonical():
    """Padding, whitespace, the other alphabet and stray bits make a token another text for the same claims: refused."""
    token = signed(HS, GOOD)
    head, claims, signature = token.split(".")
    last = signature[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    stray = alphabet[alphabet.index(last) ^ 1]

    for forged in (
        f"{head}.{claims}.{signature}=",
        f"{head}.{claims}.{signature[:-1]}{stray}",
        f"{head}\n.{claims}.{signature}",
        f" {token}",
        f"{token} ",
        f"{head}=.{claims}.{signature}",
        f"{head}.{claims}.{signature[:-2]}",
        token.replace("_", "/").replace("-", "+") + "+",
    ):
        assert refused(forged)


@pytest.mark.parametrize("token", ["", ".", "..", "...", "a", "a.b", "a.b.c.d", "a..c", "é.b.c", "\0.\0.\0", "🙂"])
def test_garbage(token):
    """What is no token is refused as malformed."""
    assert refused(token)


def test_size_is_limited_before_anything_is_read():
    """A token of a megabyte is refused by its length."""
    assert refused("a" * 1_000_000) == "The token is too large"
    assert refused(signed(HS, json.dumps({"exp": 4e9, "pad": "x" * 9000}))) == "The token is too large"


@pytest.mark.parametrize(
    ("claims", "rules", "detail"),
    [
        ({"exp": NOW}, {}, "The token has expired"),
        ({"exp": NOW + 0.001}, {}, None),
        ({"exp": NOW - 4.5}, {"leeway": 5}, None),
        ({"exp": NOW - 5}, {"leeway": 5}, "The token has expired"),
        ({"nbf": NOW}, {}, None),
        ({"nbf": NOW + 0.5}, {}, "The token is not valid yet"),
        ({"nbf": NOW + 5}, {"leeway": 5}, None),
        ({"iat": NOW + 1}, {}, "The token was issued in the future"),
        ({"iat": NOW - 10}, {"max_age": 10}, "The token is too old"),
        ({"iat": NOW - 9.5}, {"max_age": 10}, None),
        ({}, {"max_age": 10}, "The token is too old"),
        ({"exp": None}, {}, "The token lacks the claim exp"),
        ({"exp": None}, {"require": ()}, None),
        ({}, {"require": ("exp", "jti")}, "The token lacks the claim jti"),
        ({"iss": "a"}, {}, None),
        ({"iss": "a"}, {"issuers": ("b", "a")}, None),
        ({"iss": "c"}, {"issuers": ("b", "a")}, "The token is from another issuer"),
        ({}, {"issuers": ("a",)}, "The token is from another issuer"),
        ({"aud": "a"}, {}, "The token is for another audience"),
        ({"aud": "a"}, {"audiences": ("a",)}, None),
        ({"aud": ["x", "a"]}, {"audiences": ("b", "a")}, None),
        ({"aud": ["x"]}, {"audiences": ("a",)}, "The token is for another audience"),
        ({"aud": []}, {"audiences": ("a",)}, "The token is for another audience"),
        ({"aud": [7]}, {"audiences": ("a",)}, "The token is for another audience"),
        ({"aud": {"a": 1}}, {"audiences": ("a",)}, "The token is for another audience"),
        ({}, {"audiences": ("a",)}, "The token is for another audience"),
        ({"token_type": "access"}, {}, None),
        ({"token_type": "refresh"}, {}, "The token is of another type"),
        ({"token_type": ["access"]}, {}, "The token is of another type"),
        ({"token_type": "refresh"}, {"token_type": None}, None),
        ({}, {"token_type": "refresh"}, "The token is of another type"),
    ],
)
def test_rules(claims, rules, detail):
    """Each rule about claims, at its very edge."""
    said = {"sub": "7", "exp": 4_000_000_000, **claims}
    token = signed(HS, json.dumps({name: value for name, value in said.items() if value is not None}))

    if detail is None:
        assert verify(token, [KEY], TokenRules(**rules), now=NOW)["sub"] == "7"
    else:
        assert refused(token, TokenRules(**rules), now=NOW) == detail


def test_keys_by_name():
    """A token's `kid` chooses among named keys; keys without a name are tried for any token."""
    first, second = (VerificationKey.from_secret(text * 40, kid=text) for text in "ab")
    nameless = VerificationKey.from_secret("c" * 40)

    assert candidates({"alg": "HS256", "kid": "b"}, [first, second, nameless]) == [second, nameless]
    assert candidates({"alg": "HS256"}, [first, second, nameless]) == [first, second, nameless]
    assert candidates({"alg": "HS512", "kid": "b"}, [first, second, nameless]) == []


def test_older_key_still_verifies(make):
    """Of several keys any may have signed: a rotation ends no token."""
    assert verify(make(), [VerificationKey.from_secret("n" * 40), KEY], TokenRules(), now=time.time())


def test_unverified_header(make):
    """The header can be read before any key is known, with the same strictness."""
    assert unverified_header(make(headers={"kid": "k"}))["kid"] == "k"
    with pytest.raises(InvalidToken):
        unverified_header("a.b.c")


@given(st.data())
def test_no_change_goes_unnoticed(data):
    """Whatever single character of a token is changed, it is refused."""
    token = signed(HS, GOOD)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != token[at]))

    assert refused(token[:at] + other + token[at + 1 :], now=NOW)


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=70))
def test_forged_parts_never_pass_and_never_crash(header, claims, signature):
    """Any bytes as header, claims and signature are refused as an invalid token, never by another error."""
    assert refused(f"{b64(header)}.{b64(claims)}.{b64(signature)}", now=NOW)


@given(st.text(max_size=300))
def test_any_text_is_refused(text):
    """Any text at all is refused as an invalid token."""
    assert refused(text, now=NOW)


@given(
    st.dictionaries(st.text(max_size=8), st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
)
def test_signed_claims_of_any_kind(claims):
    """Claims of any kind with a good signature either hold or are refused, never another error."""
    token = signed(HS, json.dumps(claims))
    with contextlib.suppress(InvalidToken):
        verify(token, [KEY], TokenRules(), now=NOW)
