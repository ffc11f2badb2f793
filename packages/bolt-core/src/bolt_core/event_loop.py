"""asyncio's own selector event loop over a selector whose waiting is done in Rust.

Only the selector is ours. Transports, readers, signals, subprocesses and threadsafe calls are the standard
library's: its descriptors stay in Python's own epoll (or kqueue), which Rust watches as one readable descriptor.
"""

from __future__ import annotations

import asyncio
import collections
import concurrent.futures
import functools
import selectors
import signal
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import _native
from .pool import PoolExecutor

if TYPE_CHECKING:
    from .pool import Pool

_DISPATCH = 1
_SELECTOR = 2


class Selector(selectors.DefaultSelector):
    """Waits in a turn of Rust's, which also serves HTTP; then asks Python's own selector what it has."""

    def __init__(self, pool: Pool) -> None:
        super().__init__()
        self.driver = _native.Driver(self.fileno(), pool.native)
        self.turn = self.driver.turn
        self.dispatch_soon: Callable[[], object] = lambda: None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return the events of Python's own descriptors; requests are queued as a callback of the loop."""
        flags = self.turn(timeout)
        if flags & _DISPATCH:
            self.dispatch_soon()
        if not flags & _SELECTOR:
            return []
        events: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if events:
            self.driver.selector_was_ready()
        return events

    def close(self) -> None:
        """Close every connection, then the descriptors."""
        self.driver.close()
        super().close()


class EventLoop(asyncio.SelectorEventLoop):
    """A selector event loop that serves HTTP while it waits.

    Signals wake it although it waits outside Python: the wake-up descriptor is set from the start, where asyncio
    sets it with the first `add_signal_handler`.
    """

    # The base class's own, which typeshed leaves out.
    _csock: socket.socket
    _signal_handlers: dict[int, asyncio.Handle]
    _ready: collections.deque[asyncio.Handle]

    def __init__(self, pool: Pool) -> None:
        self._bolt_selector = Selector(pool)
        super().__init__(self._bolt_selector)
        # A callback as `call_soon` makes one, made once: it is queued in every turn that brings a request.
        dispatch = asyncio.Handle(self.driver.dispatch, (), self)
        self._bolt_selector.dispatch_soon = functools.partial(self._ready.append, dispatch)
        self._wakes_on_signals = threading.current_thread() is threading.main_thread()
        self._wake_on_signals()

    @property
    def driver(self) -> _native.Driver:
        """The engine's side of this loop."""
        return self._bolt_selector.driver

    def set_debug(self, enabled: bool) -> None:
        """Switch asyncio's debug mode.

        Every future asks its loop for it. `bool`, which says False without running Python code, answers where it is
        off.
        """
        super().set_debug(enabled)
        if enabled:
            self.__dict__.pop("get_debug", None)
        else:
            self.__dict__["get_debug"] = bool

    def _wake_on_signals(self) -> None:
        if self._wakes_on_signals:
            signal.set_wakeup_fd(self._csock.fileno(), warn_on_full_buffer=False)

    def remove_signal_handler(self, sig: int) -> bool:
        """Remove a handler; the loop goes on waking for signals, which asyncio ends with the last handler."""
        removed = super().remove_signal_handler(sig)
        if not self.is_closed():
            self._wake_on_signals()
        return removed

    def close(self) -> None:
        """Close the loop and its connections."""
        if self._wakes_on_signals and not self.is_closed():
            for sig in list(self._signal_handlers):
                super().remove_signal_handler(sig)
            self._wakes_on_signals = False
            signal.set_wakeup_fd(-1)
        super().close()

    def run_in_executor(  # type: ignore[override]
        self, executor: concurrent.futures.Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Run `func` in an executor; the pool's own takes a shorter way than a thread-safe future."""
        if isinstance(executor, PoolExecutor):
            self._check_closed()  # type: ignore[attr-defined]
            return executor.run_for(self, func, *args)
        return super().run_in_executor(executor, func, *args)
