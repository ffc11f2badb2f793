"""Schemes and guards that the engine runs, and what it leaves to Python."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from access_doubles import Keys, Refused, Somebody, Staff, Tell
from bolt_core import BoltAPI, Middleware
from raw_client import Answer, Served
from test_authentication import get, told

pytestmark = pytest.mark.usefixtures("registries")

SECRET = b"a secret of thirty-two bytes ..."


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def token(secret: bytes = SECRET, **claims: Any) -> str:
    body = f"{encoded(b'''{"alg":"HS256"}''')}.{encoded(json.dumps({'exp': 4e9, **claims}).encode())}"
    return f"{body}.{encoded(hmac.digest(secret, body.encode(), 'sha256'))}"


class Tokens:
    """Bearer tokens of one secret, which may change, and a store that may have to be asked."""

    challenge = "Bearer"
    backend = "tokens"
    is_native = True

    def __init__(self, revocation: str | None = None) -> None:
        self.secret = SECRET
        self.revocation = revocation
        self.may_be_undecided = revocation == "external"
        self.key_listeners: list[Callable[[], None]] = []
        self.revocation_listeners: list[Callable[..., None]] = []
        self.asked: list[str] = []
        self.revoked: set[str] = set()

    async def authenticate(self, request: Any) -> dict[str, Any] | None:
        """Asked where the engine cannot tell."""
        sent = request.headers.get("authorization")
        if sent is None:
            return None
        self.asked.append(sent)
        if sent in self.revoked:
            raise Refused("The token has been revoked")
        return {"user_id": "asked"}

    def good_for(self, auth: Any) -> float:
        """Seconds."""
        return 60.0

    def identity(self, claims: bytes) -> dict[str, Any]:
        """What the engine found."""
        return {"user_id": json.loads(claims).get("sub"), "backend": self.backend}

    def _listen(self, listeners: list[Any], listener: Any) -> Callable[[], None]:
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    def to_wire(self) -> dict[str, Any]:
        """Everything that the engine reads."""
        key = {"kid": None, "algorithms": ["HS256"], "kty": "oct", "secret": self.secret}
        subscribe = {"kind": self.revocation, "subscribe": lambda one: self._listen(self.revocation_listeners, one)}
        return {
            "kind": "jwt",
            "backend": self.backend,
            "challenge": self.challenge,
            "places": [("header", "Authorization", "Bearer"), ("cookie", "token", None)],
            "keys": [key],
            "on_keys": lambda one: self._listen(self.key_listeners, one),
            "undecided_keys": False,
            "issuers": [],
            "audiences": [],
            "leeway": 0.0,
            "token_type": "access",
            "require": ["exp"],
            "max_size": 8192,
            "max_age": None,
            "csrf_header": "X-CSRFToken",
            "revocation": subscribe if self.revocation else None,
        }


def bearer(server: Served, text: str, path: str = "/") -> Answer:
    return get(server, path, authorization=f"Bearer {text}")


@pytest.mark.parametrize("path", ["/", "/sync"])
def test_the_engine_decides(served: Callable[..., Served], path: str) -> None:
    """Good credentials reach the handler as `request.auth`, all others are refused, and Python is not asked."""
    keys = Keys("ann", "staff")
    api = BoltAPI()
    told(api, auth=[keys], guards=[Staff()])
    server = served(api)

    answer = get(server, path, x_key="staff")
    assert answer.json() == {"user_id": "staff", "is_staff": True, "permissions": ["of-staff"], "backend": "keys"}
    missing, wrong, lower = get(server, path), get(server, path, x_key="what"), get(server, path, x_key="ann")
    assert (missing.status, wrong.status, lower.status) == (401, 401, 403)
    assert (missing.headers["www-authenticate"], wrong.headers["www-authenticate"]) == ("Key", "Key")
    assert missing.json() == {"detail": "Authentication credentials were not provided"}
    assert lower.json() == {"detail": "You do not have permission to perform this action"}
    assert (keys.asked, keys.identities) == (0, 1)


def test_claims_are_not_read_unasked(served: Callable[..., Served]) -> None:
    """A handler that does not look at `request.auth` costs no Python for it; one that does, once."""
    keys = Keys("a")
    api = BoltAPI()

    @api.get("/", auth=[keys])
    async def plain() -> str:
        return "x"

    @api.get("/twice", auth=[keys])
    async def twice(request: Any) -> Any:
        return [request.auth is request["auth"], request.auth is request.get("auth"), "auth" in request]

    server = served(api)
    assert get(server, x_key="a").status == 200
    assert keys.identities == 0
    assert get(server, "/twice", x_key="a").json() == [True, True, True]
    assert keys.identities == 1


def test_nobody_has_an_empty_dict(served: Callable[..., Served]) -> None:
    """Where no credential is asked for and none came, `request.auth` is empty in every spelling."""
    api = BoltAPI()

    @api.get("/", auth=[Keys("a")])
    async def handler(request: Any) -> Any:
        return [request.auth, request["auth"], request.get("auth"), request.get("auth", {"not": "this"})]

    assert get(served(api)).json() == [{}, {}, {}, {"not": "this"}]


def test_middleware_may_set_it(served: Callable[..., Served]) -> None:
    """What middleware sets counts in place of what the engine found."""

    class Impersonate(Middleware):
        async def __call__(self, request: Any) -> Any:
            request.auth = {**request.auth, "user_id": "other"}
            return await self.get_response(request)

    api = BoltAPI(middleware=[Impersonate])
    told(api, auth=[Keys("a")])

    assert get(served(api), x_key="a").json()["user_id"] == "other"


def test_before_any_body(served: Callable[..., Served]) -> None:
    """A refused request is answered before its body has come."""
    api = BoltAPI()

    @api.post("/", auth=[Keys("a")], guards=[Somebody()])
    async def handler(request: Any) -> None: ...

    client = served(api).begin(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n")
    assert client.answer().status == 401


@pytest.mark.parametrize("path", ["/", "/sync"])
@pytest.mark.parametrize("is_async", [True, False])
def test_python_guards_after_the_engine(served: Callable[..., Served], path: str, is_async: bool) -> None:
    """A guard in Python is asked about who the engine found, and not about whom it refused."""
    guard = Tell(lambda request: request.auth["user_id"] == "staff", is_async=is_async)
    keys, api = Keys("ann", "staff"), BoltAPI()
    told(api, auth=[keys], guards=[Somebody(), guard])
    server = served(api)

    assert [get(server, path, x_key=key).status for key in ("staff", "ann", "what")] == [200, 403, 401]
    assert get(server, path).status == 401
    assert len(guard.threads) == 2
    assert keys.asked == 0


def test_middleware_sees_the_engines_refusals(served: Callable[..., Served]) -> None:
    """Where Python middleware is declared it stands around a 401 of the engine's; its challenge stays."""
    seen: list[int] = []

    class Watch(Middleware):
        async def __call__(self, request: Any) -> Any:
            response = await self.get_response(request)
            seen.append(response.status_code)
            return response

    keys, api = Keys("a"), BoltAPI(middleware=[Watch])
    told(api, auth=[keys], guards=[Somebody(), Tell(lambda request: True)])
    server = served(api)

    assert get(server).headers["www-authenticate"] == "Key"
    assert get(server, "/sync", x_key="no").status == 401
    assert get(server, x_key="a").status == 200
    assert seen == [401, 401, 200]
    assert keys.asked == 0


