"""URLs from the names of routes."""

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Any

import pytest
from bolt_core import reversing
from bolt_core.api import BoltAPI
from bolt_core.exceptions import ConfigError
from bolt_core.live import LiveServer
from bolt_core.params import Path
from bolt_core.reversing import NoReverseMatch
from bolt_core.routing import Router

from .test_live import get


class Colour(enum.Enum):
    RED = "red"


def api_of(path: str, type_: Any = str, **options: Any) -> BoltAPI:
    """An API with one route, `item`, whose parameter `x` is of *type_*."""
    api = BoltAPI()

    def item(x: Any) -> None: ...

    item.__annotations__["x"] = type_
    api.get(path, **options)(item)
    return api


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        (int, 3, "3"),
        (int, "3", "3"),
        (float, 1.5, "1.5"),
        (bool, True, "true"),
        (str, "a/b ä?#%", "a%2Fb%20%C3%A4%3F%23%25"),
        (str, "a:b@c;d=e", "a:b@c;d=e"),
        (uuid.UUID, uuid.UUID(int=7), str(uuid.UUID(int=7))),
        (dt.date, dt.date(2026, 1, 2), "2026-01-02"),
        (dt.datetime, dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC), "2026-01-02T03:00:00Z"),
        (dt.timedelta, dt.timedelta(hours=1), "PT3600S"),
        (Decimal, Decimal("1.50"), "1.50"),
        (Colour, Colour.RED, "red"),
        (Annotated[list[int], Path(split=",")], [1, 2], "1,2"),
    ],
)
def test_values_are_written_as_the_handler_reads_them(type_: Any, value: Any, text: str) -> None:
    """Percent-encoded, so that each stays one segment."""
    assert api_of("/items/{x}", type_).url_for("item", x=value) == f"/items/{text}"


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (int, "x"),
        (int, 1.5),
        (Annotated[int, Path(ge=1)], 0),
        (Colour, "blue"),
        (str, ""),
        (str, ".."),
        (str, None),
        (float, float("nan")),
        (str, ["a"]),
    ],
)
def test_values_that_the_handler_would_not_get_are_refused(type_: Any, value: Any) -> None:
    """The message names the route and the parameter."""
    with pytest.raises(NoReverseMatch, match=r"'item' \(/items/\{x\}\): x="):
        api_of("/items/{x}", type_).url_for("item", x=value)


def test_the_rest_of_a_path_keeps_its_slashes() -> None:
    """But for two in front, which would name another host."""
    api = api_of("/{x:path}")

    assert api.url_for("item", x="a b/c") == "/a%20b/c"
    assert api.url_for("item", x="/evil.test") == "/%2Fevil.test"
    with pytest.raises(NoReverseMatch):
        api.url_for("item", x="a/../b")


def test_the_query_is_added() -> None:
    """From a mapping, pairs or a string; lists repeat their name."""
    api = api_of("/items/{x}", int)

    assert api.url_for("item", x=1, query={"q": "a b", "tag": ["x", "y"], "on": True}) == (
        "/items/1?q=a+b&tag=x&tag=y&on=true"
    )
    assert api.url_for("item", x=1, query=[("d", dt.date(2026, 1, 2))]) == "/items/1?d=2026-01-02"
    assert api.url_for("item", x=1, query="?a=b") == "/items/1?a=b"
    assert api.url_for("item", x=1, query={}) == "/items/1"
    with pytest.raises(NoReverseMatch, match="leave the parameter out"):
        api.url_for("item", x=1, query={"q": None})


def test_a_parameter_may_be_called_query() -> None:
    """The path's is meant then."""
    api = BoltAPI()

    @api.get("/search/{query}")
    def search(query: str) -> None: ...

    assert api.url_for("search", query="a b") == "/search/a%20b"


def test_a_name_that_is_given_counts_before_the_functions() -> None:
    """`name=` says what the route is called; several methods of one path share it."""
    api = BoltAPI()

    @api.get("/a")
    def item() -> None: ...

    @api.get("/b", name="item")
    @api.put("/b", name="item")
    def other() -> None: ...

    assert api.url_for("item") == "/b"
    with pytest.raises(NoReverseMatch, match=r"did you mean 'item'.*there are: item$"):
        api.url_for("items")


