"""The engine and Python decide alike: the same credential has the same answer from both."""

import json
import time
from typing import Any

import pytest
from bolt_auth import (
    APIKeyRecord,
    HasAnyPermission,
    HasScope,
    IsAuthenticated,
    IsStaff,
    Requires,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import SECRET, APIKeyAuthentication, JWTAuthentication, SlowJWT, SlowKeys, b64, signed, token

HS = '{"alg":"HS256","typ":"JWT"}'
GOOD = '{"sub":"7","exp":4000000000}'

AUTHORIZATIONS = [
    None,
    "Bearer",
    "bearer a.b.c",
    "Bearer a b",
    "Basic YTpi",
    "Bearerx y",
    "Bearer é",
    "Bearer " + "a" * 7000,
    "Bearer " + signed(HS, json.dumps({"exp": 4e9, "pad": "x" * 6500})),
    "Bearer " + token(),
    "BEARER  " + token(),
    "Bearer " + token() + "=",
    "Bearer " + token()[:-2],
    "Bearer " + signed(HS, GOOD, "another-secret-of-thirty-two-bytes"),
    "Bearer " + f"{b64('{"alg":"none"}')}.{b64(GOOD)}.",
    "Bearer " + signed('{"alg":"none"}', GOOD),
    "Bearer " + signed('{"alg":"HS512"}', GOOD),
    "Bearer " + signed('{"alg":"HS256","crit":["exp"]}', GOOD),
    "Bearer " + signed('{"alg":"HS256","b64":false}', GOOD),
    "Bearer " + signed('{"alg":"HS256","b64":true}', GOOD),
    "Bearer " + signed('{"alg":"HS256","typ":"JWE"}', GOOD),
    "Bearer " + signed('{"alg":"HS256","typ":"application/at+jwt"}', GOOD),
    "Bearer " + signed('{"alg":"HS256","kid":"x"}', GOOD),
    "Bearer " + signed('{"alg":"HS256","kid":7}', GOOD),
    "Bearer " + signed('{"alg":"HS256","alg":"HS256"}', GOOD),
    "Bearer " + signed(HS, '{"sub":"7","sub":"8","exp":4000000000}'),
    "Bearer " + signed(HS, '{"sub":7,"exp":4000000000}'),
    "Bearer " + signed(HS, '{"sub":"a\\u0000","exp":4000000000}'),
    "Bearer " + signed(HS, '{"sub":"7","exp":"4000000000"}'),
    "Bearer " + signed(HS, '{"sub":"7","exp":true}'),
    "Bearer " + signed(HS, '{"sub":"7","exp":1e999}'),
    "Bearer " + signed(HS, "[]"),
    "Bearer " + signed(HS, "{"),
    "Bearer " + token(exp=1),
    "Bearer " + token(exp=...),
    "Bearer " + token(exp=time.time() + 100.5),
    "Bearer " + token(nbf=4e9),
    "Bearer " + token(iat=4e9),
    "Bearer " + token(aud="x"),
    "Bearer " + token(aud=[]),
    "Bearer " + token(jti=7),
    "Bearer " + token(token_type="refresh"),
    "Bearer " + token(token_type="access"),
    "Bearer " + token(is_staff=True, permissions=["a", 7], scope="read write", tenant="t"),
    "Bearer " + token(is_staff="true", permissions="a", scope=["read"], tenant=None),
    "Bearer " + token(sub=..., user_id=8),
    "Bearer " + token(sub=..., user_id=True),
    "Bearer " + token(sub=..., user_id="9"),
    "Bearer " + token(sub=...),
    "Bearer " + token(sub=""),
]

GUARDS: list[list[Any]] = [
    [],
    [IsAuthenticated()],
    [IsStaff() & HasScope("read")],
    [IsStaff() | HasAnyPermission(["a", "b"]) | Requires("tenant", "t")],
    [IsAuthenticated(), ~IsStaff()],
]


@pytest.mark.parametrize("guards", GUARDS, ids=str)
def test_tokens(open_client, guards):
    """Status, `request.auth` and challenge are the same for every token, good or forged."""
    engine = open_client([JWTAuthentication(secret=SECRET)], guards)
    python = open_client([SlowJWT(secret=SECRET)], guards)
    for value in AUTHORIZATIONS:
        headers = {} if value is None else {"Authorization": value.encode()}
        theirs, ours = python.get("/", headers=headers), engine.get("/", headers=headers)
        assert (ours.status_code, "error=" in ours.headers.get("www-authenticate", "")) == (
            theirs.status_code,
            "error=" in theirs.headers.get("www-authenticate", ""),
        ), value
        if ours.status_code == 200:
            assert ours.json() == theirs.json(), value
        assert ours.status_code in (200, 401, 403), value


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=st.binary(max_size=120), claims=st.binary(max_size=120), signature=st.binary(max_size=70))
def test_forged_tokens(shared, header, claims, signature):
    """Whatever bytes a token is made of, it is 401 and never anything else."""
    made = f"Bearer {b64(header)}.{b64(claims)}.{b64(signature)}"
    assert shared.get("/", headers={"Authorization": made}).status_code == 401


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(
            ["sub", "exp", "nbf", "iat", "aud", "iss", "jti", "user_id", "token_type", "permissions", "scope"]
        ),
        st.none()
        | st.booleans()
        | st.integers(-(2**70), 2**70)
        | st.floats()
        | st.text(max_size=5)
        | st.lists(st.text(max_size=3)),
    )
)
def test_signed_claims_of_any_kind(both, claims):
    """Claims of any kind that are signed have the same answer from the engine and from Python."""
    made = signed(HS, json.dumps({"exp": 4e9, **claims}))
    engine, python = (client.get("/", headers={"Authorization": f"Bearer {made}"}) for client in both)
    assert engine.status_code == python.status_code
    if engine.status_code == 200:
        assert engine.json() == python.json()


