import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from bolt_auth import InvalidToken, JWKSet, JWTAuthentication, KeysUnavailable
from bolt_auth import jwks as module
from bolt_auth.jwks import checked_url, fetched
from jwt.algorithms import get_default_algorithms


def jwk(private, kid="one", algorithm="ES256"):
    return {**json.loads(get_default_algorithms()[algorithm].to_jwk(private.public_key())), "kid": kid, "use": "sig"}


class Issuer:
    """Documents by URL, counted; raises where it is told to."""

    def __init__(self, **documents):
        self.documents = documents
        self.asked = []
        self.down = False

    def __call__(self, url):
        self.asked.append(url)
        if self.down:
            raise OSError("down")
        return json.dumps(self.documents[url.rpartition("/")[2].replace("-", "_")]).encode()


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""

    class Clock:
        now = 1000.0

    monkeypatch.setattr(module.time, "monotonic", lambda: Clock.now)
    return Clock


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.example/keys",
        "ftp://localhost/keys",
        "file:///keys",
        "https://",
        "keys",
        "http://127.0.0.1.example.com/k",
    ],
)
def test_keys_come_over_https(url):
    """Keys over anything but HTTPS could be anybody's."""
    with pytest.raises(ValueError, match="https URL"):
        JWKSet(url)
    with pytest.raises(ValueError, match="https URL"):
        JWTAuthentication(jwks_url=url)


@pytest.mark.parametrize(
    "url", ["https://issuer.example/keys", "http://localhost:8000/k", "http://127.0.0.1/k", "http://[::1]:9/k"]
)
def test_https_and_loopback(url):
    """HTTPS, and on this machine HTTP, are fine."""
    assert checked_url(url) == url


def test_one_source():
    """A set has either a URL or an issuer, and a scheme one set."""
    with pytest.raises(ValueError, match="either"):
        JWKSet()
    with pytest.raises(ValueError, match="one of jwks="):
        JWTAuthentication(jwks_url="https://a.example/k", discovery="https://a.example")


async def test_fetched_once_and_kept(private_keys, clock):
    """Keys are fetched for the first token, then not before their time is over."""
    issuer = Issuer(keys={"keys": [jwk(private_keys["ES256"])]})
    keys = JWKSet("https://issuer.example/keys", fetch=issuer)

    assert keys.is_stale
    assert [key.kid for key in await keys.keys()] == ["one"]
    await keys.keys()
    assert len(issuer.asked) == 1
    clock.now += module.LIFETIME
    await keys.keys()
    assert len(issuer.asked) == 2


async def test_unknown_kid_fetches_early_but_not_often(private_keys, clock):
    """A token of a new key has the set fetched at once, but unknown names cannot be used to flood the issuer."""
    issuer = Issuer(keys={"keys": [jwk(private_keys["ES256"])]})
    keys = JWKSet("https://issuer.example/keys", fetch=issuer)
    await keys.keys()

    for _ in range(50):
        await keys.keys(lacking=True)
    assert len(issuer.asked) == 1
    clock.now += module.INTERVAL
    issuer.documents["keys"]["keys"].append(jwk(private_keys["ES256"], "two"))
    assert [key.kid for key in await keys.keys(lacking=True)] == ["one", "two"]


async def test_old_keys_while_the_issuer_is_down(private_keys, clock):
    """A set that was fetched stays in use while it cannot be fetched again."""
    issuer = Issuer(keys={"keys": [jwk(private_keys["ES256"])]})
    keys = JWKSet("https://issuer.example/keys", fetch=issuer)
    await keys.keys()
    issuer.down = True
    clock.now += 10 * module.LIFETIME

    assert len(await keys.keys()) == 1
    issuer.down = False
    issuer.documents["keys"] = {"keys": []}
    clock.now += 10 * module.LIFETIME
    assert len(await keys.keys()) == 1


async def test_nothing_known_is_unavailable(clock):
    """Where no key was ever fetched, nobody can be let in: 503, and no second fetch at once."""
    issuer = Issuer()
    issuer.down = True
    keys = JWKSet("https://issuer.example/keys", fetch=issuer)

    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            await keys.keys()
    assert len(issuer.asked) == 1


