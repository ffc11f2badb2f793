"""What is known of a synchronous call of an `async def` handler."""

import concurrent.futures
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from bolt_django.calls import Call


class Handed(concurrent.futures.Executor):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """As `ThreadPoolExecutor`."""
        self.calls.append(Call(fn, args))
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        future.set_result(None)
        return future


def rows() -> Iterator[int]:
    """A generator, as QuerySets read with."""
    yield 1


READ = rows()


@pytest.mark.parametrize(
    ("function", "args", "reads"),
    [
        (list, (READ,), READ),
        (next, (READ, None), READ),
        (print, ("of", READ), READ),
        (next, (iter([1]), None), None),
        (print, (), None),
    ],
)
async def test_the_generator_that_a_call_reads_is_found(
    function: Callable[..., Any], args: tuple[Any, ...], reads: Any
) -> None:
    """Wherever it stands among the arguments: the connection stays the request's until it is finished."""
    executor = Handed()

    await sync_to_async(function, thread_sensitive=False, executor=executor)(*args)

    assert [call.reads for call in executor.calls] == [reads]
