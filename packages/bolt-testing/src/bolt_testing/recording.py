"""Remember what failed in the application, so that the test that asked for it can raise it again."""

import asyncio
import collections
import contextlib
import contextvars
import dataclasses
import threading
from collections.abc import Callable, Iterator
from typing import Any

from bolt_core.api import FrozenApp
from bolt_core.errors import on_exception
from bolt_core.late_failures import on_late_failure
from bolt_core.types import Outcome, Promise

# Reports of exceptions are the process's; the context says whose server one comes from.
_listening: contextvars.ContextVar["Recorder | None"] = contextvars.ContextVar("bolt_testing.recorder", default=None)

type Target = tuple[str, str]
"""Method and target as sent: what tells a client's simultaneous requests apart."""


class Recorder:
    """Exceptions of one server, each kept for the request that it answered with a 500 or cut off."""

    def __init__(self) -> None:
        # Filled by the threads that run the application, emptied by the test's.
        self._raised: list[tuple[Target | None, BaseException]] = []
        self._lock = threading.Lock()
        # Replies with background work: those not looked at, how many were not sent, and who waits for that.
        self._followed: set[Target] = set()
        self._unfinished: collections.Counter[Target] = collections.Counter()
        self._waiting: dict[Target, list[asyncio.Event]] = {}

    def listen_in(self, context: contextvars.Context) -> None:
        """Keep what fails in copies of *context*."""
        context.run(_listening.set, self)

    def record(self, exc: BaseException, target: Target | None) -> None:
        """Keep *exc*; without a *target* it belongs to whichever reply it cut off."""
        with self._lock:
            self._raised.append((target, exc))

    def take(self, target: Target, *, late: bool = False) -> BaseException | None:
        """The oldest exception kept for *target*, or with *late* for no target; it is kept no longer."""
        with self._lock:
            for wanted in (target, None) if late else (target,):
                for entry in self._raised:
                    if entry[0] == wanted:
                        self._raised.remove(entry)
                        return entry[1]
        return None

    def follow(self, after: Callable[[], object], request: Any) -> Callable[[], object]:
        """*after*, which begins the background work of *request*, in a form that tells when it was called."""
        target = _target(request)
        with self._lock:
            self._followed.add(target)
            self._unfinished[target] += 1

        def followed() -> object:
            try:
                return after()
            finally:
                self._called(target)

        return followed

    def _called(self, target: Target) -> None:
        """Note, on the server's loop, that a reply to *target* has been sent."""
        with self._lock:
            self._unfinished[target] -= 1
            waiting = [] if self._unfinished[target] else self._waiting.pop(target, [])
        for event in waiting:
            event.set()

    def has_background(self, target: Target) -> bool:
        """Whether a reply to *target* came with background work, since this was last asked."""
        with self._lock:
            found = target in self._followed
            self._followed.discard(target)
        return found

    async def begun(self, target: Target) -> None:
        """Wait, on the server's loop, until the background work of every reply to *target* has begun."""
        event = asyncio.Event()
        with self._lock:
            if not self._unfinished[target]:
                return
            self._waiting.setdefault(target, []).append(event)
        await event.wait()


class RecordingHooks:
    """An application's hooks that also tell *recorder* what fails in them, and what they leave to be done later."""

    def __init__(self, inner: Any, recorder: Recorder) -> None:
        """*inner* are the application's own hooks, which still make every reply."""
        self._inner = inner
        self._recorder = recorder

    def finish(self, plan: Any, result: Any, request: Any) -> Outcome | Promise:
        """Make the reply for *result*, which may fail as a handler does."""
        with self._recording():
            return self._followed(self._inner.finish(plan, result, request), request)

    def error(self, plan: Any, exc: BaseException, request: Any) -> Outcome | Promise:
        """Make the reply for *exc*."""
        with self._recording():
            return self._followed(self._inner.error(plan, exc, request), request)

    def invalid(self, plan: Any, problems: Any, request: Any) -> Outcome | Promise:
        """Make the reply for a request that cannot be bound."""
        with self._recording():
            return self._followed(self._inner.invalid(plan, problems, request), request)

    def _followed(self, outcome: Outcome | Promise, request: Any) -> Outcome | Promise:
        if not isinstance(outcome, tuple):
            return self._promised(outcome, request)
        if len(outcome) == 4 and outcome[3] is not None:
            return (*outcome[:3], self._recorder.follow(outcome[3], request))
        return outcome

    async def _promised(self, promise: Promise, request: Any) -> Outcome:
        outcome = self._followed(await promise, request)
        return outcome if isinstance(outcome, tuple) else await outcome

    @contextlib.contextmanager
    def _recording(self) -> Iterator[None]:
        token = _listening.set(self._recorder)
        try:
            yield
        finally:
            _listening.reset(token)


def _target(request: Any) -> Target:
    query = request.query_string
    return request.method, f"{request.raw_path}?{query}" if query else request.raw_path


@on_exception
def _record(exc: BaseException, request: Any) -> None:
    if (recorder := _listening.get()) is not None:
        recorder.record(exc, _target(request))


@on_late_failure
def _record_late(exc: BaseException) -> None:
    if (recorder := _listening.get()) is not None:
        recorder.record(exc, None)


def recorded(app: FrozenApp) -> tuple[FrozenApp, Recorder]:
    """Return *app* with hooks that record, and what they record."""
    recorder = Recorder()
    return dataclasses.replace(app, hooks=RecordingHooks(app.hooks, recorder)), recorder
