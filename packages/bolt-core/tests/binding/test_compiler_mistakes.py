"""Mistakes in handlers, paths and options are errors at registration that say what to do."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Annotated, Any

import bolt_core
import msgspec
import pytest
from bolt_core.binding import compile_handler
from bolt_core.exceptions import ConfigError
from bolt_core.markers import UNSET
from bolt_core.options import RouteOptions
from bolt_core.param_functions import Body, Cookie, Depends, File, Form, Header, Path, Query


class Item(msgspec.Struct):
    name: str


class Later:
    """A class that nothing can be read into."""


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
def ordered_item(x: list[Annotated[str, msgspec.Meta(gt=1)]]) -> None: ...
def ordered_body(x: Item = Body(gt=1)) -> None: ...
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
        (ordered_item, "GET /", "limits items by gt, ge, lt, le, which str does not have; remove the limit"),
        (ordered_body, "POST /", "limits parameter 'x' by gt, ge, lt, le, which Item does not have"),
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


def test_a_streamed_body_needs_an_async_handler() -> None:
    """A `def` handler could not wait for the pieces."""

    def handler(request: Any) -> None: ...

    with pytest.raises(ConfigError, match="declare it async"):
        compile_handler(handler, "/", "POST", RouteOptions(stream_body=True))


@pytest.mark.parametrize("handler", [5, "text", Later])
def test_what_is_no_function_is_refused(handler: Any) -> None:
    """A class would make an instance per request, which nobody meant."""
    with pytest.raises(ConfigError, match=r"pass a function"):
        compile_handler(handler, "/", "GET")


def test_with_the_request_at_hand_a_path_parameter_may_go_unused() -> None:
    """The handler can read `request.path_params`."""

    def handler(request: Any) -> None: ...

    assert compile_handler(handler, "/{id}", "GET").params[0].default is UNSET
