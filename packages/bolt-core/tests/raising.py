"""Handlers that raise, and exceptions of an application's own, for the tests of errors."""

from collections.abc import Callable
from typing import Any

import pytest
from bolt_core import BoltAPI


class Shop(Exception):
    pass


class SoldOut(Shop):
    pass


def answer(request: Any, exc: Any) -> Any:
    return {"handled": type(exc).__name__}


def raising(exc: BaseException | Callable[[], BaseException], *, is_async: bool) -> Callable[..., Any]:
    """A handler that raises."""

    def make() -> BaseException:
        return exc() if callable(exc) else exc

    async def on_loop() -> None:
        raise make()

    def in_pool() -> None:
        raise make()

    return on_loop if is_async else in_pool


def api_raising(exc: BaseException | Callable[[], BaseException]) -> BoltAPI:
    """An application whose `/async` and `/sync` raise."""
    api = BoltAPI()
    api.get("/async")(raising(exc, is_async=True))
    api.get("/sync")(raising(exc, is_async=False))
    return api


BOTH = pytest.mark.parametrize("path", ["/async", "/sync"])
