"""What a handler is: signature, way to run, names."""

import asyncio
import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from bolt_core.binding.callables import doc_of, full_name, name_of, origin_of, plan_call, read_signature
from bolt_core.exceptions import ConfigError
from bolt_core.markers import UNSET


def no_names() -> dict[str, Any]:
    return {}


def plain(a: int, b: "str" = "x") -> "int":
    """Adds nothing.

    Really.
    """
    return a


async def coroutine() -> None: ...


def generator() -> Iterator[str]:
    yield "x"


async def async_generator(word: str) -> AsyncIterator[str]:
    yield word


class Handlers:
    def method(self, a: int) -> int:
        return a

    async def async_method(self) -> None: ...

    async def __call__(self, a: int) -> int:
        return a


def logged[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    return wrapper


def test_hints_are_resolved() -> None:
    """Also those written as strings."""
    signature = read_signature(plain, no_names)

    assert [(param.name, param.annotation) for param in signature.parameters] == [("a", int), ("b", str)]
    assert signature.returns is int


@pytest.mark.parametrize(
    ("handler", "names"),
    [
        (Handlers().method, ["a"]),
        (Handlers(), ["a"]),
        (logged(plain), ["a", "b"]),
        (functools.partial(plain, 1), ["b"]),
        (functools.partial(plain, b="y"), ["a"]),
        (functools.partial(functools.partial(plain, 1), b="y"), []),
    ],
)
def test_every_kind_of_callable_has_its_parameters(handler: Callable[..., Any], names: list[str]) -> None:
    """Bound and given arguments are none of them."""
    assert [param.name for param in read_signature(handler, no_names).parameters] == names


def test_a_published_signature_counts() -> None:
    """Decorators say with `__signature__` what a handler takes."""

    def handler(*args: Any) -> None: ...

    handler.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter("page", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation="int")]
    )

    assert read_signature(handler, no_names).parameters[0].annotation is int


def test_hints_may_name_what_is_local_where_the_route_is_declared() -> None:
    """The namespace is asked only then."""

    class Local: ...

    def handler(a: "Local") -> None: ...

    assert read_signature(handler, lambda: {"Local": Local}).parameters[0].annotation is Local


def test_an_unresolvable_hint_names_itself_and_the_remedy() -> None:
    """As with imports under TYPE_CHECKING."""

    def handler(a: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(ConfigError, match=r"name 'Nowhere' is not defined.*outside TYPE_CHECKING"):
        read_signature(handler, no_names)


@pytest.mark.parametrize("hint", ["int +", "list[", "5 +"])
def test_a_hint_that_is_no_expression_is_refused(hint: str) -> None:
    """A typing error in a string is told."""

    def handler(a: Any) -> None: ...

    handler.__annotations__["a"] = hint

    with pytest.raises(ConfigError, match="cannot be read"):
        read_signature(handler, no_names)


def test_open_ended_parameters_are_refused() -> None:
    """No request can fill them."""

    def stars(*args: int) -> None: ...

    def keywords(**kwargs: int) -> None: ...

    with pytest.raises(ConfigError, match=r"takes \*args"):
        read_signature(stars, no_names)
    with pytest.raises(ConfigError, match=r"takes \*\*kwargs"):
        read_signature(keywords, no_names)


def test_a_missing_return_annotation_is_unset() -> None:
    """That is not the same as `-> None`."""
    assert read_signature(lambda: 1, no_names).returns is UNSET


@pytest.mark.parametrize(
    ("handler", "is_async"),
    [
        (plain, False),
        (coroutine, True),
        (generator, False),
        (async_generator, True),
        (functools.partial(coroutine), True),
        (Handlers().method, False),
        (Handlers().async_method, True),
        (Handlers(), True),
        (functools.partial(Handlers()), True),
        (staticmethod(coroutine), True),
        (staticmethod(plain), False),
        (inspect.markcoroutinefunction(lambda: coroutine()), True),
    ],
)
def test_handlers_are_told_apart_by_how_they_run(handler: Callable[..., Any], is_async: bool) -> None:
    """Async ones run on the event loop, the others on the pool."""
    assert plan_call(handler).is_async is is_async


def test_an_async_generator_starts_as_a_coroutine() -> None:
    """So that the engine runs all of its code on the event loop."""
    call = plan_call(async_generator)

    async def collect() -> list[str]:
        return [piece async for piece in await call.function("x")]

    assert asyncio.run(collect()) == ["x"]


def test_names_are_those_the_author_wrote() -> None:
    """Below wrappers, partials and instances."""
    assert name_of(logged(functools.partial(plain))) == "plain"
    assert name_of(Handlers().method) == "Handlers.method"
    assert full_name(plain).endswith("test_callables.plain")


def test_the_origin_is_file_and_line() -> None:
    """Of the function itself, not of a wrapper."""
    assert origin_of(logged(plain)) == f"{__file__}:{plain.__code__.co_firstlineno}"
    assert ":" not in origin_of(len)


def test_the_docstring_is_dedented() -> None:
    """It becomes documentation."""
    assert doc_of(plain) == "Adds nothing.\n\nReally."