@pytest.mark.parametrize("path", ["/", "/sync"])
def test_undecided_is_asked(served: Callable[..., Served], path: str) -> None:
    """A key that the engine does not know is looked up in Python, where more are known; known ones are not."""
    keys, api = Keys("a", more=("b",)), BoltAPI()
    told(api, auth=[keys], guards=[Somebody()])
    server = served(api)

    assert get(server, path, x_key="a").json()["user_id"] == "a"
    assert keys.asked == 0
    assert get(server, path, x_key="b").json()["user_id"] == "b"
    assert get(server, path, x_key="c").status == 401
    assert keys.asked == 2
    assert get(server, path).status == 401
    assert keys.asked == 2


def test_tokens(served: Callable[..., Served]) -> None:
    """A signed token says who calls; RFC 6750 §3.1 says how others are refused."""
    api = BoltAPI()
    told(api, auth=[Tokens()], guards=[Somebody()])
    server = served(api)

    assert bearer(server, token(sub="7")).json()["user_id"] == "7"
    assert get(server, authorization=f"bEARER {token(sub='7')}").status == 200
    assert get(server).headers["www-authenticate"] == "Bearer"
    for bad in ("x", "a.b.c", token(b"another secret of thirty-two byte"), token(exp=1), token(token_type="refresh")):
        refused = bearer(server, bad)
        assert refused.status == 401
        assert refused.headers["www-authenticate"].startswith('Bearer error="invalid_token", error_description="')
        assert refused.json()["detail"] in refused.headers["www-authenticate"]


def test_cookies_need_their_csrf_value(served: Callable[..., Served]) -> None:
    """An unsafe request with a token in a cookie shows that it can read what the token says."""
    api = BoltAPI()
    told(api, auth=[Tokens()], guards=[Somebody()])

    @api.post("/", auth=[Tokens()], guards=[Somebody()])
    async def write() -> None: ...

    server, cookie = served(api), f"Cookie: token={token(csrf='value')}\r\n"

    def post(more: str) -> Answer:
        return server.send(f"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n{cookie}{more}\r\n".encode())

    assert get(server, cookie=f"token={token()}").status == 200
    assert post("X-CSRFToken: value\r\n").status == 204
    refused = post("")
    assert refused.status == 403
    assert refused.json()["detail"].startswith("CSRF check failed")
    assert post("X-CSRFToken: other\r\n").status == 403


