"""Work that runs after the reply has been sent.

The tasks of a request run one after the other in a copy of its context: `async def` functions on the event loop, others
on the thread pool. They run once the reply has left the process, or its client has; one that fails is logged and keeps
the others from nothing. A server that stops waits for them (`drain_background`).
"""

import asyncio
import contextvars
import functools
import logging
import threading
import weakref
from collections.abc import Callable
from typing import Any

from bolt_core._native import Request
from bolt_core.binding.callables import plan_call
from bolt_core.binding.injected import register_injected
from bolt_core.pool import on_event_loop, run_in_pool
from bolt_core.reading import off_loop

__all__ = ["BackgroundTask", "BackgroundTasks", "drain_background", "register_after_commit"]

log = logging.getLogger("bolt_core")

type Schedule = Callable[[Callable[[], None]], None]

_after_commit: list[Schedule] = []
_of_request: "weakref.WeakKeyDictionary[Request, BackgroundTasks]" = weakref.WeakKeyDictionary()
_running: set[asyncio.Task[None]] = set()


def register_after_commit(schedule: Schedule) -> None:
    """Let *schedule*(callback) call back once its thread's transaction is committed; at once where there is none."""
    _after_commit[:] = [schedule]


class BackgroundTask:
    """One call of *function* after the reply, with *args* and *kwargs*; for `Response(background=…)`."""

    __slots__ = ("_args", "_function", "_kwargs", "_wait")

    def __init__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        if not callable(function):
            found = type(function).__qualname__
            raise TypeError(f"a background task is a function and its arguments, not {found}; do not call it yourself")
        self._function = function
        self._args = args
        self._kwargs = kwargs
        self._wait: _Commit | None = None

    @property
    def name(self) -> str:
        """The function's name, for the log."""
        return str(getattr(self._function, "__qualname__", None) or repr(self._function))

    def wait_for_commit(self) -> None:
        """Have the task wait until the transaction of the calling request is committed."""
        self._wait = _Commit()

    async def begin(self, request: Request) -> None:
        """Run the task, or leave it to the end of the transaction that it waits for; raises nothing."""
        try:
            ready = self._wait is None or await self._wait.is_over(functools.partial(self._run_late, request))
        except Exception as error:
            _report(self.name, error, request)
            return
        if ready:
            await self.run(request)

    def _run_late(self, request: Request, context: contextvars.Context) -> None:
        _start(self.run(request), context)

    async def run(self, request: Request) -> None:
        """Call the function; what it raises is logged and told to `on_exception`'s callbacks, once."""
        call = plan_call(self._function)
        try:
            if call.is_async:
                await call.function(*self._args, **self._kwargs)
            else:
                await run_in_pool(call.function, *self._args, **self._kwargs)
        except BaseException as error:
            if _is_ours(error, call.is_async):
                raise
            _report(self.name, error, request)


class BackgroundTasks:
    """Calls to make after the reply, in the order they were added.

    A handler's parameter of this type collects them: `tasks.add_task(send_mail, user.email)`. They run where the
    handler returned, not where it raised.
    """

    __slots__ = ("_tasks",)

    def __init__(self, *tasks: BackgroundTask) -> None:
        self._tasks = list(tasks)

    def add_task(self, function: Callable[..., Any], *args: Any, after_commit: bool = False, **kwargs: Any) -> None:
        """Call *function* with the arguments after the reply.

        *after_commit*: only once the transaction that the handler is in has been committed, however late, and never
        if it is rolled back. Raises `RuntimeError` where no database integration is installed for that.
        """
        task = BackgroundTask(function, *args, **kwargs)
        if after_commit:
            task.wait_for_commit()
        self._tasks.append(task)

    def __len__(self) -> int:
        return len(self._tasks)

    async def run(self, request: Request) -> None:
        """Run all tasks, those that a task adds among them."""
        for task in self._tasks:
            await task.begin(request)


class _Commit:
    """The end of a transaction that a task waits for."""

    def __init__(self) -> None:
        if not _after_commit:
            raise RuntimeError(
                "add_task(after_commit=True) needs a database integration; install bolt_django and list it in "
                "INSTALLED_APPS, or leave after_commit out"
            )
        self._lock = threading.Lock()
        self._committed = False
        self._late: Callable[[], object] | None = None
        # A transaction belongs to a thread, and that of an async handler is not the loop's.
        self._asked = not on_event_loop()
        if self._asked:
            _after_commit[0](self._on_commit)

    async def is_over(self, run_late: Callable[[contextvars.Context], None]) -> bool:
        """Whether the transaction is committed; where it is not yet, *run_late* is called when it is."""
        if not self._asked:
            await off_loop(functools.partial(_after_commit[0], self._on_commit))
        loop, context = asyncio.get_running_loop(), contextvars.copy_context()
        with self._lock:
            if not self._committed:
                self._late = lambda: loop.call_soon_threadsafe(run_late, context)
            return self._committed

    def _on_commit(self) -> None:
        with self._lock:
            self._committed = True
            late = self._late
        if late is None:
            return
        try:
            late()
        except RuntimeError:
            log.error("a background task is lost: its transaction ended after the server's event loop")


register_injected(BackgroundTasks, lambda request: tasks_of(request))


def tasks_of(request: Request) -> BackgroundTasks:
    """The tasks of *request*, which its handler's parameter collects."""
    tasks = _of_request.get(request)
    if tasks is None:
        tasks = _of_request[request] = BackgroundTasks()
    return tasks


def after_reply(
    request: Request, collected: BackgroundTasks | None, own: BackgroundTask | BackgroundTasks | None
) -> Callable[[], None] | None:
    """What starts the tasks of a reply, the handler's before the response's; `None` where there are none.

    Called in the request's context, of which the tasks get a copy.
    """
    if isinstance(own, BackgroundTask):
        own = BackgroundTasks(own)
    works = [work for work in (collected, own) if work is not None]
    if not works:
        return None
    context = contextvars.copy_context()

    async def run() -> None:
        for work in works:
            await work.run(request)

    def start() -> None:
        # Asked only now: a stream may have added some.
        if any(map(len, works)):
            _start(run(), context)

    return start


def _start(work: Any, context: contextvars.Context) -> None:
    task = asyncio.get_running_loop().create_task(work, context=context.copy())
    _running.add(task)
    task.add_done_callback(_running.discard)


async def drain_background() -> None:
    """Wait until every background task of the running loop has ended, those that begin meanwhile among them."""
    loop = asyncio.get_running_loop()
    while running := [task for task in _running if task.get_loop() is loop]:
        await asyncio.wait(running)


def _is_ours(error: BaseException, on_loop: bool) -> bool:
    """Whether *error* means whoever runs the tasks: their cancellation, or an exit on the loop's own thread."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0
    return on_loop and not isinstance(error, Exception)


def _report(name: str, error: BaseException, request: Request) -> None:
    # Imported here: errors are written as responses, which carry background tasks.
    from bolt_core.errors import tell_callbacks

    log.error("background task %s failed", name, exc_info=error, extra={"request": request})
    tell_callbacks(None, error, request)
