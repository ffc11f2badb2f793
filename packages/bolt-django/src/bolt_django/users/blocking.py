"""A short synchronous call from code on the event loop, which waits for it."""

import contextvars
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from asgiref.sync import SyncToAsync
from bolt_core.pool import PoolExecutor

from bolt_django import conf
from bolt_django.lanes import RequestExecutor


class LoopNeeded(Exception):
    """A call did not come to its end while the event loop waited for it."""


def run_blocking[T](function: Callable[[], T]) -> T:
    """What *function*() returns or raises: in a transaction of this request on its connection, else on another.

    Blocks the calling thread, which is that of the event loop, for BOLT["DATABASE_TIMEOUT"] seconds at most: then it
    raises `LoopNeeded`, as what the call waits for may itself need the loop.
    """
    executor = _executor()
    if isinstance(executor, RequestExecutor):
        executor = executor.while_loop_waits()
    future = executor.submit(contextvars.copy_context().run, function)
    if isinstance(executor, PoolExecutor):
        executor.begin_now()
    try:
        return future.result(conf.database_timeout())
    except TimeoutError as error:
        if future.done():
            # The function's own.
            raise
        future.cancel()
        raise LoopNeeded from error


def _executor() -> Executor:
    """What asgiref would run a thread-sensitive call of this request on."""
    sensitive: Any = SyncToAsync.thread_sensitive_context.get(None)
    found: Any = None if sensitive is None else SyncToAsync.context_to_thread_executor.get(sensitive)
    return SyncToAsync.single_thread_executor if found is None else found
