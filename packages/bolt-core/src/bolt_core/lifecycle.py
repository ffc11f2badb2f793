"""Running an application's lifespan: one task from the first startup hook to the last shutdown hook.

One task, because what a context manager opens (a task group, a cancel scope) must be closed by the task that opened
it. It runs in a copy of the context that requests start from, so hooks see the server's pool and, in Django, its lanes;
what they set in a ContextVar is seen by each other and by no request.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

from .binding.callables import plan_call
from .lifespan import Hook, LifespanError, Stage, described
from .pool import run_in_pool

logger = logging.getLogger("bolt_core")

# What each shutdown hook gets although those before it have used up the time.
LEAST_SECONDS = 0.25

type _Leave = Callable[[type[BaseException] | None, BaseException | None, TracebackType | None], Awaitable[object]]


class RunningLifespan:
    """What *stages* ask for, in one server; belongs to its loop.

    *timeout*: the seconds that shutdown may take where `stop` sets no other. *on_end* is called when the lifespan
    ends, however it does: one that ends by itself, as when a task group in it fails, must stop the server.
    """

    def __init__(
        self, stages: Sequence[Stage], context: contextvars.Context, timeout: float, on_end: Callable[[], object]
    ) -> None:
        self._stages = stages
        self._context = context
        self._timeout = timeout
        self._on_end = on_end
        self._stopping = asyncio.Event()
        self._deadline: float | None = None
        self._task: asyncio.Task[None] | None = None
        self._started: asyncio.Future[None] | None = None
        self._aborted = False
        self._starting = True
        self._error: LifespanError | None = None

    async def start(self) -> bool:
        """Run every startup hook; `False` when `abort` came first.

        Raises LifespanError for one that fails, once what had begun is ended again.
        """
        if not self._stages:
            return not self._aborted
        loop = asyncio.get_running_loop()
        self._started = loop.create_future()
        self._task = loop.create_task(self._live(self._started), context=self._context.copy(), name="bolt-lifespan")
        if self._aborted:
            self._task.cancel()
        await asyncio.wait([self._task, self._started], return_when=asyncio.FIRST_COMPLETED)
        if not self._task.done():
            self._task.add_done_callback(lambda task: self._on_end())
            return True
        if self._aborted:
            return False
        raise self._outcome(self._task) or LifespanError("the lifespan ended before the application had started")

    def abort(self) -> None:
        """Give up a startup that has not ended; what was begun is ended again. Does nothing afterwards."""
        self._aborted = True
        # A startup that failed by itself is ending already, and that goes on.
        if self._task is not None and self._starting:
            self._task.cancel()

    async def stop(self, timeout: float) -> None:
        """Run every shutdown hook, within *timeout* seconds in all; raises LifespanError if one failed."""
        if self._task is None:
            return
        self._deadline = asyncio.get_running_loop().time() + timeout
        self._stopping.set()
        await asyncio.wait([self._task])
        if (error := self._outcome(self._task)) is not None:
            raise error

    def _outcome(self, task: asyncio.Task[None]) -> LifespanError | None:
        """What went wrong, of a task that is done."""
        failure = None if task.cancelled() else task.exception()
        if self._error is None and failure is not None:
            self._error = LifespanError(f"the lifespan failed: {_told(failure)}")
            self._error.__cause__ = failure
        return self._error

    async def _live(self, started: asyncio.Future[None]) -> None:
        async with contextlib.AsyncExitStack() as stack:
            try:
                for stage in self._stages:
                    await self._enter(stage, stack)
            finally:
                self._starting = False
            if not started.done():
                started.set_result(None)
            await self._stopping.wait()

    async def _enter(self, stage: Stage, stack: contextlib.AsyncExitStack) -> None:
        if stage.lifespan is not None:
            await self._open(stage, stage.lifespan, stack)
        first, *others = stage.startup or (None,)
        if first is not None:
            await self._start(first)
        for hook in stage.shutdown:
            stack.push_async_callback(self._shut, hook)
        for hook in others:
            await self._start(hook)

    async def _start(self, hook: Hook) -> None:
        try:
            await _call(hook)
        except Exception as error:
            raise self._failed(f"startup hook {described(hook)}", error) from error

    async def _shut(self, hook: Hook) -> None:
        try:
            async with self._in_time():
                await _call(hook)
        except Exception as error:
            self._failed_late(f"shutdown hook {described(hook)}", error)

    async def _open(self, stage: Stage, make: Callable[[], Any], stack: contextlib.AsyncExitStack) -> None:
        try:
            value, leave = await _entered(make())
            kept: dict[str, Any] = {}
            stack.callback(_remove, stage.state, kept)
            stack.push_async_exit(functools.partial(self._leave, stage, leave))
            if value is not None:
                if not isinstance(value, Mapping):
                    raise TypeError(f"it must yield a dict of state or nothing, not {type(value).__qualname__}")
                kept.update(value)
                stage.state.update(value)
        except Exception as error:
            raise self._failed(f"lifespan {stage.name}", error) from error

    async def _leave(
        self,
        stage: Stage,
        leave: _Leave,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """End a context manager; what it raises is noted, and the others end with what they would have ended with."""
        try:
            async with self._in_time():
                return bool(await leave(kind, error, traceback))
        except Exception as raised:
            if raised is not error:
                self._failed_late(f"lifespan {stage.name}", raised)
        return False

    def _in_time(self) -> asyncio.Timeout:
        now = asyncio.get_running_loop().time()
        if self._deadline is None:
            self._deadline = now + self._timeout
        return asyncio.timeout_at(max(self._deadline, now + LEAST_SECONDS))

    def _failed(self, what: str, error: BaseException) -> LifespanError:
        failure = LifespanError(f"{what} failed: {_told(error)}")
        failure.__cause__ = error
        if self._error is None:
            self._error = failure
        return failure

    def _failed_late(self, what: str, error: BaseException) -> None:
        logger.error("%s failed as the application stopped", what, exc_info=error)
        self._failed(what, error)


async def _call(hook: Hook) -> None:
    """Run *hook* where it belongs: a coroutine on the loop, all else on the pool."""
    result: Any = hook() if plan_call(hook).is_async else await run_in_pool(hook)
    if isinstance(result, Awaitable):
        await result


async def _entered(manager: Any) -> tuple[object, _Leave]:
    """Enter *manager*; what it gave, and how to leave it."""
    if hasattr(manager, "__aenter__"):
        return await manager.__aenter__(), manager.__aexit__
    if hasattr(manager, "__enter__"):
        return await run_in_pool(manager.__enter__), functools.partial(run_in_pool, manager.__exit__)
    raise TypeError(f"it must return a context manager, not {type(manager).__qualname__}")


def _remove(state: dict[str, Any], kept: Mapping[str, Any]) -> None:
    """Take a lifespan's values out again, but not what another server of the same application has put there since."""
    for name, value in kept.items():
        if state.get(name) is value:
            del state[name]


def _told(error: BaseException) -> str:
    if isinstance(error, TimeoutError) and not str(error):
        return "it took too long and was cancelled"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
