"""Limits of decimals inside models, in bodies and results."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

import msgspec
import pytest
from bolt_core import BoltAPI
from bolt_core.binding.bodies import body_decoders
from bolt_core.binding.serializers import InvalidBody
from bolt_core.exceptions import ConfigError
from bolt_core.params import Body
from msgspec import Meta
from raw_client import Served

T = TypeVar("T")
type Price = Annotated[Decimal, Meta(ge=0)]
Step = Annotated[Decimal, Meta(gt=0, multiple_of=0.05)]
LEAST = ("Must be at least 0", "greater_than_equal", {"ge": 0})


class Line(msgspec.Struct, rename="camel"):
    unit_price: Annotated[Decimal, Meta(ge=0)]
    step: Step | None = None


class Order(msgspec.Struct):
    lines: list[Line]
    name: str = ""


class Box(msgspec.Struct, Generic[T]):  # noqa: UP046 - what older code has
    price: Price
    value: T


class Limit(msgspec.Struct, Generic[T]):  # noqa: UP046 - what older code has
    value: Annotated[T, Meta(ge=0)]


def test_a_generic_class_is_read_by_its_arguments() -> None:
    """Beside one of the same class whose values are no decimals."""

    class Both(msgspec.Struct):
        prices: Box[list[Price]]
        numbers: Box[int]

    decode, _ = body_decoders(Both)
    body = {"prices": {"price": 1, "value": ["1"]}, "numbers": {"price": 1, "value": 5}}

    assert type(decode(msgspec.json.encode(body)).numbers.value) is int
    body["prices"]["value"] = ["1", -1]
    with pytest.raises(InvalidBody) as caught:
        decode(msgspec.json.encode(body))
    assert [loc for loc, *_ in caught.value.found] == [("prices", "value", 1)]


@pytest.mark.parametrize(
    "annotation", [Annotated[Decimal, Meta(max_length=3)], dict[Price, int], Limit[Decimal], Box[Limit[Decimal]]]
)
def test_limits_that_cannot_be_kept_are_mistakes(annotation: Any) -> None:
    """They are refused, not forgotten."""
    with pytest.raises(TypeError):
        body_decoders(annotation)


def test_a_limit_in_a_body(served: Callable[..., Served]) -> None:
    """All of its decimals are told, with all that is wrong besides, from JSON and MessagePack."""
    api = BoltAPI()

    @api.post("/order")
    async def order(order: Order) -> Any:
        return order

    @api.post("/two")
    async def two(line: Line, price: Price = Body()) -> Any:
        return [line, price]

    client = served(api)

    def ask(path: str, value: Any, kind: str = "json") -> Any:
        body = msgspec.json.encode(value) if kind == "json" else msgspec.msgpack.encode(value)
        head = f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: application/{kind}\r\nContent-Length: {len(body)}"
        return client.send(f"{head}\r\n\r\n".encode() + body).json()

    good = {"lines": [{"unitPrice": "1.0", "step": None}], "name": ""}
    below = {"lines": [{"unitPrice": "-1"}, {"unitPrice": 1}, {"unitPrice": -2}]}
    least = {"msg": LEAST[0], "type": LEAST[1], "ctx": LEAST[2]}
    told = [{"loc": ["body", "lines", index, "unitPrice"], **least} for index in (0, 2)]
    wrong = {"loc": ["body", "name"], "msg": "Expected `str`, got `int`", "type": "type_error"}

    assert ask("/order", good) == good
    for kind in ("json", "msgpack"):
        assert ask("/order", below, kind) == {"detail": told}
        assert ask("/order", below | {"name": 5}, kind) == {"detail": [*told, wrong]}
    assert ask("/two", {"line": {"unitPrice": -1}, "price": -1}) == {
        "detail": [{"loc": ["body", "line", "unitPrice"], **least}, {"loc": ["body", "price"], **least}]
    }
    assert ask("/two", {"line": {"unitPrice": 1}, "price": 1}) == [{"unitPrice": "1", "step": None}, "1"]


def test_a_limit_in_a_result(served: Callable[..., Served], caplog: pytest.LogCaptureFixture) -> None:
    """A result that breaks it is a 500, of a response model and of a return annotation; others are filtered."""
    api = BoltAPI()

    @api.get("/model/{price}", response_model=list[Line])
    async def model(price: Decimal) -> Any:
        return [{"unitPrice": price, "hidden": 1}]

    @api.get("/annotated/{price}")
    async def annotated(price: Decimal) -> Line:
        return Line(price)

    @api.get("/bare/{price}", response_model=list[Price])
    async def bare(price: Decimal) -> Any:
        return [price]

    client = served(api)
    line = {"unitPrice": "1", "step": None}

    assert client.get("/model/1").json() == [line]
    assert client.get("/annotated/1").json() == line
    assert client.get("/bare/1").json() == ["1"]
    for path in ("model", "annotated", "bare"):
        assert client.get(f"/{path}/-1").status == 500
    assert "at `$.0.unitPrice`" in caplog.text


def test_a_limit_that_makes_no_sense_names_its_remedy() -> None:
    """At registration."""
    api = BoltAPI()

    class Wrong(msgspec.Struct):
        price: Annotated[Decimal, Meta(max_length=3)]

    async def create(wrong: Wrong) -> None: ...

    with pytest.raises(ConfigError, match=r"'wrong'.*Can only set `max_length`"):
        api.post("/")(create)
