"""Values and models from the query string."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, Required, TypedDict

import msgspec
import pytest
from bolt_core import BoltAPI
from bolt_core.param_functions import Query
from raw_client import Served


class Filters(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    page_no: Annotated[int, msgspec.Meta(ge=1)]
    tags: list[str] = []
    since: dt.date | None = None
    ids: Annotated[list[int], Query("id", split=",")] = []

    def __post_init__(self) -> None:
        if self.page_no == 13:
            raise ValueError("no page 13")


@dataclasses.dataclass
class Window:
    start: int
    size: int = 10


class Options(TypedDict, total=False):
    depth: Required[int]
    name: str


@pytest.fixture
def client(served: Callable[..., Served]) -> Served:
    """An application of queries."""
    api = BoltAPI()

    @api.get("/one")
    async def one(
        a: int, b: float | None = None, c: bool = False, d: set[int] = Query(default=(), max_length=2)
    ) -> Any:
        return [a, b, c, sorted(d)]

    @api.get("/model")
    async def model(filters: Filters = Query(), q: str = "") -> Any:
        return [filters, q]

    @api.get("/others")
    async def others(
        window: Annotated[Window | None, Query()] = None, options: Options = Query(default={"depth": 0})
    ) -> Any:
        return [window, options]

    return served(api)


def wrong(client: Served, path: str) -> list[Any]:
    answer = client.get(path)
    assert answer.status == 422
    return [(one["loc"], one["type"]) for one in answer.json()["detail"]]


def test_scalars_and_lists_are_read(client: Served) -> None:
    """The last value of a repeated scalar counts; a set takes each."""
    assert client.get("/one?a=1&a=2&b=.5&c=on&d=3&d=4").json() == [2, 0.5, True, [3, 4]]
    assert client.get("/one?a=1").json() == [1, None, False, []]


def test_every_wrong_value_is_told(client: Served) -> None:
    """Items of a list by their index."""
    assert wrong(client, "/one?b=nan&c=2&d=1&d=x&d=y") == [
        (["query", "a"], "missing"),
        (["query", "b"], "float_parsing"),
        (["query", "c"], "bool_parsing"),
        (["query", "d", 1], "int_parsing"),
        (["query", "d", 2], "int_parsing"),
    ]
    assert wrong(client, "/one?a=%FF&d=1&d=2&d=3") == [(["query", "a"], "string_unicode"), (["query", "d"], "too_long")]
    assert client.get("/one?a=%FF&a=1&d=1").status == 200
    assert wrong(client, "/one?a=1&a=%FF&d=1") == [(["query", "a"], "string_unicode")]
    assert wrong(client, "/one?a=1&d=%FF&d=1") == [(["query", "d"], "string_unicode")]


def test_a_model_is_read_by_its_fields_names(client: Served) -> None:
    """As renamed; defaults are the model's own; a list may stand in one text."""
    assert client.get("/model?pageNo=2&tags=a&tags=b&id=1,2&q=x").json() == [
        {"pageNo": 2, "tags": ["a", "b"], "since": None, "ids": [1, 2]},
        "x",
    ]
    assert client.get("/model?pageNo=2&id=").json()[0]["ids"] == []


def test_every_wrong_field_of_a_model_is_told(client: Served) -> None:
    """Unknown ones too, where the Struct forbids them; names of other parameters are known."""
    assert wrong(client, "/model?since=x&id=1,b&q=x&z=1") == [
        (["query", "pageNo"], "missing"),
        (["query", "since"], "date_parsing"),
        (["query", "id", 1], "int_parsing"),
        (["query", "z"], "unexpected"),
    ]
    assert wrong(client, "/model?pageNo=0") == [(["query", "pageNo"], "greater_than_equal")]


def test_a_models_own_check_is_the_clients_mistake(client: Served) -> None:
    """What `__post_init__` raises as `ValueError` is told of the whole query."""
    assert wrong(client, "/model?pageNo=13") == [(["query"], "value_error")]


def test_dataclasses_and_typed_dicts_are_models(client: Served) -> None:
    """Where nothing of a model is sent, its parameter's default counts."""
    assert client.get("/others").json() == [None, {"depth": 0}]
    assert client.get("/others?start=1&depth=2&name=x").json() == [{"start": 1, "size": 10}, {"depth": 2, "name": "x"}]
    assert wrong(client, "/others?size=3&name=x") == [(["query", "start"], "missing"), (["query", "depth"], "missing")]
