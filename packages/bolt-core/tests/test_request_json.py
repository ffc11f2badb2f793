"""`request.json()`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import pytest
from bolt_core.exceptions import BadRequest, RequestValidationError, UnsupportedMediaType
from raw_client import Served
from request_reader import Asked

JSON = {"Content-Type": "application/json"}


class Item(msgspec.Struct):
    """An item of an order."""

    name: str
    count: int = 1


@dataclass
class Order:
    """A body that is a dataclass."""

    items: list[Item]


@pytest.fixture
def ask(served: Callable[..., Served]) -> Asked:
    """Reads a request inside a handler."""
    return Asked(served)


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/vnd.api+json; charset=utf-8", "Application/JSON"]
)
def test_a_body_is_decoded_once(ask: Asked, media_type: str) -> None:
    """Plain data, the same object each time."""
    got = ask(
        lambda request: (request.json(), request.json()),
        "POST",
        headers={"Content-Type": media_type},
        body=b'{"a": [1]}',
    )

    assert got[0] == {"a": [1]}
    assert got[0] is got[1]


def test_a_typed_body(ask: Asked) -> None:
    """As a Struct, a dataclass, or any type that a body parameter may have."""
    body = b'{"items": [{"name": "axe"}]}'

    assert ask(lambda request: request.json(Order), "POST", headers=JSON, body=body) == Order([Item("axe")])
    assert ask(lambda request: request.json(type=dict[str, Any]), "POST", headers=JSON, body=body)["items"] == [
        {"name": "axe"}
    ]


def test_every_problem_is_listed(ask: Asked) -> None:
    """422 with the errors of a declared body."""
    body = b'{"items": [{"name": 1}, {"count": "x"}]}'
    with pytest.raises(RequestValidationError) as caught:
        ask(lambda request: request.json(Order), "POST", headers=JSON, body=body)

    assert [error["loc"] for error in caught.value.errors] == [
        ["body", "items", 0, "name"],
        ["body", "items", 1, "name"],
        ["body", "items", 1, "count"],
    ]
    assert ask.answer is not None
    assert (ask.answer.status, ask.answer.json()["detail"]) == (422, caught.value.errors)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "The body is empty, where JSON was expected"),
        (b"{", "The body is malformed: "),
        (b'{"items": 1, ', "The body is malformed: "),
        (b'"\xff"', "malformed|not valid UTF-8"),
        (b"[" * 200 + b"]" * 200, "The body is nested too deeply"),
    ],
)
@pytest.mark.parametrize("type_", [Any, Order])
def test_no_json_is_400(ask: Asked, body: bytes, words: str, type_: Any) -> None:
    """Malformed, empty or too deeply nested, with a type or without: never a 500."""
    with pytest.raises(BadRequest, match=words):
        ask(lambda request: request.json(type_), "POST", headers=JSON, body=body)

    assert ask.answer is not None
    assert ask.answer.status == 400


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "text/plain"}, {"Content-Type": "application/jsonx"}])
def test_another_content_type_is_415(ask: Asked, headers: dict[str, str]) -> None:
    """So that no form of another site reaches a handler of JSON."""
    with pytest.raises(UnsupportedMediaType, match="application/json"):
        ask(lambda request: request.json(), "POST", headers=headers, body=b"{}")


def test_a_type_that_is_no_body(ask: Asked) -> None:
    """The handler's mistake, not the client's."""
    with pytest.raises(TypeError, match="no body can be decoded into"):
        ask(lambda request: request.json(threading_lock()), "POST", headers=JSON, body=b"{}")


def test_a_type_that_cannot_be_hashed(ask: Asked) -> None:
    """Metadata may be anything."""
    type_ = Annotated[list[int], []]

    assert ask(lambda request: request.json(type_), "POST", headers=JSON, body=b"[1]") == [1]


def threading_lock() -> Any:
    """A class that JSON does not know."""

    class Lock:
        """Nothing to decode."""

    return Lock