@pytest.fixture
def both(open_client):
    """The engine's and Python's."""
    guards = [IsAuthenticated()]
    return (
        open_client([JWTAuthentication(secret=SECRET)], guards),
        open_client([SlowJWT(secret=SECRET)], guards),
    )


@pytest.fixture
def shared(both):
    """The engine's."""
    return both[0]


def test_api_keys(open_client):
    """The same for keys in a header, and the key itself is in no answer."""
    keys = {
        "alpha-1": APIKeyRecord(user_id="7", permissions=("a",), scopes=("read",), is_staff=True),
        "old-1": APIKeyRecord(expires_at=1.0),
        "plain-1": APIKeyRecord(),
    }
    for guards in GUARDS:
        engine = open_client([APIKeyAuthentication(api_keys=keys)], guards)
        python = open_client([SlowKeys(api_keys=keys)], guards)
        for key in (None, "", "alpha-1", "ALPHA-1", "old-1", "plain-1", "x", "a b", "é", "x" * 3000):
            headers = {} if key is None else {"X-API-Key": key.encode()}
            ours, theirs = engine.get("/", headers=headers), python.get("/", headers=headers)
            assert ours.status_code == theirs.status_code, key
            if ours.status_code == 200:
                assert ours.json() == theirs.json()
                assert not key or key not in ours.text


def test_many_keys(open_client):
    """Of ten thousand keys each is found, and nothing else is."""
    keys = [f"key-{number}" for number in range(10_000)]
    client = open_client([APIKeyAuthentication(api_keys=keys)], [IsAuthenticated()])

    assert client.get("/", headers={"X-API-Key": "key-9999"}).status_code == 200
    assert client.get("/", headers={"X-API-Key": "key-10000"}).status_code == 401


def test_doubled_credentials(open_client):
    """Two fields are refused by both, whatever the second one is."""
    for cls in (JWTAuthentication, SlowJWT):
        client = open_client([cls(secret=SECRET)], [IsAuthenticated()])
        good = ("Authorization", f"Bearer {token()}")
        for other in (good, ("Authorization", "Bearer x"), ("Authorization", "Basic YTpi")):
            assert client.get("/", headers=[good, other]).status_code == 401


def test_csrf(open_client):
    """A token in a cookie is not enough to change anything."""
    for cls in (JWTAuthentication, SlowJWT):
        client = open_client([cls(secret=SECRET, cookie="t")], [IsAuthenticated()])
        cookie = {"Cookie": f"t={token(csrf='value')}"}
        assert client.get("/", headers=cookie).status_code == 200
        assert client.post("/", headers=cookie).status_code == 403
        assert client.post("/", headers={**cookie, "X-CSRFToken": "wrong"}).status_code == 403
        assert client.post("/", headers={**cookie, "X-CSRFToken": "value"}).status_code == 200
