"""Mistakes in handlers, paths and options are errors at registration that say what to do."""

import datetime as dt
import enum
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Literal

import bolt_core
import msgspec
import pytest
from bolt_core.binding import compile_handler
from bolt_core.exceptions import ConfigError
from bolt_core.markers import UNSET
from bolt_core.options import RouteOptions
from bolt_core.param_functions import Body, Cookie, Depends, File, Form, Header, Path, Query
from bolt_core.uploads import UploadFile


class Item(msgspec.Struct):
    name: str


class Later:
    """A class that nothing can be read into."""


class Nested(msgspec.Struct):
    item: Item


class Listed(msgspec.Struct):
    items: list[Item]


class Foreign(msgspec.Struct):
    later: Later


class Marked(msgspec.Struct):
    name: Annotated[str, Header()]


class Limited(msgspec.Struct):
    name: Annotated[str, Query(ge=3)]


class Empty(msgspec.Struct):
    pass


class WithFile(msgspec.Struct):
    file: UploadFile


def unused() -> None: ...
def unannotated(x) -> None: ...  # type: ignore[no-untyped-def]
def anything(x: Any) -> None: ...
def foreign(x: Later) -> None: ...
def foreign_body(x: list[Later] = Body()) -> None: ...
def body(item: Item) -> None: ...
def same_member(a: Item, b: Item = Body("a")) -> None: ...
def named_body(a: Item = Body("b")) -> None: ...
def foreign_member(a: Item, b: Later = Body()) -> None: ...
def body_and_form(a: Item, b: str = Form()) -> None: ...
def body_and_file(a: Item, b: UploadFile) -> None: ...
def form_on_get(a: str = Form()) -> None: ...
def file_on_get(a: UploadFile) -> None: ...
def scalar_file(x: str = File()) -> None: ...
def untyped_file(x=File()) -> None: ...  # type: ignore[no-untyped-def]
def one_of_many(x: UploadFile = File(max_files=2)) -> None: ...
def measured_file(x: UploadFile = File(max_length=2)) -> None: ...
def default_file(x: UploadFile = File(default=5)) -> None: ...
def optional_file(x: UploadFile = File(default=None)) -> None: ...
def form_and_file(a: str = Form("x"), b: UploadFile = File("x")) -> None: ...
def same_header(a: str = Header("X-Id"), x_id: str = Header()) -> None: ...
def odd_header(x: str = Header("X Id")) -> None: ...
def odd_cookie(x: str = Cookie("a;b")) -> None: ...
def untyped_header(x=Header()) -> None: ...  # type: ignore[no-untyped-def]
def body_in_header(x: Item | int = Header()) -> None: ...
def other_source(id: int = Query()) -> None: ...
def list_in_path(id: list[int]) -> None: ...
def split_scalar(x: int = Query(split=",")) -> None: ...
def none_default(x: int = None) -> None: ...  # type: ignore[assignment]  # noqa: RUF013
def none_limited(x: int = Query(default=None, ge=1)) -> None: ...
def wrong_default(x: int = "a") -> None: ...  # type: ignore[assignment]
def wrong_item(x: list[int] = ["a"]) -> None: ...  # type: ignore[list-item]  # noqa: B006
def wrong_choice(x: Literal["a", "b"] = "c") -> None: ...  # type: ignore[assignment]
def wrong_model(x: Item = Query(default=5)) -> None: ...
def low_default(x: int = Query(default=0, ge=1)) -> None: ...
def text_limit(x: int = Query(ge="1")) -> None: ...
def bool_limit(x: float = Query(lt=True)) -> None: ...
def date_limit(x: dt.date = Query(ge=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))) -> None: ...
def no_value_left(x: int = Query(ge=5, le=4)) -> None: ...
def no_length_left(x: str = Query(min_length=5, max_length=4)) -> None: ...
def nested_model(x: Nested = Query()) -> None: ...
def listed_model(x: Listed = Query()) -> None: ...
def foreign_field(x: Foreign = Query()) -> None: ...
def marked_field(x: Marked = Query()) -> None: ...
def limited_field(x: Limited = Query()) -> None: ...
def empty_model(x: Empty = Query()) -> None: ...
def file_in_query(x: WithFile = Query()) -> None: ...
def named_model(x: Item = Query("x")) -> None: ...
def limited_model(x: Item = Query(max_length=3)) -> None: ...
def same_field(x: Item = Query(), name: str = "") -> None: ...
def two_requests(request: Any, r: bolt_core.Request) -> None: ...
def default_in_path(id: int = 3) -> None: ...
def body_in_path(id: Item) -> None: ...
def not_in_path(id: int = Path()) -> None: ...
def depends(x: str = Depends(unused)) -> None: ...
def two_markers(x: Annotated[str, Query()] = Query()) -> None: ...
def two_defaults(x: Annotated[int, Query(default=1)] = 2) -> None: ...
def ordered_text(x: str = Query(gt=3)) -> None: ...
def measured_number(x: int = Query(max_length=3)) -> None: ...
def ordered_id(x: uuid.UUID = Query(gt=3)) -> None: ...
def ordered_list(x: list[int] = Query(gt=3)) -> None: ...
def multiple_of_day(x: dt.date = Query(multiple_of=3)) -> None: ...
def pattern_number(x: int = Query(pattern="x")) -> None: ...


