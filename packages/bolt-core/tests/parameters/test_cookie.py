"""Values and models from cookies."""

from collections.abc import Callable
from typing import Any

import msgspec
from bolt_core import BoltAPI
from bolt_core.param_functions import Cookie
from raw_client import Served


class Session(msgspec.Struct):
    sid: str
    visits: int = 0


def test_cookies_are_read_by_name(served: Callable[..., Served]) -> None:
    """Of a repeated name the last counts, as in `request.cookies`; every wrong one is told."""
    api = BoltAPI()

    @api.get("/")
    async def show(request: Any, n: int = Cookie("N"), session: Session = Cookie()) -> Any:
        return [n, session, request.cookies["N"]]

    client = served(api)

    def ask(cookies: str) -> Any:
        return client.send(f"GET / HTTP/1.1\r\nHost: test\r\nCookie: {cookies}\r\n\r\n".encode("latin-1")).json()

    assert ask('N=1; sid="a b"; N=2; visits=3') == [2, {"sid": "a b", "visits": 3}, "2"]
    assert ask("N=1; sid=é")[1]["sid"] == "é"
    assert [(one["loc"], one["type"]) for one in ask("N=x; visits=y")["detail"]] == [
        (["cookie", "N"], "int_parsing"),
        (["cookie", "sid"], "missing"),
        (["cookie", "visits"], "int_parsing"),
    ]