def test_single_flight(private_keys):
    """However many ask at once, one fetches and the others wait for what it finds."""
    reached, go = threading.Event(), threading.Event()
    issuer = Issuer(keys={"keys": [jwk(private_keys["ES256"])]})

    def slow(url):
        reached.set()
        assert go.wait(10)
        return issuer(url)

    keys = JWKSet("https://issuer.example/keys", fetch=slow)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(keys.keys_sync) for _ in range(8)]
        assert reached.wait(10)
        go.set()
        assert all(len(one.result(10)) == 1 for one in asked)
    assert len(issuer.asked) == 1


async def test_change_is_told(private_keys, clock):
    """Whoever wants to know hears of other keys, and of the same keys nothing."""
    issuer, told = Issuer(keys={"keys": [jwk(private_keys["ES256"])]}), []
    keys = JWKSet("https://issuer.example/keys", fetch=issuer)
    end = keys.on_change(lambda: told.append(len(keys.known)))
    await keys.keys()
    clock.now += module.LIFETIME
    await keys.keys()
    issuer.documents["keys"]["keys"].append(jwk(private_keys["ES256"], "two"))
    clock.now += module.LIFETIME
    await keys.keys()
    end()
    issuer.documents["keys"]["keys"].pop()
    clock.now += module.LIFETIME
    await keys.keys()

    assert told == [1, 2]


async def test_discovery(private_keys):
    """The issuer's document says where the keys are, and must be the issuer's own."""
    issuer = Issuer(
        openid_configuration={"issuer": "https://id.example", "jwks_uri": "https://id.example/keys"},
        keys={"keys": [jwk(private_keys["ES256"])]},
    )
    assert len(await JWKSet(issuer="https://id.example", fetch=issuer).keys()) == 1
    assert issuer.asked == ["https://id.example/.well-known/openid-configuration", "https://id.example/keys"]
    for wrong in ({"issuer": "https://evil.example"}, {"jwks_uri": "http://id.example/keys"}, {"jwks_uri": None}):
        issuer.documents["openid_configuration"] |= wrong
        with pytest.raises(KeysUnavailable):
            await JWKSet(issuer="https://id.example", fetch=issuer).keys()


async def test_scheme_with_a_key_set(private_keys, make):
    """A scheme verifies with fetched keys, checks the issuer it discovered, and takes no secret from a fetched set."""
    issuer = Issuer(
        openid_configuration={"issuer": "https://id.example", "jwks_uri": "https://id.example/keys"},
        keys={"keys": [{"kty": "oct", "k": "eHh4" * 20, "kid": "bad"}, jwk(private_keys["ES256"])]},
    )
    scheme = JWTAuthentication(jwks=JWKSet(issuer="https://id.example", fetch=issuer), issuer="https://id.example")
    token = make({"iss": "https://id.example"}, private_keys["ES256"], "ES256", {"kid": "one"})

    assert (await scheme.verify(token))["sub"] == "7"
    assert scheme.may_be_undecided
    with pytest.raises(InvalidToken):
        await scheme.verify(make({"iss": "https://id.example"}, "xxx" * 20, "HS256", {"kid": "bad"}))
    with pytest.raises(InvalidToken):
        await scheme.verify(make({"iss": "https://evil.example"}, private_keys["ES256"], "ES256", {"kid": "one"}))


@pytest.fixture
def server():
    """An HTTP server on a free port of this machine; its answer is what `respond` is set to."""

    class Handler(BaseHTTPRequestHandler):
        respond = staticmethod(lambda handler: None)

        def do_GET(self):
            Handler.respond(self)

        def log_message(self, *_):
            pass

    served = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    served.handler = Handler
    yield served
    served.shutdown()
    served.server_close()


def reply(status, body=b"", **fields):
    def respond(handler):
        handler.send_response(status)
        for name, value in fields.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return staticmethod(respond)


def test_fetching(server):
    """A document is fetched; redirects, errors and documents without end are not followed."""
    url = f"http://127.0.0.1:{server.server_port}/keys"
    server.handler.respond = reply(200, b'{"keys": []}')
    assert fetched(url) == b'{"keys": []}'
    for broken in (reply(302, Location=url), reply(404), reply(500)):
        server.handler.respond = broken
        with pytest.raises(OSError, match=r"\d{3}"):
            fetched(url)
    server.handler.respond = reply(200, b"x" * (module.MAX_SIZE + 1))
    with pytest.raises(ValueError, match="too large"):
        fetched(url)
