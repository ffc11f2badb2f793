"""Remember what handlers raised, so that a test can raise it again."""

import collections
import contextlib
import dataclasses
import threading
from collections.abc import Iterator
from typing import Any

from bolt_core.api import FrozenApp
from bolt_core.errors import on_exception
from bolt_core.plan import HandlerPlan
from bolt_core.types import Outcome


class _Listening(threading.local):
    hooks: "RecordingHooks | None" = None


_listening = _Listening()


class RecordingHooks:
    """An application's hooks that also keep each exception that becomes an unexpected 500."""

    def __init__(self, inner: Any) -> None:
        """*inner* are the application's own hooks, which still make every reply."""
        self._inner = inner
        # Appended to by the thread that ran the handler, popped by the test's: a deque needs no lock.
        self._raised: collections.deque[BaseException] = collections.deque()

    def finish(self, plan: HandlerPlan, result: Any, request: Any) -> Outcome:
        """Make the reply for *result*, which may fail as a handler does."""
        with self._recording():
            outcome: Outcome = self._inner.finish(plan, result, request)
            return outcome

    def error(self, plan: HandlerPlan | None, exc: BaseException, request: Any) -> Outcome:
        """Make the reply for *exc*."""
        with self._recording():
            outcome: Outcome = self._inner.error(plan, exc, request)
            return outcome

    def invalid(self, plan: HandlerPlan, problems: Any, request: Any) -> Outcome:
        """Make the reply for a request that cannot be bound."""
        with self._recording():
            outcome: Outcome = self._inner.invalid(plan, problems, request)
            return outcome

    def record(self, exc: BaseException) -> None:
        """Keep *exc* for `reraise`."""
        self._raised.append(exc)

    def reraise(self) -> None:
        """Raise the oldest exception kept, with its own traceback; do nothing when there is none."""
        if self._raised:
            raise self._raised.popleft()

    @contextlib.contextmanager
    def _recording(self) -> Iterator[None]:
        # Reports of exceptions are the process's; the thread says whose server this one comes from.
        previous, _listening.hooks = _listening.hooks, self
        try:
            yield
        finally:
            _listening.hooks = previous


@on_exception
def _record(exc: BaseException, request: Any) -> None:
    if _listening.hooks is not None:
        _listening.hooks.record(exc)


def recorded(app: FrozenApp) -> tuple[FrozenApp, RecordingHooks]:
    """Return *app* with hooks that record, and those hooks."""
    hooks = RecordingHooks(app.hooks)
    return dataclasses.replace(app, hooks=hooks), hooks