class Memberless(enum.Enum):
    pass


def memberless(x: Memberless) -> None: ...
def marked_item(x: list[Annotated[str, Header()]]) -> None: ...
def ordered_item(x: list[Annotated[str, msgspec.Meta(gt=1)]]) -> None: ...
def ordered_body(x: Item = Body(gt=1)) -> None: ...
def zoned_day(x: dt.date = Query(tz=True)) -> None: ...
def untyped_query(x=Query()) -> None: ...  # type: ignore[no-untyped-def]
def untyped_body(x=Body()) -> None: ...  # type: ignore[no-untyped-def]
def same_name(a: int = Query("n"), b: int = Query("n")) -> None: ...
def nested_list(x: list[list[int]]) -> None: ...


LIMITED = "limits field 'name' of parameter 'x' by gt, ge, lt, le, which str does not have; remove the limit"
FORM_ON_GET = "from a form, but a GET request's body has no defined meaning (RFC 9110 §9.3.1); use POST, or Query()"


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
        (body, "HEAD /", "mark it with Query() to read its fields from the query, or with Body()"),
        (same_member, "POST /", "reads body value 'a' into both 'a' and 'b'; give one of them another name"),
        (named_body, "POST /", "a body has no name unless it is a member of an object; write Body(embed=True)"),
        (foreign_member, "POST /", "has body parameter 'a, b' of a type that no body can be decoded into"),
        (
            body_and_form,
            "POST /",
            "reads 'a' from a JSON body and 'b' from a form, but a request has one body; mark 'a' wi",
        ),
        (body_and_file, "POST /", "reads 'a' from a JSON body and 'b' from a form, but a request has one body"),
        (form_on_get, "GET /", FORM_ON_GET),
        (file_on_get, "GET /", FORM_ON_GET),
        (scalar_file, "POST /", "with File() but gives it the type str; annotate it UploadFile or list[UploadFile]"),
        (untyped_file, "POST /", "with File() but gives it no type; annotate it UploadFile"),
        (one_of_many, "POST /", "by max_files, though it is one file; annotate it list[UploadFile]"),
        (measured_file, "POST /", "by max_length, which no file has; use max_size or max_files"),
        (default_file, "POST /", "the default 5, which is no file; use None"),
        (optional_file, "POST /", "the default None; annotate it UploadFile | None"),
        (form_and_file, "POST /", "reads form value 'x' into both 'a' and 'b'"),
        (same_header, "GET /", "reads header value 'x-id' into both 'a' and 'x_id'"),
        (
            odd_header,
            "GET /",
            "the header 'X Id', which is no name that a client can send (RFC 9110 §5.6.2); use letters",
        ),
        (odd_cookie, "GET /", "the cookie 'a;b', which is no name that a client can send"),
        (untyped_header, "GET /", "marks parameter 'x' with Header() but gives no type; annotate it"),
        (
            body_in_header,
            "GET /",
            "from the header, where a value of type Item | int cannot stand; use a scalar type or a",
        ),
        (other_source, "GET /{id}", "marks parameter 'id' with Query(), but the path has '{id}'; rename one of them"),
        (list_in_path, "GET /{id}", "from the path, where one name has one value; write Path(split=',')"),
        (split_scalar, "GET /", "splits parameter 'x' of type int, which is no list; remove split"),
        (none_default, "GET /", "gives parameter 'x' of type int the default None; annotate it int | None"),
        (none_limited, "GET /", "gives parameter 'x' of type int the default None; annotate it int | None"),
        (wrong_default, "GET /", "gives parameter 'x' the default 'a', which is no int; mend one of them"),
        (wrong_item, "GET /", "gives parameter 'x' the default ['a'], which is no list[int]"),
        (wrong_choice, "GET /", "gives parameter 'x' the default 'c', which is no Literal['a', 'b']"),
        (wrong_model, "GET /", "gives parameter 'x' the default 5, which is no Item"),
        (low_default, "GET /", "the default 0, which breaks its own limit (Must be at least 1)"),
        (text_limit, "GET /", "limits parameter 'x' by ge='1', which no int compares with; give one of its type"),
        (bool_limit, "GET /", "limits parameter 'x' by lt=True, which no float compares with"),
        (date_limit, "GET /", "which no date compares with"),
        (no_value_left, "GET /", "limits parameter 'x' to at least 5 and at most 4, which nothing keeps; mend one"),
        (no_length_left, "GET /", "limits parameter 'x' to at least 5 and at most 4, which nothing keeps"),
        (
            nested_model,
            "GET /",
            "field 'item' of parameter 'x' of type Item, but no model can stand inside one that is read",
        ),
        (
            listed_model,
            "GET /",
            "field 'items' of parameter 'x' from the query, where a value of type list[Item] cannot st",
        ),
        (
            foreign_field,
            "GET /",
            "field 'later' of parameter 'x' from the query, where a value of type Later cannot stand",
        ),
        (marked_field, "GET /", "field 'name' of parameter 'x' for another source than its model; remove the marker"),
        (limited_field, "GET /", LIMITED),
        (
            empty_model,
            "GET /",
            "of type Empty field by field, but it has none; use a Struct, a dataclass or a TypedDict",
        ),
        (file_in_query, "GET /", "that is a file; files come in forms, so mark the model with Form()"),
        (
            named_model,
            "GET /",
            "a name, a limit or split, which a model has only for each of its fields; set them there",
        ),
        (limited_model, "GET /", "a name, a limit or split, which a model has only for each of its fields"),
        (
            same_field,
            "GET /",
            "reads query value 'name' into both field 'name' of 'x' and 'name'; give one of them anot",
        ),
        (two_requests, "GET /", "takes the request twice (request, r); keep one"),
        (default_in_path, "GET /{id}", "gives path parameter 'id' a default, which is never used; remove it"),
        (body_in_path, "GET /{id}", "reads parameter 'id' from the path, where a value of type Item cannot stand"),
        (not_in_path, "GET /", "from the path, which has no '{id}'; add it to the path"),
        (depends, "GET /", "'x' with Depends(), which is not supported yet"),
        (two_markers, "GET /", "marks parameter 'x' twice, with Query() and Query(); keep one marker"),
        (two_defaults, "GET /", "gives parameter 'x' two defaults; keep one"),
        (ordered_text, "GET /", "limits parameter 'x' by gt, ge, lt, le, which str does not have; remove the limit"),
        (ordered_id, "GET /", "limits parameter 'x' by gt, ge, lt, le, which UUID does not have"),
        (measured_number, "GET /", "limits parameter 'x' by min_length, max_length, which int does not have"),
        (ordered_list, "GET /", "limits parameter 'x' by gt, ge, lt, le, which list[int] does not have"),
        (multiple_of_day, "GET /", "limits parameter 'x' by multiple_of, which date does not have"),
        (pattern_number, "GET /", "limits parameter 'x' by pattern, which int does not have"),
        (
            ordered_item,
            "GET /",
            "parameter 'x' that limits what is inside its type by gt, ge, lt, le, which str does not have; remove",
        ),
        (memberless, "GET /", "parameter 'x' that can have no value, as Memberless has no members"),
        (
            marked_item,
            "GET /",
            "that marks what is inside its type with Header(); mark the parameter itself",
        ),
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


def test_a_streamed_body_has_no_form() -> None:
    """A form is read before the handler runs."""

    async def handler(request: Any, name: str = Form()) -> None: ...

    with pytest.raises(ConfigError, match="has stream_body=True and a form parameter"):
        compile_handler(handler, "/", "POST", RouteOptions(stream_body=True))


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
