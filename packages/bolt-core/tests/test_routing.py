"""Routers: registering, nesting, and routes that would clash."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from bolt_core.api import BoltAPI
from bolt_core.exceptions import ConfigError
from bolt_core.routing import Router


def routes(router: Router) -> list[str]:
    return [f"{plan.method} {plan.path}" for plan in router.routes]


def handler() -> None: ...


def other() -> None: ...


@pytest.mark.parametrize("verb", ["get", "post", "put", "patch", "delete", "head", "options"])
def test_every_verb_registers_its_method(verb: str) -> None:
    """And returns the handler unchanged."""
    router = Router()

    assert getattr(router, verb)("/x")(handler) is handler
    assert routes(router) == [f"{verb.upper()} /x"]


def test_route_takes_several_methods_and_custom_verbs() -> None:
    """Each becomes a route of its own."""
    router = Router()
    router.route("/x", methods=["get", "PURGE", "GET"])(handler)

    assert routes(router) == ["GET /x", "PURGE /x"]


def test_decorators_stack() -> None:
    """One handler may answer several routes."""
    router = Router()

    @router.get("/a")
    @router.post("/b")
    def both() -> None: ...

    assert routes(router) == ["POST /b", "GET /a"]


@pytest.mark.parametrize(
    ("methods", "words"),
    [("GET", r"write methods=\['GET'\]"), ([], "methods is empty"), (["A B"], "no HTTP method")],
)
def test_methods_that_cannot_work_are_refused(methods: Any, words: str) -> None:
    """A string would be taken letter by letter."""
    with pytest.raises(ConfigError, match=words):
        Router().route("/x", methods=methods)


def test_prefixes_add_up() -> None:
    """Outermost first; an empty path is the prefix itself."""
    api, shop, items = BoltAPI(prefix="/api"), Router("/shop", tags=["shop"]), Router(tags=["items"])
    items.get("")(handler)
    items.get("/{item_id}")(lambda item_id: None)
    shop.include(items, "/items")
    api.include(shop, prefix="/v1")

    assert routes(api) == ["GET /api/v1/shop/items", "GET /api/v1/shop/items/{item_id}"]
    assert routes(items) == ["GET /", "GET /{item_id}"]


def test_tags_of_the_router_come_before_those_of_the_route() -> None:
    """They group routes in the documentation."""
    router = Router(tags=["shop"])
    router.get("/x", tags=["item"])(handler)

    assert router.routes[0].info.tags == ("shop", "item")


def test_a_route_registered_after_inclusion_counts_too() -> None:
    """The order of imports does not decide which routes exist."""
    api, outer, inner = BoltAPI(), Router(), Router()
    outer.include(inner, "/inner")
    api.include(outer, "/outer")
    inner.get("/late")(handler)

    assert routes(api) == ["GET /outer/inner/late"]


def test_a_router_may_be_included_twice() -> None:
    """Below different prefixes."""
    api, router = BoltAPI(), Router()
    router.get("/x")(handler)
    api.include(router, "/v1")
    api.include(router, "/v2")

    assert routes(api) == ["GET /v1/x", "GET /v2/x"]


def test_a_prefix_may_bring_parameters() -> None:
    """What was a query parameter becomes one of the path."""
    api, router = BoltAPI(), Router()

    @router.get("/items/{item_id}")
    def item(shop_id: int, item_id: int) -> None: ...

    api.include(router, "/shops/{shop_id}")

    assert [str(param.source) for param in router.routes[0].params] == ["query", "path"]
    assert [str(param.source) for param in api.routes[0].params] == ["path", "path"]


def test_a_parameter_of_the_prefix_must_be_used() -> None:
    """As one of the route's own path."""
    api, router = BoltAPI(), Router()
    router.get("/x")(handler)

    with pytest.raises(ConfigError, match=r"GET /shops/\{shop_id\}/x: handler handler\(\) never uses .*'shop_id'"):
        api.include(router, "/shops/{shop_id}")
    assert routes(api) == []


