"""Bodies: whole, embedded, and as they came."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from bolt_core import BoltAPI
from bolt_core.param_functions import Body
from raw_client import Answer, Served


class Item(msgspec.Struct):
    name: str
    price: int = 1


@pytest.fixture
def send(served: Callable[..., Served]) -> Callable[..., Answer]:
    """Sends a body."""
    api = BoltAPI()

    @api.post("/two")
    async def two(a: Item, b: Item | None = None, n: int = Body("count", default=5, ge=3)) -> Any:
        return [a, b, n]

    @api.post("/embedded")
    async def embedded(item: Item = Body(embed=True)) -> Any:
        return item

    @api.delete("/bytes")
    async def raw(data: bytes = Body(max_length=4)) -> Any:
        return len(data)

    @api.post("/text")
    async def text(data: str = Body(max_length=4)) -> Any:
        return [data]

    client = served(api)

    def ask(path: str, body: bytes, content_type: str | None = "application/json", method: str = "POST") -> Answer:
        field = "" if content_type is None else f"Content-Type: {content_type}\r\n"
        head = f"{method} {path} HTTP/1.1\r\nHost: test\r\n{field}Content-Length: {len(body)}\r\n\r\n"
        return client.send(head.encode() + body)

    return ask


def told(answer: Answer) -> list[Any]:
    assert answer.status == 422
    return [(one["loc"], one["type"]) for one in answer.json()["detail"]]


def test_two_bodies_are_members_of_one_object(send: Callable[..., Answer]) -> None:
    """By name or alias, from JSON and MessagePack; a member with a default may be left out."""
    whole = {"a": {"name": "x"}, "b": {"name": "y", "price": 2}, "count": 3}
    expected = [{"name": "x", "price": 1}, {"name": "y", "price": 2}, 3]

    assert send("/two", msgspec.json.encode(whole)).json() == expected
    assert send("/two", msgspec.msgpack.encode(whole), "application/msgpack").json() == expected
    assert send("/two", b'{"a":{"name":"x"}}').json() == [{"name": "x", "price": 1}, None, 5]


def test_every_problem_of_every_member_is_told(send: Callable[..., Answer]) -> None:
    """Limits of a member's own among them, also where another member is of the wrong type."""
    wrong = {"a": {"name": 5, "price": "x"}, "b": {}, "count": 2}
    expected = [
        (["body", "a", "name"], "type_error"),
        (["body", "a", "price"], "type_error"),
        (["body", "b", "name"], "missing"),
        (["body", "count"], "greater_than_equal"),
    ]

    assert told(send("/two", msgspec.json.encode(wrong))) == expected
    assert told(send("/two", msgspec.msgpack.encode(wrong), "application/vnd.msgpack")) == expected
    assert told(send("/two", b'{"a":{"name":"x"},"count":2}')) == [(["body", "count"], "greater_than_equal")]
    assert told(send("/two", b"")) == [(["body"], "missing")]


def test_a_single_body_can_be_embedded(send: Callable[..., Answer]) -> None:
    """`embed=True` asks for the object around it."""
    assert send("/embedded", b'{"item":{"name":"x"}}').json() == {"name": "x", "price": 1}
    assert told(send("/embedded", b'{"name":"x"}')) == [(["body", "item"], "missing")]
    assert told(send("/embedded", b"[]")) == [(["body"], "type_error")]


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-www-form-urlencoded"])
def test_a_model_has_no_other_type_than_json_and_msgpack(content_type: str, send: Callable[..., Answer]) -> None:
    """So no page of another site can send one without asking first."""
    assert send("/embedded", b'{"item":{"name":"x"}}', content_type).status == 415


def test_bytes_are_the_body_as_it_came(send: Callable[..., Answer]) -> None:
    """Of any Content-Type, with limits, also of a DELETE."""
    assert send("/bytes", b"\x00\xff", None, "DELETE").json() == 2
    assert told(send("/bytes", b"12345", "image/png", "DELETE")) == [(["body"], "too_long")]
    assert told(send("/bytes", b"", None, "DELETE")) == [(["body"], "missing")]


def test_text_is_decoded_by_its_charset(send: Callable[..., Answer]) -> None:
    """UTF-8 where none is named; a charset that is none is 415, other bytes are 422."""
    assert send("/text", "é".encode(), None).json() == ["é"]
    assert send("/text", b"\xe9", 'text/plain; charset="ISO-8859-1"').json() == ["é"]
    assert told(send("/text", b"\xe9", "text/plain")) == [(["body"], "string_unicode")]
    assert told(send("/text", b"12345", "text/plain")) == [(["body"], "too_long")]
    assert {send("/text", b"a", f"text/plain; charset={name}").status for name in ("x", "idna", "hex")} == {415}
