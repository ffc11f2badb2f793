"""Test clients in Django's tests: their handlers see the data of the test, whichever thread that belongs to.

A test's transaction belongs to the connection of one thread. A synchronous test calls its client on that thread. An
`async def` method of Django's TestCase runs on another one, and asgiref runs its ORM calls on the first; pytest runs an
asynchronous test on the first, and asgiref its ORM calls on a third. Here all of them meet on the thread of the
transaction.
"""

import asyncio
import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

from asgiref.sync import AsyncToSync, SyncToAsync
from bolt_core.api import BoltAPI
from bolt_core.pool import Pool
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

type Work = Callable[[], None]


def run_work(work: Work) -> None:
    """Run *work* on the thread that an enclosing `async_to_sync` keeps for synchronous code, else on this one."""
    executor = _thread_below()
    if executor is None:
        _unbridged(work)
    else:
        # That thread does nothing but wait for such calls.
        executor.submit(_unbridged, work).result()


def _thread_below() -> Any:
    """asgiref's executor for thread-sensitive calls of the coroutine that runs here, if `async_to_sync` started it."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return None
    executor = getattr(AsyncToSync.executors, "current", None) or AsyncToSync.loop_thread_executors.get(loop)
    return None if executor is None or executor._work_thread is threading.current_thread() else executor


def _unbridged(work: Work) -> None:
    """Run *work* so that an `async_to_sync` in it begins a loop of its own.

    The loop it would go back to is that of the test, which waits for this very call.
    """
    bridge = SyncToAsync.threadlocal
    pid = getattr(bridge, "main_event_loop_pid", None)
    bridge.main_event_loop_pid = None
    try:
        work()
    finally:
        bridge.main_event_loop_pid = pid


class _Inline(Executor):
    """Runs calls that come from the thread of an open client at once, where they come from; the rest on *usual*."""

    def __init__(self, usual: Executor) -> None:
        self.usual = usual
        # One entry for each open client: several may be, and they close in any order.
        self.threads: list[threading.Thread] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return a future that is done already."""
        if threading.current_thread() not in self.threads:
            return self.usual.submit(fn, *args, **kwargs)
        future: Future[Any] = Future()
        running = asyncio._get_running_loop()
        # Synchronous code; Django refuses it beside a running loop.
        asyncio._set_running_loop(None)
        try:
            future.set_result(_without_way_back(fn)(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        finally:
            asyncio._set_running_loop(running)
        return future


class _NoLoop:
    """Stands for the test's loop, which cannot run anything before the call has returned."""

    def call_soon_threadsafe(self, *args: object) -> None:
        """Refuse, as a closed loop does; `async_to_sync` then begins one of its own."""
        raise RuntimeError("the loop waits for this call")

    create_task = call_soon_threadsafe


def _without_way_back(fn: Callable[..., Any]) -> Callable[..., Any]:
    """asgiref's call of a synchronous function, with its first argument, the loop to go back to, replaced."""
    if isinstance(fn, functools.partial) and fn.args and isinstance(fn.args[0], asyncio.AbstractEventLoop):
        return functools.partial(fn.func, _NoLoop(), *fn.args[1:], **fn.keywords)
    return fn


@contextlib.contextmanager
def client_session() -> Iterator[None]:
    """While a client is open, let the test's own async ORM calls run on the test's thread.

    Without an `async_to_sync` around them, asgiref would run them on a thread of its own, whose connection neither
    sees the test's transaction nor ends with it.
    """
    asgiref: Any = SyncToAsync
    inline = asgiref.single_thread_executor
    if not isinstance(inline, _Inline):
        inline = asgiref.single_thread_executor = _Inline(inline)
    thread = threading.current_thread()
    inline.threads.append(thread)
    try:
        yield
    finally:
        inline.threads.remove(thread)
        if not inline.threads and asgiref.single_thread_executor is inline:
            asgiref.single_thread_executor = inline.usual


def propagates() -> bool:
    """DEBUG_PROPAGATE_EXCEPTIONS."""
    return bool(settings.DEBUG_PROPAGATE_EXCEPTIONS)


@contextlib.contextmanager
def live_session(pool: Pool, host: str) -> Iterator[None]:
    """Let a live server be asked for by *host*, and its threads share the test's databases in memory.

    Such a database belongs to one connection; all others reach the test's data by connections of their own.
    """
    shared = [one for one in connections.all() if one.vendor == "sqlite" and one.is_in_memory_db()]  # type: ignore[attr-defined]
    pool.add_unit_hook(before=functools.partial(_share, shared))
    from django.test import modify_settings  # tests alone need its imports

    for connection in shared:
        connection.inc_thread_sharing()
    try:
        with modify_settings(ALLOWED_HOSTS={"append": host}):
            yield
    finally:
        for connection in shared:
            connection.dec_thread_sharing()


def _share(shared: list[BaseDatabaseWrapper]) -> None:
    for connection in shared:
        connections[connection.alias] = connection


def application() -> BoltAPI:
    """The project as `runbolt` would serve it, Django's own URLs included; raises DiscoveryError."""
    from bolt_django.project import api_of

    return api_of()[0]
