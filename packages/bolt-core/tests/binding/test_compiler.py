"""Handlers become plans, and mistakes become errors that say what to do."""

import asyncio
import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

import bolt_core
import msgspec
import pytest
from bolt_core.binding import compile_handler
from bolt_core.markers import Source
from bolt_core.options import RouteOptions
from bolt_core.param_functions import Body, Path, Query
from bolt_core.plan import HandlerPlan


class Item(msgspec.Struct):
    name: str


ITEM = Body(default=Item("a"))


class Later:
    """A class that nothing can be read into."""


def sources(plan: HandlerPlan) -> list[tuple[str, str, str]]:
    return [(param.name, str(param.source), param.wire_name) for param in plan.params]


def test_a_plan_says_where_everything_comes_from() -> None:
    """Path by name, body by type, query otherwise, in call order."""

    async def handler(
        item_id: int, item: Item, request: Any, q: str = "x", *, tags: list[int] | None = None
    ) -> None: ...

    plan = compile_handler(handler, "/items/{item_id}", "POST")

    assert sources(plan) == [
        ("item_id", "path", "item_id"),
        ("item", "body", "item"),
        ("request", "request", "request"),
        ("q", "query", "q"),
        ("tags", "query", "tags"),
    ]
    assert [param.required for param in plan.params] == [True, True, True, False, False]
    assert [param.keyword for param in plan.params] == [False, False, False, False, True]
    assert (plan.method, plan.path, plan.is_async, plan.body) == ("POST", "/items/{item_id}", True, "whole")


def test_the_wire_dict_has_the_agreed_keys() -> None:
    """Rust reads exactly these."""

    def handler(n: int) -> None: ...

    wire = compile_handler(handler, "/", "GET").to_wire()

    assert set(wire) == {
        *("plan", "method", "path", "name", "handler", "is_async", "body", "max_body", "cancel", "status", "encode"),
        *("params", "fast", "check", "around", "embedded", "form", "default_headers", "auth"),
    }
    params: Any = wire["params"]
    keys = "name keyword source wire_name kind many split required default convert"
    assert set(params[0]) == set(keys.split())


def test_plain_scalars_are_left_to_rust() -> None:
    """Nothing of Python runs for them."""

    def handler(a: int, b: float, c: bool, d: str, e: int | None) -> None: ...

    params = compile_handler(handler, "/", "GET").params

    assert [param.kind for param in params] == ["int", "float", "bool", "str", "int"]
    assert all(param.convert is None for param in params)


def test_limits_follow_what_rust_reads() -> None:
    """`convert` gets the value, not the text."""

    def handler(a: Annotated[int, msgspec.Meta(ge=1)], b: str = Query(default="ab", min_length=2)) -> None: ...

    first, second = compile_handler(handler, "/", "GET").params

    assert (first.kind, second.kind, second.default) == ("int", "str", "ab")
    assert first.convert is not None
    assert second.convert is not None
    assert first.convert(5) == 5
    with pytest.raises(ValueError, match="at least 1"):
        first.convert(0)
    with pytest.raises(ValueError, match="length of at least 2"):
        second.convert("a")


def test_other_types_are_read_from_the_text() -> None:
    """`convert` reads, then checks the limits."""

    def handler(day: dt.date = Query(ge=dt.date(2026, 1, 1)), price: Decimal = Query(le=5)) -> None: ...

    day, price = compile_handler(handler, "/", "GET").params

    assert day.kind == price.kind == "other"
    assert day.convert is not None
    assert price.convert is not None
    assert day.convert("2026-02-03") == dt.date(2026, 2, 3)
    for convert, text in ((day.convert, "2025-01-01"), (price.convert, "5.01"), (price.convert, "NaN")):
        with pytest.raises(ValueError):
            convert(text)


