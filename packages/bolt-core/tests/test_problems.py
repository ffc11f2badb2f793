"""Requests that cannot be bound: 415, 400, or 422 with every problem."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from bolt_core import dispatch
from bolt_core.binding import compile_handler
from bolt_core.invalid import InvalidItems
from bolt_core.plan import HandlerPlan
from bolt_core.types import Problem
from bolt_serializers.invalid import InvalidValue

pytestmark = pytest.mark.usefixtures("registries")


class Item(msgspec.Struct):
    name: str
    price: int


def create(item: Item, page: int = 1) -> None: ...


PLAN = compile_handler(create, "/items", "POST")


@pytest.fixture
def answer(make_request: Callable[..., Any]) -> Callable[..., tuple[int, Any]]:
    """Status and detail of the reply to some problems."""

    def call(*problems: Problem | tuple[str, str, str, BaseException | None], body: bytes = b"") -> tuple[int, Any]:
        request = make_request(method="POST", body=body)
        listed = [problem if len(problem) == 5 else (*problem, None) for problem in problems]
        status, headers, content = dispatch.invalid(PLAN, listed, request)
        assert ("content-type", "application/json") in headers
        assert isinstance(content, bytes)
        return status, json.loads(content)["detail"]

    return call


def refused(plan: HandlerPlan, body: bytes, msgpack: bool = False) -> BaseException:
    """What the body's decoder raises."""
    decoders = plan.params[0].body
    assert decoders is not None
    decode = decoders.decode_msgpack if msgpack else decoders.decode
    with pytest.raises(Exception) as caught:
        decode(body)
    return caught.value


def test_every_problem_is_listed(answer: Callable[..., tuple[int, Any]]) -> None:
    """In one shape, from every source."""
    status, detail = answer(
        ("path", "id", "int", None),
        ("query", "x", "float", None),
        ("query", "y", "bool", None),
        ("path", "z", "str", None),
        ("query", "q", "missing", None),
        ("query", "day", "convert", ValueError("Expected a date")),
        (
            "query",
            "ids",
            "convert",
            InvalidItems([(0, ValueError("no")), (2, InvalidValue("neither", "x", {"ge": 3}))]),
        ),
        ("header", "x-n", "int", None, 2),
        ("form", "", "convert", ValueError("low must not exceed high")),
        ("query", "z", "unexpected", None),
        ("body", "item", "body_missing", None),
    )

    assert status == 422
    assert detail == [
        {"loc": ["path", "id"], "msg": "Expected an integer", "type": "int_parsing"},
        {"loc": ["query", "x"], "msg": "Expected a finite number", "type": "float_parsing"},
        {"loc": ["query", "y"], "msg": "Expected true or false", "type": "bool_parsing"},
        {"loc": ["path", "z"], "msg": "Expected text in UTF-8", "type": "string_unicode"},
        {"loc": ["query", "q"], "msg": "Field required", "type": "missing"},
        {"loc": ["query", "day"], "msg": "Expected a date", "type": "value_error"},
        {"loc": ["query", "ids", 0], "msg": "no", "type": "value_error"},
        {"loc": ["query", "ids", 2], "msg": "neither", "type": "x", "ctx": {"ge": 3}},
        {"loc": ["header", "x-n", 2], "msg": "Expected an integer", "type": "int_parsing"},
        {"loc": ["form"], "msg": "low must not exceed high", "type": "value_error"},
        {"loc": ["query", "z"], "msg": "Unexpected field", "type": "unexpected"},
        {"loc": ["body"], "msg": "A body is required", "type": "missing"},
    ]


@pytest.mark.parametrize("msgpack", [False, True])
def test_every_problem_of_the_body_is_listed(msgpack: bool, answer: Callable[..., tuple[int, Any]]) -> None:
    """Though the decoder stops at the first."""
    encode = msgspec.msgpack.encode if msgpack else msgspec.json.encode
    body = encode({"name": 5})
    code = "validation_msgpack" if msgpack else "validation"
    status, detail = answer(("body", "item", code, refused(PLAN, body, msgpack)), body=body)

    assert status == 422
    assert [(one["loc"], one["type"]) for one in detail] == [
        (["body", "name"], "type_error"),
        (["body", "price"], "missing"),
    ]


def test_the_decoders_words_stand_where_a_second_look_finds_nothing(answer: Callable[..., tuple[int, Any]]) -> None:
    """As with a check that only the decoder makes."""
    exc = msgspec.ValidationError("Expected a finite number - at `$.price`")
    for body in (b'{"name":"a","price":1}', b'{"name":"a","price":%s}' % (b"1" * 5000)):
        assert answer(("body", "item", "validation", exc), body=body) == (
            422,
            [{"loc": ["body", "price"], "msg": "Expected a finite number", "type": "finite_number"}],
        )


@pytest.mark.parametrize(
    "body", [b"{", b"", b"{'a':1}", b'{"name":NaN}', b"[1,]", b'{"name":"a","price":1} x', b"\xff"]
)
@pytest.mark.parametrize("code", ["json", "validation"])
def test_what_is_no_json_is_400(code: str, body: bytes, answer: Callable[..., tuple[int, Any]]) -> None:
    """Whichever code it is reported with."""
    status, detail = answer(("body", "item", code, refused(PLAN, body)), ("query", "q", "missing", None), body=body)

    assert status == 400
    assert detail.startswith("The body is malformed")


def test_a_body_that_is_no_utf_8_is_400(answer: Callable[..., tuple[int, Any]]) -> None:
    """JSON is UTF-8 (RFC 8259 §8.1)."""
    body = b'{"name":"\xff","price":1}'

    assert answer(("body", "item", "validation", refused(PLAN, body)), body=body) == (
        400,
        "The body is not valid UTF-8",
    )


def test_a_body_nested_too_deeply_is_400(answer: Callable[..., tuple[int, Any]]) -> None:
    """Whether the engine or the decoder notices."""
    for code, exc in (("json_depth", None), ("validation", RecursionError())):
        assert answer(("body", "item", code, exc)) == (400, "The body is nested too deeply")


def test_another_content_type_is_415(answer: Callable[..., tuple[int, Any]]) -> None:
    """It names those that are read."""
    status, detail = answer(("body", "item", "media_type", None), ("query", "q", "missing", None))

    assert status == 415
    assert "application/json" in detail


def test_a_converter_that_breaks_is_a_logged_500(
    answer: Callable[..., tuple[int, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    """Only `ValueError` is the client's fault."""
    assert answer(("query", "q", "convert", ZeroDivisionError("secret"))) == (500, "Internal Server Error")
    assert "ZeroDivisionError" in caplog.text


def test_messages_hold_only_a_short_piece_of_the_input(answer: Callable[..., tuple[int, Any]]) -> None:
    """A megabyte is not sent back."""
    long = "x" * 10_000
    _, detail = answer(("query", long, "convert", ValueError(f"Invalid enum value '{long}'")))

    assert len(detail[0]["msg"]) <= 200
    assert len(detail[0]["loc"][1]) <= 200


def test_a_body_of_many_errors_lists_a_hundred(make_request: Callable[..., Any]) -> None:
    """A million wrong items need no million lines."""

    def many(items: list[Item]) -> None: ...

    plan = compile_handler(many, "/", "POST")
    body = b"[" + b",".join([b"{}"] * 5000) + b"]"
    problems = [("body", "items", "validation", refused(plan, body), None)]
    status, _, content = dispatch.invalid(plan, problems, make_request(method="POST", body=body))

    assert status == 422
    assert isinstance(content, bytes)
    assert len(json.loads(content)["detail"]) == 100
