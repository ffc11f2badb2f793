"""Functions of the application's that answer for exceptions."""

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import pytest
from bolt_core import BoltAPI, Router
from bolt_core.exceptions import ConfigError
from raising import BOTH, Shop, SoldOut, answer, api_raising, raising
from raw_client import Served

pytestmark = pytest.mark.usefixtures("registries")


@pytest.mark.parametrize(
    ("exc_type", "says"),
    [
        (404, "404 is no subclass of Exception"),
        ("ValueError", "is no subclass of Exception"),
        (int, "int is no subclass of Exception"),
        (BaseException, "BaseException is no subclass of Exception"),
        (asyncio.CancelledError, "CancelledError is no subclass of Exception"),
        (KeyboardInterrupt, "is no subclass of Exception"),
        ((KeyError, ValueError), "is no subclass of Exception"),
    ],
)
def test_only_classes_of_exceptions_have_handlers(exc_type: Any, says: str) -> None:
    """Cancellation, and what ends the process, is nobody's to answer for."""
    for register in (BoltAPI().exception_handler(exc_type), Router().exception_handler(exc_type)):
        with pytest.raises(ConfigError, match=says):
            register(answer)
    with pytest.raises(ConfigError, match=says):
        BoltAPI().get("/", exception_handlers={exc_type: answer})(lambda: None)


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        (5, "give a function that takes"),
        (dict, "give a function that takes"),
        (lambda exc: None, r"must take \(request, exc\) and nothing else"),
        (lambda request, exc, more: None, r"must take \(request, exc\) and nothing else"),
        (lambda request, *, exc: None, r"must take \(request, exc\) and nothing else"),
        (lambda exc, request: None, r"takes 'exc' first; the order is \(request, exc\)"),
    ],
)
def test_a_handler_takes_request_and_exception(handler: Any, says: str) -> None:
    """Checked where it is declared."""
    with pytest.raises(ConfigError, match=says):
        BoltAPI().exception_handler(Shop)(handler)


def test_the_option_of_a_route_is_a_dict() -> None:
    """Named with route and handler."""
    with pytest.raises(ConfigError, match=r"GET /.* give a dict of exception classes"):
        BoltAPI().get("/", exception_handlers=[answer])(lambda: None)  # type: ignore[arg-type]


def test_a_class_has_one_handler_at_each_place() -> None:
    """A second one would silently win or lose."""
    api = BoltAPI()
    assert api.exception_handler(Shop)(answer) is answer
    api.add_exception_handler(SoldOut, answer)
    with pytest.raises(ConfigError, match="Shop has a handler on this BoltAPI already"):
        api.exception_handler(Shop)(answer)


def test_a_frozen_application_takes_no_more_handlers() -> None:
    """Nor do the routers that it includes."""
    api, router, inner = BoltAPI(), Router(), Router()
    api.include(router)
    router.include(inner)
    api.freeze()

    for place in (api, router, inner):
        with pytest.raises(ConfigError, match="frozen"):
            place.exception_handler(Shop)(answer)


def test_a_prefix_with_a_parameter_keeps_the_handlers(served: Callable[..., Served]) -> None:
    """Though its routes are compiled anew."""
    api, router = BoltAPI(), Router()

    @router.get("/x", exception_handlers={KeyError: lambda request, exc: ("route", 409)})
    async def handler(shop: int) -> None:
        raise KeyError if shop == 1 else Shop

    router.exception_handler(Shop)(lambda request, exc: ("router", 409))
    api.include(router, "/{shop}")
    server = served(api)

    assert (server.get("/1/x").body, server.get("/2/x").body) == (b"route", b"router")


@BOTH
def test_a_handler_gets_the_request(served: Callable[..., Served], path: str) -> None:
    """That of the failed handler."""
    api = api_raising(Shop)
    api.exception_handler(Shop)(lambda request, exc: {"path": request.path, "q": request.query_string})

    assert served(api).get(f"{path}?a=1").json() == {"path": path, "q": "a=1"}


def test_callables_of_every_kind_are_handlers(served: Callable[..., Served]) -> None:
    """Methods, partials and objects, sync and async."""

    class Answers:
        async def method(self, request: Any, exc: Any) -> Any:
            return "method", 409

        def __call__(self, request: Any, exc: Any) -> Any:
            return "object", 409

    async def three(more: str, request: Any, exc: Any) -> Any:
        return more, 409

    replies = []
    for handler in (Answers().method, Answers(), functools.partial(three, "partial")):
        api = api_raising(Shop)
        api.exception_handler(Shop)(handler)
        replies.append(served(api).get("/async").body)

    assert replies == [b"method", b"object", b"partial"]


def test_the_fallback_has_the_handlers_of_the_application(served: Callable[..., Served]) -> None:
    """It is one of its handlers."""
    api = BoltAPI()

    async def fallback(request: Any) -> None:
        raise Shop

    api.set_fallback(fallback)
    api.exception_handler(Shop)(lambda request, exc: ("fallback", 409))

    assert served(api).get("/x").body == b"fallback"


@BOTH
def test_a_routes_model_does_not_describe_its_errors(served: Callable[..., Served], path: str) -> None:
    """It describes success."""
    api = BoltAPI()
    options: Any = {"response_model": list[int], "status_code": 201}
    api.get("/async", **options)(raising(Shop, is_async=True))
    api.get("/sync", **options)(raising(Shop, is_async=False))
    api.exception_handler(Shop)(lambda request, exc: ({"a": 1}, 200))

    reply = served(api).get(path)

    assert (reply.status, reply.body) == (200, b'{"a":1}')