def test_a_list_takes_every_value_and_limits_its_length() -> None:
    """`min_length` counts items."""

    def handler(ids: list[int] = Query("id", max_length=2)) -> None: ...

    (param,) = compile_handler(handler, "/", "GET").params

    assert (param.many, param.kind, param.wire_name, param.required) == (True, "int", "id", True)
    assert param.convert is not None
    assert param.convert([1, 2]) == [1, 2]
    with pytest.raises(ValueError, match="at most 2"):
        param.convert([1, 2, 3])


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_mutable_default_is_made_anew(asynchronous: bool) -> None:
    """No request sees what another one did to it."""

    def handler(tags: list[str] = [], page: int = 1, *, item: Any = ITEM) -> Any:  # noqa: B006
        tags.append("x")
        return tags, item

    async def async_handler(tags: list[str] = [], page: int = 1, *, item: Any = ITEM) -> Any:  # noqa: B006
        return handler(tags, item=item)

    async_handler.__annotations__["item"] = handler.__annotations__["item"] = Item
    plan = compile_handler(async_handler if asynchronous else handler, "/", "POST")
    tags, page, item = (param.to_wire()["default"] for param in plan.params)
    results = [plan.call(tags, page, item=item) for _ in range(2)]
    (first, one), (second, two) = [asyncio.run(result) for result in results] if asynchronous else results

    assert first == second == ["x"]
    assert one == two
    assert one is not two
    assert (page, plan.is_async) == (1, asynchronous)


@pytest.mark.parametrize(
    "parameter",
    [Annotated[str, Query("search")], Annotated[str | None, Query("search")], Annotated[list[str], Query("search")]],
)
def test_a_marker_may_stand_in_annotated(parameter: Any) -> None:
    """As well as in the default."""

    def handler(q: Any) -> None: ...

    handler.__annotations__["q"] = parameter

    assert sources(compile_handler(handler, "/", "GET")) == [("q", "query", "search")]


def test_an_alias_reads_a_path_parameter_of_another_name() -> None:
    """`Path("id")` for `{id}`."""

    def handler(item_id: int = Path("id")) -> None: ...

    assert sources(compile_handler(handler, "/{id}", "GET")) == [("item_id", "path", "id")]


def test_an_unannotated_path_parameter_is_text() -> None:
    """Its source is known from the path."""

    def handler(name) -> None: ...  # type: ignore[no-untyped-def]

    (param,) = compile_handler(handler, "/{name}", "GET").params

    assert (param.kind, param.source) == ("str", Source.PATH)


def test_body_marks_what_would_not_be_one() -> None:
    """Scalars, lists of them, and bodies of GET."""

    def scalars(ids: list[int] = Body()) -> None: ...

    def search(item: Annotated[Item, Body()]) -> None: ...

    (ids,) = compile_handler(scalars, "/", "POST").params
    (item,) = compile_handler(search, "/", "GET").params

    assert ids.source is item.source is Source.BODY
    assert ids.body is not None
    assert ids.body.decode(b"[1]") == [1]


def test_an_optional_body_has_a_default() -> None:
    """`T | None = None` accepts an absent body; `T | None` alone does not."""

    def optional(item: Item | None = None) -> None: ...

    def nullable(item: Item | None) -> None: ...

    assert [compile_handler(handler, "/", "POST").params[0].required for handler in (optional, nullable)] == [
        False,
        True,
    ]


def test_the_request_is_known_by_its_type() -> None:
    """Whatever the parameter is called, wherever it stands."""

    def handler(n: int, r: bolt_core.Request) -> None: ...

    def annotated(n: int, r: Annotated[bolt_core.Request, "as it came"]) -> None: ...

    for either in (handler, annotated):
        assert sources(compile_handler(either, "/", "GET")) == [("n", "query", "n"), ("r", "request", "r")]


def test_a_parameter_called_request_may_be_data() -> None:
    """A body type says so."""

    def handler(request: Item) -> None: ...

    assert sources(compile_handler(handler, "/", "POST")) == [("request", "body", "request")]


def test_the_status_and_other_options_reach_the_plan() -> None:
    """Documentation's share is kept apart."""

    async def handler(request: Any) -> None:
        """Short.

        Long.
        """

    options = RouteOptions(
        status_code=201, stream_body=True, max_body_size=10, cancel_on_disconnect=False, tags=["a"], name="op"
    )
    plan = compile_handler(handler, "/", "POST", options)

    assert (plan.status, plan.status_given, plan.body, plan.max_body) == (201, True, "stream", 10)
    assert not plan.cancel_on_disconnect
    assert (plan.info.tags, plan.info.operation_id, plan.info.summary, plan.info.description) == (
        ("a",),
        "op",
        "Short.",
        "Long.",
    )


def test_a_handler_without_body_and_request_reads_none() -> None:
    """The engine drops what a client sends."""
    assert compile_handler(lambda: 1, "/", "POST").body == "none"
