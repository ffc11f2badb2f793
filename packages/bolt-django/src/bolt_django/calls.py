"""A synchronous call of an `async def` handler, and what it came to on its way back to the loop."""

import asyncio
import functools
from collections.abc import Callable
from types import GeneratorType
from typing import Any


def _reported() -> None:
    """Stand for a report that has been made."""


class Call:
    """A synchronous call of a request; `run` reports what came of it."""

    __slots__ = ("_args", "_error", "_fn", "_report")

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._fn, self._args = fn, args
        self._error: Exception | None = None
        self._report: Callable[[], object] = _reported

    def reported_by(self, report: Callable[[], object]) -> "Call":
        """Let *report* call this object once, and tell who waits what it returned or raised."""
        self._report = report
        return self

    def __call__(self) -> object:
        if self._error is not None:
            raise self._error
        return self._fn(*self._args)

    def run(self) -> None:
        """Make the call, on its lane."""
        # What reports refers to this object: a cycle, and garbage for the collector with each call.
        report, self._report = self._report, _reported
        report()

    def refuse(self, error: Exception) -> None:
        """Answer with *error* in place of the call, on any thread."""
        self._error = error
        self.run()

    @property
    def reads(self) -> "GeneratorType[Any, Any, Any] | None":
        """The generator that this call takes items of: in a step of `async for` over a QuerySet, or in `next(rows)`."""
        # asgiref hands over a partial of its `thread_handler`, whose last argument is the function's own partial; as
        # the partial has that `greenlets` makes of it.
        handler = self._fn
        child = handler.args[-1] if isinstance(handler, functools.partial) and handler.args else None
        args = child.args if isinstance(child, functools.partial) else ()
        for value in args:
            if isinstance(value, GeneratorType):
                return value
        return None


class CancellableFuture(asyncio.Future[Any]):
    """A future that says at once that it was cancelled; a callback would cost every call a round of the loop."""

    cancelled_by: Callable[[], None] | None = None

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)

    def cancel(self, msg: Any | None = None) -> bool:
        """Cancel, and call `cancelled_by`."""
        done = super().cancel(msg)
        if done and self.cancelled_by is not None:
            self.cancelled_by()
        return done


class Result:
    """What a call came to, on its way back to the future that waits for it."""

    __slots__ = ("_call", "_error", "_value", "future")

    def __init__(self, future: asyncio.Future[Any], call: Call) -> None:
        self.future = future
        self._call = call
        self._value: Any = None
        self._error: BaseException | None = None

    def compute(self) -> None:
        """Call, on a lane, unless the future was cancelled meanwhile."""
        if self.future.cancelled():
            return
        try:
            self._value = self._call()
        except BaseException as error:
            self._error = error

    def fail(self, error: BaseException) -> None:
        """Let *error* be what came of it, whatever the call returned."""
        self._value, self._error = None, error

    def settle(self) -> None:
        """Tell the future, on the loop."""
        if self.future.done():
            return
        if self._error is None:
            self.future.set_result(self._value)
        elif isinstance(self._error, StopIteration):
            # A future refuses it, as it would end the awaiting coroutine silently.
            wrapped = RuntimeError("a synchronous call raised StopIteration")
            wrapped.__cause__ = self._error
            self.future.set_exception(wrapped)
        else:
            self.future.set_exception(self._error)
