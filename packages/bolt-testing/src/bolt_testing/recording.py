"""Remember what failed in the application, so that the test that asked for it can raise it again."""

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
        self._unfinished = 0

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

    def follow(self, after: Callable[[], object]) -> Callable[[], object]:
        """*after*, counted as unfinished until it has been called."""
        with self._lock:
            self._unfinished += 1

        def followed() -> object:
            try:
                return after()
            finally:
                with self._lock:
                    self._unfinished -= 1

        return followed

    @property
    def unfinished(self) -> bool:
        """Whether there is a reply, sent or about to be, whose background work has not begun."""
        return self._unfinished > 0


class RecordingHooks:
    """An application's hooks that also tell *recorder* what fails in them, and what they leave to be done later."""

    def __init__(self, inner: Any, recorder: Recorder) -> None:
        """*inner* are the application's own hooks, which still make every reply."""
        self._inner = inner
        self._recorder = recorder

    def finish(self, plan: Any, result: Any, request: Any) -> Outcome | Promise:
        """Make the reply for *result*, which may fail as a handler does."""
        with self._recording():
            return self._followed(self._inner.finish(plan, result, request))

    def error(self, plan: Any, exc: BaseException, request: Any) -> Outcome | Promise:
        """Make the reply for *exc*."""
        with self._recording():
            return self._followed(self._inner.error(plan, exc, request))

    def invalid(self, plan: Any, problems: Any, request: Any) -> Outcome | Promise:
        """Make the reply for a request that cannot be bound."""
        with self._recording():
            return self._followed(self._inner.invalid(plan, problems, request))

    def _followed(self, outcome: Outcome | Promise) -> Outcome | Promise:
        if not isinstance(outcome, tuple):
            return self._promised(outcome)
        if len(outcome) == 4 and outcome[3] is not None:
            return (*outcome[:3], self._recorder.follow(outcome[3]))
        return outcome

    async def _promised(self, promise: Promise) -> Outcome:
        outcome = self._followed(await promise)
        return outcome if isinstance(outcome, tuple) else await outcome

    @contextlib.contextmanager
    def _recording(self) -> Iterator[None]:
        token = _listening.set(self._recorder)
        try:
            yield
        finally:
            _listening.reset(token)


@on_exception
def _record(exc: BaseException, request: Any) -> None:
    if (recorder := _listening.get()) is not None:
        query = request.query_string
        recorder.record(exc, (request.method, f"{request.raw_path}?{query}" if query else request.raw_path))


@on_late_failure
def _record_late(exc: BaseException) -> None:
    if (recorder := _listening.get()) is not None:
        recorder.record(exc, None)


def recorded(app: FrozenApp) -> tuple[FrozenApp, Recorder]:
    """Return *app* with hooks that record, and what they record."""
    recorder = Recorder()
    return dataclasses.replace(app, hooks=RecordingHooks(app.hooks, recorder)), recorder
