"""Values and models from header fields."""

import dataclasses
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from bolt_core import BoltAPI
from bolt_core.param_functions import Header
from raw_client import Answer, Served


@dataclasses.dataclass
class Client:
    x_api_key: str
    user_agent: str = "none"


@pytest.fixture
def send(served: Callable[..., Served]) -> Callable[..., Answer]:
    """Asks with header fields."""
    api = BoltAPI()

    @api.get("/one")
    async def one(x_api_key: str = Header(), n: Annotated[int, Header("X-N", ge=1)] = 1) -> Any:
        return [x_api_key, n]

    @api.get("/many")
    async def many(x_id: list[int] = Header(), tags: list[str] = Header("X-Tags", default=[], split=",")) -> Any:
        return [x_id, tags]

    @api.get("/model")
    async def model(client: Client = Header()) -> Any:
        return client

    client = served(api)

    def ask(path: str, *fields: str) -> Answer:
        lines = "".join(f"{field}\r\n" for field in fields)
        return client.send(f"GET {path} HTTP/1.1\r\nHost: test\r\n{lines}\r\n".encode("latin-1"))

    return ask


def test_underscores_are_hyphens_and_case_makes_no_difference(send: Callable[..., Answer]) -> None:
    """An alias is taken as it is; of a repeated field the last value counts."""
    assert send("/one", "X-API-KEY: é", "x-n: 2", "X-N: 3").json() == ["é", 3]


def test_a_list_takes_every_field(send: Callable[..., Answer]) -> None:
    """Or splits one, without the spaces around its values."""
    assert send("/many", "X-Id: 1", "X-Id: 2", "X-Tags: a, b ,c").json() == [[1, 2], ["a", "b", "c"]]


def test_a_model_reads_each_field(send: Callable[..., Answer]) -> None:
    """By its name with hyphens."""
    assert send("/model", "X-Api-Key: k", "User-Agent: u").json() == {"x_api_key": "k", "user_agent": "u"}


def test_every_wrong_header_is_told(send: Callable[..., Answer]) -> None:
    """With the name on the wire."""
    answers = [send("/one", "X-N: 0"), send("/many", "X-Id: 1", "X-Id: b"), send("/model")]

    assert [[(one["loc"], one["type"]) for one in answer.json()["detail"]] for answer in answers] == [
        [(["header", "x-api-key"], "missing"), (["header", "X-N"], "greater_than_equal")],
        [(["header", "x-id", 1], "int_parsing")],
        [(["header", "x-api-key"], "missing")],
    ]
