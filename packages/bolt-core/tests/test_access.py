"""What routes, routers and applications say of who may call."""

from typing import Any

import pytest
from access_doubles import Keys, Named, Somebody, Staff, Tell
from bolt_core import BoltAPI, ConfigError, Router
from bolt_core.access import Access, RouteAccess, register_access_defaults, route_access

NAMED, KEYS, SOMEBODY, STAFF = Named(), Keys("a"), Somebody(), Staff()


async def handler() -> None: ...


def access_of(api: BoltAPI) -> RouteAccess | None:
    return api.freeze().routes[0].access


def test_nearest_word_counts() -> None:
    """The route's own schemes and guards stand in place of its router's, and those in place of the application's."""
    api = BoltAPI(auth=[NAMED], guards=[SOMEBODY])
    router = Router("/r", guards=[STAFF])
    router.add_route("GET", "/router", handler)
    router.add_route("GET", "/route", handler, {"auth": [KEYS], "guards": []})
    api.include(router)
    api.add_route("GET", "/app", handler)

    found = {plan.path: plan.access for plan in api.freeze().routes}
    told = {path: (access.schemes, access.guards) for path, access in found.items() if access is not None}
    assert told == {
        "/r/router": ((NAMED,), (STAFF,)),
        "/r/route": ((KEYS,), ()),
        "/app": ((NAMED,), (SOMEBODY,)),
    }


def test_a_route_can_be_opened() -> None:
    """Empty lists ask for nothing, whatever stands around."""
    api = BoltAPI(auth=[NAMED], guards=[SOMEBODY])
    api.add_route("GET", "/", handler, {"auth": [], "guards": []})

    assert access_of(api) is None


def test_nothing_said_is_nothing_asked() -> None:
    """Without a word about callers a route has no access, and the engine nothing to do."""
    api = BoltAPI()
    api.add_route("GET", "/", handler)

    assert access_of(api) is None
    assert api.freeze().routes[0].to_wire()["auth"] is None


@pytest.mark.usefixtures("registries")
def test_defaults_hold_where_nobody_speaks() -> None:
    """An integration's defaults are the last word, asked anew when an application is frozen."""
    register_access_defaults(lambda: Access((NAMED,), (SOMEBODY,)))
    api, own = BoltAPI(), BoltAPI(guards=[])
    for one in (api, own):
        one.add_route("GET", "/", handler)
    found, other = access_of(api), access_of(own)

    assert found is not None
    assert (found.schemes, found.guards) == ((NAMED,), (SOMEBODY,))
    assert other is not None
    assert (other.schemes, other.guards) == ((NAMED,), ())


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"auth": NAMED}, r"auth=.* is no list"),
        ({"auth": "named"}, r"auth='named' is no list"),
        ({"auth": 7}, r"auth=7 is no list"),
        ({"auth": [Named]}, r"auth=: Named is a class; write Named\(…\)"),
        ({"auth": [SOMEBODY]}, r"auth=: .* is not an authentication scheme"),
        ({"guards": SOMEBODY}, r"guards=.* is no list"),
        ({"guards": [Somebody]}, r"guards=: Somebody is a class"),
        ({"guards": [NAMED]}, r"guards=: .* is not a guard"),
        ({"guards": ["IsAuthenticated"]}, r"guards=: 'IsAuthenticated' is not a guard"),
    ],
)
def test_mistakes_are_found_at_registration(options: Any, text: str) -> None:
    """What is no list of schemes or guards is an error that names the place, on a route and on what holds routes."""
    api = BoltAPI()
    with pytest.raises(ConfigError, match=f"GET /x: handler handler.*{text}"):
        api.add_route("GET", "/x", handler, options)
    with pytest.raises(ConfigError, match=f"BoltAPI: {text}"):
        BoltAPI(**options)
    with pytest.raises(ConfigError, match=f"Router: {text}"):
        Router(**options)


def test_a_scheme_that_blocks_is_refused() -> None:
    """A scheme runs on the event loop, so one that is not async is an error."""

    class Blocking:
        def authenticate(self, request: Any) -> None: ...

    with pytest.raises(ConfigError, match=r"Blocking.authenticate must be `async def`"):
        BoltAPI(auth=[Blocking()])


def test_guards_that_nobody_can_pass() -> None:
    """A guard that asks who calls, where nothing finds that out, is an error once everything is known."""
    api = BoltAPI(guards=[SOMEBODY])
    api.add_route("GET", "/x", handler)

    with pytest.raises(
        ConfigError, match=r"GET /x: handler .*handler\(\) has the guard .* and no authentication scheme"
    ):
        api.freeze()
    assert route_access(Access(None, (Tell(lambda request: True),))) is not None


def test_who_decides() -> None:
    """The engine does where every scheme is its own; guards in Python are asked after it."""
    tell = Tell(lambda request: True)

    assert not RouteAccess((KEYS, NAMED), (SOMEBODY,)).in_engine
    assert RouteAccess((KEYS,), (SOMEBODY, tell)).python_guards == (tell,)
    assert RouteAccess((KEYS,), (SOMEBODY, tell)).to_wire() == {"schemes": [KEYS], "rules": [("authenticated",)]}
    assert RouteAccess((NAMED,), ()).to_wire() is None
    assert RouteAccess((Keys("a", more=("b",)),), ()).may_be_undecided
    assert not RouteAccess((KEYS,), ()).may_be_undecided


def test_the_first_challenge_is_asked() -> None:
    """A 401 asks for the first scheme that has a challenge."""

    class Silent(Named):
        challenge = ""

    assert RouteAccess((Silent(), KEYS, NAMED), ()).challenge == "Key"
    assert RouteAccess((Silent(),), ()).challenge == ""
