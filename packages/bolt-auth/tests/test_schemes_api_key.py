import json

import pytest
from bolt_auth import APIKeyAuthentication, APIKeyRecord, AuthenticationError, AuthenticationScheme
from bolt_auth.api_keys import digest


async def test_header(request_with):
    """The key in `X-API-Key` lets its holder in; without one there is no credential."""
    scheme = APIKeyAuthentication(api_keys={"secret-key-123"}, permissions=["read"])
    auth = await scheme.authenticate(request_with(("x-api-key", "secret-key-123")))

    assert (auth["backend"], auth["permissions"], auth["user_id"]) == ("api_key", ["read"], None)
    assert "secret-key-123" not in str(auth)
    assert await scheme.authenticate(request_with()) is None


@pytest.mark.parametrize("value", ["", "wrong", "secret-key-12", "secret-key-1234", "a b", "é", "x" * 5000])
async def test_wrong_keys(request_with, value):
    """A key that is no key is refused, and not echoed."""
    scheme = APIKeyAuthentication(api_keys={"secret-key-123"})
    with pytest.raises(AuthenticationError) as caught:
        await scheme.authenticate(request_with(("X-API-Key", value)))
    assert not value or value not in str(caught.value)


async def test_two_keys(request_with):
    """Two keys are refused though both are good."""
    scheme = APIKeyAuthentication(api_keys={"a-1", "b-1"})
    with pytest.raises(AuthenticationError, match="More than one"):
        await scheme.authenticate(request_with(("X-API-Key", "a-1"), ("X-API-Key", "b-1")))


async def test_other_places(request_with):
    """A header of its own, a word before the key, a query parameter, a cookie."""
    word = APIKeyAuthentication(api_keys={"a-1"}, header="Authorization", scheme="Api-Key")
    query = APIKeyAuthentication(api_keys={"a-1"}, query="key")
    cookie = APIKeyAuthentication(api_keys={"a-1"}, cookie="key")

    assert await word.authenticate(request_with(("Authorization", "api-key a-1")))
    assert await query.authenticate(request_with(query={"key": "a-1"}))
    assert await cookie.authenticate(request_with(cookies={"key": "a-1"}))
    assert (word.challenge, query.openapi["in"], cookie.openapi["in"]) == ("Api-Key", "query", "cookie")


async def test_store(request_with):
    """A store is asked for keys that are not listed, by their digest."""
    asked = []

    class Store:
        async def find(self, digest):
            asked.append(digest)
            return known.get(digest)

    known = {digest("b-1"): APIKeyRecord(user_id="7"), digest("old-1"): APIKeyRecord(expires_at=1.0)}
    scheme = APIKeyAuthentication(api_keys={"a-1"}, store=Store())

    assert (await scheme.authenticate(request_with(("X-API-Key", "b-1"))))["user_id"] == "7"
    assert await scheme.authenticate(request_with(("X-API-Key", "a-1")))
    assert asked == [digest("b-1")]
    for wrong in ("c-1", "old-1"):
        with pytest.raises(AuthenticationError):
            await scheme.authenticate(request_with(("X-API-Key", wrong)))
    assert scheme.may_be_undecided


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "has no keys"),
        ({"api_keys": {"a-1"}, "where": "x"}, "no option 'where'"),
        ({"api_keys": {"a-1"}, "header": None}, "looks nowhere"),
        ({"api_keys": {"a-1"}, "header": "a:b"}, "no name"),
    ],
)
def test_mistakes(options, text):
    """Options that cannot work are errors where the scheme is made."""
    with pytest.raises(ValueError, match=text):
        APIKeyAuthentication(**options)


def test_wire():
    """The engine gets digests and records, never a key."""
    scheme = APIKeyAuthentication(api_keys={"secret-key-123": {"user_id": "7"}})
    wire = scheme.to_wire()

    assert "secret-key-123" not in str(wire)
    assert json.loads(wire["keys"][digest("secret-key-123")])["user_id"] == "7"
    assert scheme.identity(wire["keys"][digest("secret-key-123")])["user_id"] == "7"
    assert scheme.is_native
    assert "secret" not in repr(scheme)


async def test_own_scheme_must_say_how():
    """The base class authenticates nobody."""
    with pytest.raises(NotImplementedError, match="async def authenticate"):
        await AuthenticationScheme().authenticate(None)
