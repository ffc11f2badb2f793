"""Schemes and guards in Python, and what exceptions tell by their attributes."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from access_doubles import Keys, Named, Refused, Somebody, Staff, Tell
from bolt_core import BoltAPI, Middleware, around
from bolt_core.around import Enclosure
from bolt_core.exceptions import HTTPException, Unauthorized
from raw_client import Answer, Served

pytestmark = pytest.mark.usefixtures("registries")


def get(server: Served, path: str = "/", **fields: str) -> Answer:
    sent = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return server.send(f"GET {path} HTTP/1.1\r\nHost: test\r\n{sent}\r\n".encode())


def told(api: BoltAPI, **options: Any) -> None:
    """Routes, asynchronous and not, that say who calls."""

    @api.get("/", **options)
    async def asynchronous(request: Any) -> Any:
        return request.auth

    @api.get("/sync", **options)
    def synchronous(request: Any) -> Any:
        return request["auth"]


@pytest.mark.parametrize("path", ["/", "/sync"])
def test_a_scheme_in_python(served: Callable[..., Served], path: str) -> None:
    """A scheme of one's own says who calls, and every member that handlers may read is there."""
    api = BoltAPI()
    told(api, auth=[Named()], guards=[Somebody()])
    server = served(api)

    assert get(server, path, x_name="ann").json() == {
        "user_id": "ann",
        "is_staff": False,
        "is_superuser": False,
        "permissions": [],
        "scopes": [],
        "jti": None,
        "claims": {},
        "backend": "named",
    }
    missing, bad = get(server, path), get(server, path, x_name="bad")
    assert (missing.status, missing.headers["www-authenticate"]) == (401, "Name")
    assert missing.json() == {"detail": "Authentication credentials were not provided"}
    assert (bad.status, bad.headers["www-authenticate"], bad.json()) == (401, "Name", {"detail": "No good"})


def test_nobody_is_an_empty_dict(served: Callable[..., Served]) -> None:
    """Without a credential, where none is asked for, `request.auth` is empty."""
    api = BoltAPI()
    told(api, auth=[Named()])
    told_plain = BoltAPI()
    told(told_plain)

    assert get(served(api)).json() == {}
    assert get(served(told_plain)).json() == {}


def test_schemes_in_order(served: Callable[..., Served]) -> None:
    """The first that finds somebody says who it is; a bad credential for another is refused."""
    api = BoltAPI()
    told(api, auth=[Named(), Named("x-other")], guards=[Somebody()])
    server = served(api)

    assert get(server, x_name="ann", x_other="bob").json()["user_id"] == "ann"
    assert get(server, x_other="bob").json()["user_id"] == "bob"
    assert get(server, x_name="ann", x_other="bad").status == 401
    assert get(server, x_name="bad", x_other="bob").status == 401


def test_invalid_credential_of_an_open_route(served: Callable[..., Served]) -> None:
    """Who presents a credential means it: a bad one is refused though nobody asked for any."""
    api = BoltAPI()
    told(api, auth=[Named()])

    assert get(served(api), x_name="bad").status == 401


@pytest.mark.parametrize("path", ["/", "/sync"])
@pytest.mark.parametrize("is_async", [True, False])
def test_guards_in_python(served: Callable[..., Served], path: str, is_async: bool) -> None:
    """401 for nobody, 403 for somebody who may not; a guard that may block is not asked on the event loop."""
    guard = Tell(lambda request: request.auth.get("user_id") == "ann", is_async=is_async)
    api = BoltAPI()
    told(api, auth=[Named()], guards=[guard])
    server = served(api)

    assert get(server, path, x_name="ann").status == 200
    assert get(server, path).status == 401
    refused = get(server, path, x_name="bob")
    assert (refused.status, refused.json()) == (403, {"detail": "You do not have permission to perform this action"})
    assert len(guard.threads) == 3
    assert any("MainThread" not in name for name in guard.threads) or not is_async


def test_guards_are_asked_in_order(served: Callable[..., Served]) -> None:
    """The first guard that refuses ends it."""
    last = Tell(lambda request: True)
    api = BoltAPI()
    told(api, auth=[Named()], guards=[Staff(), last])

    assert get(served(api), x_name="bob").status == 403
    assert last.threads == []


def test_guards_of_objects(served: Callable[..., Served]) -> None:
    """A handler that has the object asks the route's guards about it."""
    api = BoltAPI(auth=[Named()])

    @api.get("/things/{owner}", guards=[Somebody(), Tell(lambda request: True)])
    async def thing(request: Any, owner: str) -> str:
        await request.check_object_permissions(owner)
        return owner

    @api.get("/open/{owner}", guards=[])
    async def unguarded(request: Any, owner: str) -> str:
        await request.check_object_permissions(owner)
        return owner

    server = served(api)
    assert get(server, "/things/ann", x_name="ann").status == 200
    assert get(server, "/things/bob", x_name="ann").status == 403
    assert get(server, "/open/bob").status == 200


def test_missing_scopes_are_named(served: Callable[..., Served]) -> None:
    """RFC 6750 §3.1: a bearer token that lacks a scope is told which, and what was wrong with a bad one."""

    class Bearer(Named):
        challenge = 'Bearer realm="a"'

    api = BoltAPI()
    told(api, auth=[Bearer()], guards=[Tell(lambda request: False, scopes=("read", "write"))])
    server = served(api)

    challenge = 'Bearer realm="a", error="insufficient_scope", scope="read write"'
    assert get(server, x_name="ann").headers["www-authenticate"] == challenge
    wrong = get(server, x_name="bad").headers["www-authenticate"]
    assert wrong == 'Bearer realm="a", error="invalid_token", error_description="No good"'
    assert get(server).headers["www-authenticate"] == 'Bearer realm="a"'


