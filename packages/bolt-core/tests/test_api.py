"""The application and its frozen form."""

import contextlib
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import msgspec
import pytest
from bolt_core import dispatch
from bolt_core.api import BoltAPI
from bolt_core.around import forget_enclosures
from bolt_core.exceptions import ConfigError
from bolt_core.routing import Router
from bolt_core.types import Problem


def handler() -> None: ...


def test_freezing_gives_the_same_application_always() -> None:
    """A server and a test client may both ask for it."""
    api = BoltAPI(trailing_slash="strict")
    api.get("/x")(handler)
    frozen = api.freeze()

    assert api.freeze() is frozen
    assert [plan.path for plan in frozen.routes] == ["/x"]
    assert (frozen.fallback, frozen.trailing_slash) == (None, "strict")


def test_what_an_integration_has_forgotten_is_asked_anew() -> None:
    """The same routes, in what encloses them by now; nothing can be added all the same."""
    api = BoltAPI()
    api.get("/x")(handler)
    frozen = api.freeze()
    forget_enclosures()

    again = api.freeze()
    assert again is not frozen
    assert api.freeze() is again
    assert [plan.path for plan in again.routes] == ["/x"]
    with pytest.raises(ConfigError, match="the application is frozen"):
        api.get("/y")(handler)


def test_a_frozen_application_takes_no_more_routes() -> None:
    """Not by itself, by inclusion, through an included router, nor a fallback."""
    api, router = BoltAPI(), Router()
    api.include(router, "/r")
    api.freeze()
    attempts: list[Callable[[], Any]] = [
        lambda: api.get("/x")(handler),
        lambda: api.include(Router()),
        lambda: router.get("/x")(handler),
        lambda: api.set_fallback(lambda request: None),
    ]

    for attempt in attempts:
        with pytest.raises(ConfigError, match="frozen"):
            attempt()


def test_an_unknown_slash_policy_is_refused() -> None:
    """With the values there are."""
    with pytest.raises(ConfigError, match="use 'append' or 'strict'"):
        BoltAPI(trailing_slash="redirect")  # type: ignore[arg-type]


def test_the_fallback_takes_the_request_and_streams_its_body() -> None:
    """It answers whatever no route matches."""

    async def fallback(request: Any) -> None: ...

    api = BoltAPI()
    api.set_fallback(fallback)
    plan = api.freeze().fallback

    assert plan is not None
    assert (plan.body, plan.is_async, [str(param.source) for param in plan.params]) == ("stream", True, ["request"])


def test_a_fallback_that_takes_more_is_refused() -> None:
    """Nothing could fill it."""

    async def fallback(request: Any, page: int) -> None: ...

    with pytest.raises(ConfigError, match="must take the request and nothing else"):
        BoltAPI().set_fallback(fallback)


class Item(msgspec.Struct):
    name: str
    tags: list[str] = []


def _raiser(name: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError(f"{name} was called while serving")

    return refuse


def no_inspection() -> Any:
    """All of `inspect`, and `get_type_hints`, raise inside."""
    functions = [name for name, value in vars(inspect).items() if isinstance(value, types.FunctionType)]
    patched = {name: _raiser(f"inspect.{name}") for name in functions}
    stack = contextlib.ExitStack()
    stack.enter_context(mock.patch.dict(vars(inspect), patched))
    stack.enter_context(mock.patch.dict(vars(typing), get_type_hints=_raiser("get_type_hints")))
    return stack


def test_nothing_is_inspected_after_freezing(make_request: Callable[..., Any]) -> None:
    """Binding, results, streams and refused bodies work from the plan alone."""
    api = BoltAPI()

    @api.post("/items/{item_id}", response_model=Item)
    def create(item_id: int, item: Item, ids: list[int] | None = None) -> Any: ...

    @api.get("/stream")
    def stream() -> Iterator[str]:
        yield "x"

    frozen = api.freeze()
    plan, streamed = frozen.routes
    decoders = plan.params[1].body
    assert decoders is not None
    decode = decoders.decode
    request = make_request(method="POST", body=b'{"tags":5}')
    wrong: list[Problem] = []

    with no_inspection():
        plan.to_wire()
        item = decode(b'{"name":"a"}')
        try:
            decode(b'{"tags":5}')
        except msgspec.ValidationError as exc:
            wrong.append(("body", "item", "validation", exc, None))
        outcomes = [
            dispatch.finish(plan, {"name": "a"}, request),
            dispatch.finish(streamed, stream(), request),
            dispatch.invalid(plan, wrong, request),
        ]

    assert item == Item("a")
    assert [status for status, _, _ in outcomes] == [200, 200, 422]
