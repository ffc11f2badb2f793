"""The threads that `def` handlers and blocking work run on.

One thread serves while nothing blocks; others join when work has waited, up to the pool's size. Threads are
long-lived, so that what belongs to a thread (a database connection) is reused.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import functools
import threading
from collections.abc import Callable
from typing import Any

from . import _native

Hook = Callable[[], object]


class Pool:
    """A pool of threads; starts none before there is work.

    *size*: the most threads. *external*: no threads at all; whoever holds the pool runs its jobs with `run_pending`
    (what test clients do). *before* and *after* are called on the thread around each job, *on_exit* when a thread ends.
    """

    def __init__(self, size: int, *, external: bool = False) -> None:
        self.size = size
        self.native = _native.Pool(size, self._spawn, external)
        self._external = external
        self._before: list[Hook] = []
        self._after: list[Hook] = []
        self._on_exit: list[Hook] = []
        self._threads: list[threading.Thread] = []

    def add_unit_hook(self, before: Hook | None = None, after: Hook | None = None, on_exit: Hook | None = None) -> None:
        """Call *before* and *after* around every job, *on_exit* as a thread ends, each on the pool thread."""
        for hook, hooks in ((before, self._before), (after, self._after), (on_exit, self._on_exit)):
            if hook is not None:
                hooks.append(hook)
        self.native.set_hooks(_one_call(self._before), _one_call(self._after))

    def submit(self, job: Hook, thread: int | None = None) -> None:
        """Queue a call without arguments, which reports its own result; on one thread where *thread* names it."""
        self.native.submit(job, thread)

    def current_thread(self) -> int | None:
        """Return the number of the calling pool thread, for `submit`; `None` elsewhere, and for an external pool."""
        return self.native.current_thread()

    def dedicate(self) -> int | None:
        """Start a thread that runs only what is submitted to it; return its number, `None` for an external pool."""
        if self._external:
            return None
        index = self.native.join(True)
        self._start(index, f"bolt-dedicated-{index}")
        return index

    def _spawn(self) -> None:
        index = self.native.join(False)
        self._start(index, f"bolt-pool-{index}")

    def _start(self, index: int, name: str) -> None:
        # Daemons: a handler that never returns must not keep the process alive past its deadline.
        thread = threading.Thread(target=self._serve, args=(index,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self, index: int) -> None:
        try:
            self.native.serve(index)
        finally:
            for hook in self._on_exit:
                hook()

    def close(self, timeout: float = 5.0) -> None:
        """End the threads; wait for each for at most *timeout* seconds in all."""
        self.native.close()
        for thread in self._threads:
            thread.join(timeout / max(1, len(self._threads)))


def _one_call(hooks: list[Hook]) -> Hook | None:
    """Several hooks as one; none as none, so that a pool without hooks pays nothing."""
    if len(hooks) <= 1:
        return hooks[0] if hooks else None
    frozen = tuple(hooks)

    def call_all() -> None:
        for hook in frozen:
            hook()

    return call_all


class PoolExecutor(concurrent.futures.Executor):
    """The pool as an executor: what asgiref and `run_in_executor` take.

    *pinned*: everything runs on one thread, which does nothing else; so a connection that belongs to a thread is
    always the same.
    """

    def __init__(self, pool: Pool, *, pinned: bool = False) -> None:
        self._pool = pool
        self._pinned = pinned
        self._thread: int | None = None
        self._lock = threading.Lock()

    def begin_now(self) -> None:
        """Let threads begin what has been submitted: before the loop's thread waits for one of them.

        They are told of work with the loop's next turn otherwise, which then would not come.
        """
        self._pool.native.tell_threads()

    def _submit(self, job: Hook) -> None:
        if self._pinned and self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = self._pool.dedicate()
        self._pool.submit(job, self._thread)

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> concurrent.futures.Future[T]:
        """Run on the pool; the future may be waited for from any thread."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._submit(functools.partial(run_threadsafe, future, functools.partial(fn, *args, **kwargs)))
        return future

    def run_for(self, loop: asyncio.AbstractEventLoop, fn: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """Run on the pool for a coroutine of *loop*."""
        future = loop.create_future()
        self._submit(functools.partial(run_for_loop, loop, future, fn, args))
        return future


def run_threadsafe[T](future: concurrent.futures.Future[T], call: Callable[[], T]) -> None:
    """Call, on a thread, and let *future* have what came of it, unless it was cancelled."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


def run_for_loop(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any], fn: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    """Call, on a thread, and let *future* of *loop* have what came of it, unless it was cancelled."""
    if future.cancelled():
        return
    report: Callable[[asyncio.Future[Any], Any], None] = _set_result
    try:
        value = fn(*args)
    except BaseException as error:
        report, value = _set_exception, error
    try:
        loop.call_soon_threadsafe(report, future, value)
    except RuntimeError:
        if not loop.is_closed():
            raise


def _set_result(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)


def _set_exception(future: asyncio.Future[Any], error: BaseException) -> None:
    if future.done():
        return
    if isinstance(error, StopIteration):
        # A future refuses StopIteration, which would end the awaiting coroutine silently.
        wrapped = RuntimeError("a pool job raised StopIteration")
        wrapped.__cause__ = error
        error = wrapped
    future.set_exception(error)


_current: contextvars.ContextVar[Pool] = contextvars.ContextVar("bolt_core.pool")


def current_pool() -> Pool:
    """Return the pool of the server that runs this code; raises `RuntimeError` outside a server."""
    try:
        return _current.get()
    except LookupError:
        raise RuntimeError("no server runs this code, so it has no pool; use asyncio.to_thread() instead") from None


def on_event_loop() -> bool:
    """Whether the calling thread runs an event loop, which nothing may block."""
    return asyncio._get_running_loop() is not None


async def run_in_pool[**P, T](fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking function on the server's pool, in a copy of the caller's context; return what it returns."""
    context = contextvars.copy_context()
    executor = PoolExecutor(current_pool())
    call = functools.partial(context.run, fn, *args, **kwargs)
    result: T = await executor.run_for(asyncio.get_running_loop(), call)
    return result
