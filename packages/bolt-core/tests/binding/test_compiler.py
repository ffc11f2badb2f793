"""Handlers become plans, and mistakes become errors that say what to do."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

import bolt_core
import msgspec
import pytest
from bolt_core.binding import compile_handler
from bolt_core.exceptions import ConfigError
from bolt_core.markers import UNSET, Source
from bolt_core.options import RouteOptions
from bolt_core.param_functions import Body, Cookie, Depends, File, Form, Header, Path, Query
from bolt_core.plan import HandlerPlan
from bolt_core.types import Request as RequestShape


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
        "params",
    }
    params: Any = wire["params"]
    keys = "name keyword source wire_name kind many required default convert decode decode_msgpack"
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

    assert (param.many, param.wire_name, param.required) == (True, "id", True)
    assert param.convert is not None
    assert param.convert(["1", "2"]) == [1, 2]
    with pytest.raises(ValueError, match="at most 2"):
        param.convert(["1", "2", "3"])


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
    assert ids.decode is not None
    assert ids.decode(b"[1]") == [1]


def test_an_optional_body_has_a_default() -> None:
    """`T | None = None` accepts an absent body; `T | None` alone does not."""

    def optional(item: Item | None = None) -> None: ...

    def nullable(item: Item | None) -> None: ...

    assert [compile_handler(handler, "/", "POST").params[0].required for handler in (optional, nullable)] == [
        False,
        True,
    ]


@pytest.mark.parametrize("annotation", [bolt_core.Request, RequestShape])
def test_the_request_is_known_by_its_type(annotation: Any) -> None:
    """Whatever the parameter is called, wherever it stands."""

    def handler(n: int, r: Any) -> None: ...

    handler.__annotations__["r"] = annotation

    assert sources(compile_handler(handler, "/", "GET")) == [("n", "query", "n"), ("r", "request", "r")]


def test_a_parameter_called_request_may_be_data() -> None:
    """A body type says so."""

    def handler(request: Item) -> None: ...

    assert sources(compile_handler(handler, "/", "POST")) == [("request", "body", "request")]


def test_the_status_and_other_options_reach_the_plan() -> None:
    """Documentation's share is kept apart."""

    def handler(request: Any) -> None:
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


def unused() -> None: ...
def unannotated(x) -> None: ...  # type: ignore[no-untyped-def]
def anything(x: Any) -> None: ...
def foreign(x: Later) -> None: ...
def foreign_body(x: list[Later] = Body()) -> None: ...
def body(item: Item) -> None: ...
def two_bodies(a: Item, b: dict[str, int]) -> None: ...
def two_requests(request: Any, r: bolt_core.Request) -> None: ...
def default_in_path(id: int = 3) -> None: ...
def body_in_path(id: Item) -> None: ...
def not_in_path(id: int = Path()) -> None: ...
def header(x: str = Header()) -> None: ...
def cookie(x: str = Cookie()) -> None: ...
def form(x: str = Form()) -> None: ...
def file(x: str = File()) -> None: ...
def depends(x: str = Depends(unused)) -> None: ...
def two_markers(x: Annotated[str, Query()] = Query()) -> None: ...
def two_defaults(x: Annotated[int, Query(default=1)] = 2) -> None: ...
def ordered_text(x: str = Query(gt=3)) -> None: ...
def measured_number(x: int = Query(max_length=3)) -> None: ...
def ordered_id(x: uuid.UUID = Query(gt=3)) -> None: ...
def ordered_list(x: list[int] = Query(gt=3)) -> None: ...
def multiple_of_day(x: dt.date = Query(multiple_of=3)) -> None: ...
def pattern_number(x: int = Query(pattern="x")) -> None: ...
def zoned_day(x: dt.date = Query(tz=True)) -> None: ...
def untyped_query(x=Query()) -> None: ...  # type: ignore[no-untyped-def]
def untyped_body(x=Body()) -> None: ...  # type: ignore[no-untyped-def]
def same_name(a: int = Query("n"), b: int = Query("n")) -> None: ...
def nested_list(x: list[list[int]]) -> None: ...