def test_parameters_choose_between_paths_of_one_name() -> None:
    """What they do not decide is ambiguous, and the message says what there is."""
    api = BoltAPI()

    def item() -> None: ...

    api.get("/items")(item)
    for path in ("/other/{x}", "/items/{x}"):

        def item(x: str) -> None: ...

        api.get(path)(item)

    assert api.url_for("item") == "/items"
    with pytest.raises(NoReverseMatch, match=r"ambiguous: /other/\{x\} of .* and /items/\{x\} of .*name='…'"):
        api.url_for("item", x=1)
    with pytest.raises(NoReverseMatch, match="takes the parameters y; there is"):
        api.url_for("item", y=1)


def test_two_routes_of_one_name_are_refused() -> None:
    """At registration and inclusion, by a message that names both and the remedy; a namespace keeps them apart."""
    api, shop, club = BoltAPI(), BoltAPI(prefix="/shop"), BoltAPI(prefix="/club", namespace="club")

    def item() -> None: ...

    for one in (api, shop, club):
        one.get("/a", name="item")(item)
    with pytest.raises(ConfigError, match=r"named 'item'.* /b of .* /a of .*rename.*namespace"):
        api.get("/b", name="item")(item)
    assert len(api.routes) == 1
    with pytest.raises(ConfigError, match="named 'item'"):
        api.include(shop)
    api.include(club)
    assert (api.url_for("item"), api.url_for("club:item")) == ("/a", "/club/a")
    assert club.url_for("item") == club.url_for("club:item") == "/club/a"


@pytest.mark.parametrize("name", ["", "a:b"])
def test_names_have_no_colons(name: str) -> None:
    """Which stand between namespaces."""
    with pytest.raises(ConfigError, match="name="):
        BoltAPI().get("/", name=name)(lambda: None)


@pytest.mark.parametrize("namespace", ["a:b", "a b", 3])
def test_a_namespace_is_one_name(namespace: Any) -> None:
    """Anything else is refused."""
    with pytest.raises(ConfigError, match="namespace="):
        BoltAPI(namespace=namespace)


def test_prefixes_of_outer_routers_count() -> None:
    """With their parameters; where there are several, the router itself cannot tell."""
    inner, outer, root = Router("/books"), Router("/shops/{shop}"), BoltAPI(prefix="/api")

    @inner.get("/{book}")
    def book(shop: int, book: int) -> None: ...

    outer.include(inner)
    root.include(outer, "/v1")

    for router in (inner, outer, root):
        assert router.url_for("book", shop=7, book=1) == "/api/v1/shops/7/books/1"
    root.include(outer, "/v2")
    with pytest.raises(NoReverseMatch, match=r"included below .*v1.* and .*v2"):
        inner.url_for("book", shop=7, book=1)


def test_a_framework_may_bring_its_prefix_and_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both hold for the whole process."""

    class Own(NoReverseMatch): ...

    monkeypatch.setattr(reversing, "_error_class", [NoReverseMatch])
    monkeypatch.setattr(reversing, "_script_prefixes", [lambda: "/"])
    reversing.register_no_reverse_match(Own)
    reversing.register_script_prefix(lambda: "/site/")

    assert api_of("/items/{x}").url_for("item", x=1) == "/site/items/1"
    with pytest.raises(Own):
        BoltAPI().url_for("nothing")


def test_requests_make_absolute_urls() -> None:
    """Of the application that serves them, on the loop and on the pool."""
    inner, root = BoltAPI(namespace="inner"), BoltAPI()

    @inner.get("/async/{x}", name="item")
    async def item(request: Any, x: int) -> str:
        return str(request.url_for("inner:item", x=x + 1, query={"q": "ä"}))

    @inner.get("/sync")
    def sync(request: Any) -> str:
        return str(request.url_for("inner:sync"))

    root.include(inner, "/v1")
    with LiveServer(root.freeze()) as server:
        assert get(server, "/v1/async/1")[1].decode() == f"{server.url}/v1/async/2?q=%C3%A4"
        assert get(server, "/v1/sync")[1].decode() == f"{server.url}/v1/sync"