def test_no_challenge_is_made_up(served: Callable[..., Served]) -> None:
    """A scheme without a challenge, such as a session, asks for none."""

    class Silent(Named):
        challenge = ""

    api = BoltAPI()
    told(api, auth=[Silent()], guards=[Somebody()])
    server = served(api)

    assert "www-authenticate" not in get(server).headers
    assert "www-authenticate" not in get(server, x_name="bad").headers


@pytest.mark.parametrize(
    ("attribute", "status", "detail"),
    [
        ("authentication_failed", 401, "Invalid credentials"),
        ("permission_denied", 403, "You do not have permission to perform this action"),
        ("authentication_unavailable", 503, "Service Unavailable"),
    ],
)
def test_exceptions_are_known_by_their_attributes(
    served: Callable[..., Served], attribute: str, status: int, detail: str
) -> None:
    """An exception of another package says what it means by an attribute, wherever it is raised."""
    error = type("Theirs", (Exception,), {attribute: True})
    api = BoltAPI()

    @api.get("/", auth=[Keys("a")])
    async def handler() -> None:
        raise error

    @api.get("/said")
    def said() -> None:
        raise type("Said", (error,), {"detail": "Their words"})

    server = served(api)
    answer = get(server)
    assert (answer.status, answer.json()) == (status, {"detail": detail})
    assert answer.headers.get("www-authenticate") == ("Key" if status == 401 else None)
    assert get(server, "/said").json() == {"detail": "Their words"}


def test_a_scheme_that_fails_is_not_a_pass(served: Callable[..., Served]) -> None:
    """A scheme that raises something unforeseen is a 500; the handler does not run."""

    class Broken(Named):
        async def authenticate(self, request: Any) -> None:
            raise RuntimeError("broken")

    ran: list[int] = []
    api = BoltAPI()

    @api.get("/", auth=[Broken()])
    async def handler() -> None:
        ran.append(1)

    assert get(served(api)).status == 500
    assert ran == []


def test_exception_handlers_see_refusals(served: Callable[..., Served]) -> None:
    """The application's own handler of `Unauthorized` answers for what a scheme refuses."""
    api = BoltAPI()
    told(api, auth=[Named()])

    @api.exception_handler(Unauthorized)
    async def answer(request: Any, exc: HTTPException) -> Any:
        return {"mine": exc.detail}, 401

    assert get(served(api), x_name="bad").json() == {"mine": "No good"}


def test_middleware_sees_refusals(served: Callable[..., Served]) -> None:
    """Middleware stands around schemes and guards."""
    seen: list[int] = []

    class Watch(Middleware):
        async def __call__(self, request: Any) -> Any:
            response = await self.get_response(request)
            seen.append(response.status_code)
            return response

    api = BoltAPI(middleware=[Watch])
    told(api, auth=[Named()], guards=[Somebody()])
    server = served(api)
    get(server)
    get(server, x_name="ann")

    assert seen == [401, 200]


def test_contexts_are_apart(served: Callable[..., Served]) -> None:
    """What one request is authenticated as is never seen in another that runs beside it."""
    api = BoltAPI()

    class Slow(Named):
        async def authenticate(self, request: Any) -> dict[str, Any] | None:
            await asyncio.sleep(0)
            return await super().authenticate(request)

    told(api, auth=[Slow()])
    server = served(api)
    clients = {
        name: server.begin(f"GET / HTTP/1.1\r\nHost: t\r\nX-Name: {name}\r\n\r\n".encode())
        for name in ("ann", "bob", "cy")
    }

    assert {name: client.answer().json()["user_id"] for name, client in clients.items()} == {
        "ann": "ann",
        "bob": "bob",
        "cy": "cy",
    }


def test_refused_is_the_authors_exception() -> None:
    """The double used here is no class of this package: only its shape counts."""
    assert not issubclass(Refused, HTTPException)


@pytest.mark.parametrize("path", ["/", "/sync"])
@pytest.mark.parametrize("scheme", [Named(), Keys("ann", "bad"), Keys("bad", more=("ann",))], ids=repr)
def test_what_guards_need_is_awaited_before_them(
    served: Callable[..., Served], monkeypatch: pytest.MonkeyPatch, path: str, scheme: Any
) -> None:
    """An integration's part of the enclosure: it knows who calls, and may refuse."""
    seen: list[Any] = []

    async def before(request: Any) -> None:
        seen.append(request.auth.get("user_id"))
        if request.auth.get("user_id") == "bad":
            raise Refused("Not at all")

    def note(request: Any) -> bool:
        seen.append("guard")
        return True

    def find(plan: Any, options: Any, skipped: Any) -> Enclosure:
        return Enclosure(before_guards=(before,))

    monkeypatch.setattr(around, "_integrations", [find])
    api = BoltAPI()
    told(api, auth=[scheme], guards=[Tell(note)])
    server = served(api)
    name = "x_name" if isinstance(scheme, Named) else "x_key"

    assert get(server, path, **{name: "ann"}).status == 200
    assert seen == ["ann", "guard"]
    if isinstance(scheme, Keys):
        assert get(server, path, **{name: "bad"}).json() == {"detail": "Not at all"}