@pytest.mark.parametrize(
    ("handler", "route", "words"),
    [
        (unused, "GET /{id}", "never uses path parameter 'id'; add a parameter named id"),
        (
            unannotated,
            "GET /",
            "'x' with no type hint, so its source is unknown; annotate it, or mark it with Body() or Qu",
        ),
        (
            anything,
            "GET /",
            "'x' with the type hint Any, so its source is unknown; annotate it, or mark it with Body()",
        ),
        (foreign, "GET /", "where a value of type Later cannot stand; use a scalar type or a list of one, or mark it"),
        (foreign_body, "POST /", "list[Later] holds the type Later, which no body can be decoded into"),
        (body, "GET /", "a GET request's body has no defined meaning (RFC 9110 §9.3.1); use POST"),
        (two_bodies, "POST /", "has 2 body parameters (a, b), which is not supported yet; put them into one Struct"),
        (two_requests, "GET /", "takes the request twice (request, r); keep one"),
        (default_in_path, "GET /{id}", "gives path parameter 'id' a default, which is never used; remove it"),
        (body_in_path, "GET /{id}", "reads parameter 'id' from the path, where a value of type Item cannot stand"),
        (not_in_path, "GET /", "from the path, which has no '{id}'; add it to the path"),
        (header, "GET /", "'x' with Header(), which is not supported yet"),
        (cookie, "GET /", "'x' with Cookie(), which is not supported yet"),
        (form, "GET /", "'x' with Form(), which is not supported yet"),
        (file, "GET /", "'x' with File(), which is not supported yet"),
        (depends, "GET /", "'x' with Depends(), which is not supported yet"),
        (two_markers, "GET /", "marks parameter 'x' twice; keep one marker"),
        (two_defaults, "GET /", "gives parameter 'x' two defaults; keep one"),
        (ordered_text, "GET /", "limits parameter 'x' by gt, ge, lt, le, which str does not have; remove the limit"),
        (ordered_id, "GET /", "limits parameter 'x' by gt, ge, lt, le, which UUID does not have"),
        (measured_number, "GET /", "limits parameter 'x' by min_length, max_length, which int does not have"),
        (ordered_list, "GET /", "limits parameter 'x' by gt, ge, lt, le, which list[int] does not have"),
        (multiple_of_day, "GET /", "limits parameter 'x' by multiple_of, which date does not have"),
        (pattern_number, "GET /", "limits parameter 'x' by pattern, which int does not have"),
        (zoned_day, "GET /", "limits parameter 'x' by tz, which date does not have"),
        (untyped_query, "GET /", "marks parameter 'x' with Query() but gives no type"),
        (untyped_body, "POST /", "marks parameter 'x' with Body() but gives no type"),
        (same_name, "GET /", "reads query value 'n' into both 'a' and 'b'; give one of them another name"),
        (nested_list, "GET /", "a value of type list[list[int]] cannot stand"),
        (unused, "GET /{id:int}", "the converter 'int' does not exist"),
        (unused, "GET x", "must start with '/'"),
    ],
)
def test_a_mistake_names_route_handler_and_remedy(handler: Callable[..., Any], route: str, words: str) -> None:
    """Every mistake is found when the route is registered."""
    method, path = route.split(" ")
    with pytest.raises(ConfigError) as caught:
        compile_handler(handler, path, method)

    assert str(caught.value).startswith(f"{route}: handler {handler.__name__}() ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"status": 201}, "unknown option 'status'"),
        ({"status_code": 99}, "status_code=99; give an int from 200 to 599"),
        ({"status_code": True}, "status_code=True"),
        ({"max_body_size": -1}, "max_body_size=-1"),
        ({"stream_body": 1}, "stream_body=1; give True or False"),
        ({"summary": 5}, "summary=5; give a string"),
        ({"tags": "a"}, "tags='a'; give a list of strings"),
        ({"response_model": list[Later]}, "Later that cannot be validated"),
        ({"stream_body": True}, "takes no request; add a parameter named request"),
    ],
)
def test_an_option_that_cannot_work_is_refused(options: Any, words: str) -> None:
    """With its value and what to give instead."""
    with pytest.raises(ConfigError) as caught:
        compile_handler(unused, "/", "POST", options)

    assert words in str(caught.value)


def test_a_streamed_body_has_no_body_parameter() -> None:
    """It is read from the request."""
    with pytest.raises(ConfigError, match=r"read the body from request.stream\(\)"):
        compile_handler(body, "/", "POST", RouteOptions(stream_body=True))


@pytest.mark.parametrize("handler", [5, "text", Later])
def test_what_is_no_function_is_refused(handler: Any) -> None:
    """A class would make an instance per request, which nobody meant."""
    with pytest.raises(ConfigError, match=r"pass a function"):
        compile_handler(handler, "/", "GET")


def test_with_the_request_at_hand_a_path_parameter_may_go_unused() -> None:
    """The handler can read `request.path_params`."""

    def handler(request: Any) -> None: ...

    assert compile_handler(handler, "/{id}", "GET").params[0].default is UNSET
