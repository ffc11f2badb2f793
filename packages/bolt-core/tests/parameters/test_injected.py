"""Parameters that are known by their annotation's class."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bolt_core import BoltAPI
from bolt_core.binding import injected
from bolt_core.binding.injected import register_injected
from bolt_core.exceptions import ConfigError
from bolt_core.param_functions import Query
from raw_client import Served


class Clock:
    """Made for the request."""


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """Clocks are made of the request's path."""
    register_injected(Clock, lambda request: f"clock of {request.path}")
    yield
    del injected._providers[Clock]


def test_a_provider_makes_the_value_from_the_request(served: Callable[..., Served]) -> None:
    """In the place of the parameter, of a subclass too."""

    class Special(Clock):
        pass

    api = BoltAPI()

    @api.get("/x")
    async def show(n: int, clock: Special, *, m: int = 2) -> Any:
        return [n, clock, m]

    assert served(api).get("/x?n=1").json() == [1, "clock of /x", 2]


def test_it_cannot_be_marked() -> None:
    """It is read from nowhere."""
    with pytest.raises(ConfigError, match="is made for the request and read from nowhere; remove the marker"):

        @BoltAPI().get("/")
        def show(clock: Clock = Query()) -> None: ...