def test_keys_that_change(served: Callable[..., Served]) -> None:
    """A scheme that has other keys tells the engine, which forgets what the old ones verified."""
    scheme, api = Tokens(), BoltAPI()
    told(api, auth=[scheme], guards=[Somebody()])
    server, old = served(api), token()
    assert bearer(server, old).status == 200
    scheme.secret = b"another secret of thirty-two byte"
    for listener in scheme.key_listeners:
        listener()

    assert bearer(server, old).status == 401
    assert bearer(server, token(scheme.secret)).status == 200


def test_revoked_in_this_process(served: Callable[..., Served]) -> None:
    """What a store of this process revokes is refused at once, by token, by family and by user."""
    scheme, api = Tokens("memory"), BoltAPI()
    told(api, auth=[scheme], guards=[Somebody()])
    server = served(api)
    mine, family, user = token(jti="a"), token(jti="b", family="f"), token(jti="c", sub="7", iat=5)
    assert [bearer(server, one).status for one in (mine, family, user)] == [200, 200, 200]
    (revoked,) = scheme.revocation_listeners
    revoked("token", "a", 0.0, 5e9)
    revoked("token", "family:f", 0.0, 5e9)
    revoked("user", "7", 5.0, 5e9)

    assert [bearer(server, one).json()["detail"] for one in (mine, family, user)] == ["The token has been revoked"] * 3
    revoked("clear", "", 0.0, 0.0)
    assert bearer(server, mine).status == 200
    assert scheme.asked == []


def test_a_store_is_asked_once_in_a_while(served: Callable[..., Served]) -> None:
    """A token that a slow store has let pass goes on in the engine alone, until something is revoked here."""
    scheme, api = Tokens("external"), BoltAPI()
    told(api, auth=[scheme], guards=[Somebody()])
    server, mine = served(api), token(sub="7")
    found = [bearer(server, mine).json()["user_id"] for _ in range(5)]

    assert found == ["asked", "7", "7", "7", "7"]
    assert len(scheme.asked) == 1
    scheme.revoked.add(f"Bearer {mine}")
    (revoked,) = scheme.revocation_listeners
    revoked("token", "a", 0.0, 5e9)
    refused = bearer(server, mine)
    assert (refused.status, refused.json()) == (401, {"detail": "The token has been revoked"})
    assert bearer(server, "forged").status == 401
    assert len(scheme.asked) == 2


def test_subscriptions_end_with_the_server(served: Callable[..., Served]) -> None:
    """A server that is closed hears no more of keys and revocations: schemes outlive servers."""
    scheme, api = Tokens("memory"), BoltAPI()
    told(api, auth=[scheme])
    server = served(api)
    assert (len(scheme.key_listeners), len(scheme.revocation_listeners)) == (1, 1)
    server.close()

    assert (scheme.key_listeners, scheme.revocation_listeners) == ([], [])


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        (("allow",), True),
        (("flag", "is_superuser"), False),
        (("permissions", ["of-a", "x"], False), True),
        (("permissions", ["of-a", "x"], True), False),
        (("claim", "user_id", ["a", 7]), True),
        (("claim", "nothing", []), False),
        (("all", [("authenticated",), ("not", ("flag", "is_staff"))]), True),
        (("any", [("flag", "is_staff"), ("scopes", ["s"], True)]), False),
    ],
)
def test_rules(served: Callable[..., Served], rule: Any, allowed: bool) -> None:
    """Every kind of guard that is plain data is the engine's to ask."""

    class Ruled(Somebody):
        def to_wire(self) -> Any:
            return rule

    api = BoltAPI()
    told(api, auth=[Keys("a")], guards=[Ruled()])

    assert get(served(api), x_key="a").status == (200 if allowed else 403)


@pytest.mark.parametrize(
    ("wire", "text"),
    [({"kind": "what"}, "no scheme of the kind"), ({"places": [("body", "x", None)]}, "does not stand in")],
)
def test_wires_that_mean_nothing(served: Callable[..., Served], wire: Any, text: str) -> None:
    """A scheme that tells the engine nonsense is an error as the server starts."""

    class Odd(Keys):
        def to_wire(self) -> dict[str, Any]:
            return super().to_wire() | wire

    api = BoltAPI()
    told(api, auth=[Odd("a")])
    with pytest.raises(ValueError, match=text):
        served(api)


def test_unknown_guard_is_an_error(served: Callable[..., Served]) -> None:
    """So is a guard's."""

    class Odd(Somebody):
        def to_wire(self) -> Any:
            return ("maybe",)

    api = BoltAPI()
    told(api, auth=[Keys("a")], guards=[Odd()])
    with pytest.raises(ValueError, match=r"no rule .maybe."):
        served(api)
