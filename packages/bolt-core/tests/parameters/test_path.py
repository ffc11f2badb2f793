"""Values from the path."""

from collections.abc import Callable
from typing import Any

from bolt_core import BoltAPI
from bolt_core.param_functions import Path
from raw_client import Served


def test_values_of_the_path_are_read(served: Callable[..., Served]) -> None:
    """A list stands in one part; items are told by their index."""
    api = BoltAPI()

    @api.get("/{number}/{ids}")
    async def show(number: int = Path(ge=1), ids: list[int] = Path(split=",")) -> Any:
        return [number, ids]

    client = served(api)

    assert client.get("/7/1,2").json() == [7, [1, 2]]
    assert [(one["loc"], one["type"]) for one in client.get("/0/1,x").json()["detail"]] == [
        (["path", "number"], "greater_than_equal"),
        (["path", "ids", 1], "int_parsing"),
    ]