@pytest.mark.parametrize(
    ("first", "second"), [("/x", "/x"), ("/{a}", "/{b}"), ("/x/{a:path}", "/x/{b:path}"), ("/café", "/caf%C3%A9")]
)
def test_a_route_that_would_never_run_is_refused(first: str, second: str) -> None:
    """Both handlers are named with file and line."""
    router = Router()

    def one(request: Any) -> None: ...

    def two(request: Any) -> None: ...

    router.get(first)(one)
    with pytest.raises(ConfigError) as caught:
        router.get(second)(two)

    for function in (one, two):
        assert f"{function.__name__}() ({__file__}:{function.__code__.co_firstlineno})" in str(caught.value)
    assert "change one path or method" in str(caught.value)


def test_equal_paths_of_different_methods_stand_side_by_side() -> None:
    """Also `/x` and `/x/`, which are different paths."""
    router = Router()
    router.get("/x")(handler)
    router.post("/x")(handler)
    router.get("/x/")(handler)

    assert len(router.routes) == 3


def test_a_clash_by_inclusion_is_refused_and_changes_nothing() -> None:
    """Neither the parent nor what would have been included with it."""
    api, router = BoltAPI(), Router()
    api.get("/x")(handler)
    router.get("/y")(other)
    router.get("/x")(other)

    with pytest.raises(ConfigError, match="would never run"):
        api.include(router)
    assert routes(api) == ["GET /x"]


def test_a_late_route_that_clashes_in_a_parent_is_refused() -> None:
    """Where it is registered; no router keeps it."""
    api, router = BoltAPI(), Router()
    api.get("/x")(handler)
    api.include(router)

    with pytest.raises(ConfigError, match="would never run"):
        router.get("/x")(other)
    assert routes(router) == []


def test_a_late_route_that_reaches_one_path_twice_is_refused() -> None:
    """Through two routers that were empty when they were included."""
    api, inner = BoltAPI(), Router()
    for middle in (Router(), Router()):
        middle.include(inner)
        api.include(middle)

    with pytest.raises(ConfigError, match="would never run"):
        inner.get("/x")(handler)
    assert routes(api) == []


def test_a_circle_of_routers_is_refused() -> None:
    """Directly and through another."""
    first, second = Router(), Router()
    first.include(second)

    for parent, child in ((first, first), (second, first)):
        with pytest.raises(ConfigError, match="would include itself"):
            parent.include(child, "/x")


@pytest.mark.parametrize(
    ("register", "words"),
    [
        (lambda: Router("api"), "Router: the prefix 'api' must start with '/'"),
        (lambda: BoltAPI(prefix="/"), "BoltAPI: the prefix '/' must not end with '/'"),
        (lambda: Router().include(Router(), "x"), "include(): the prefix 'x' must start"),
        (lambda: Router().include(5), "include() takes a Router or BoltAPI, not int"),  # type: ignore[arg-type]
        (lambda: Router("/a").get("x")(handler), "GET x: the path 'x' must start with '/'; write '/x'"),
        (lambda: Router("/a").get(5)(handler), "the path must be a string, not 5"),  # type: ignore[arg-type]
    ],
)
def test_paths_and_prefixes_that_cannot_work_are_refused(register: Callable[[], object], words: str) -> None:
    """At once, with the remedy."""
    with pytest.raises(ConfigError) as caught:
        register()

    assert words in str(caught.value)


def test_hints_may_name_local_types_also_below_a_prefix() -> None:
    """Compiling again needs them again."""
    router = Router()

    class Item(msgspec.Struct):
        name: str

    @router.post("/items")
    def create(shop: int, item: "Item") -> "Item":
        return item

    api = BoltAPI()
    api.include(router, "/shops/{shop}")

    assert [str(param.source) for param in api.routes[0].params] == ["path", "body"]
