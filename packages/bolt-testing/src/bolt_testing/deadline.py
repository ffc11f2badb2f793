"""Interrupt work that runs on the test's own thread and does not come back."""

import signal
import threading
from collections.abc import Callable
from types import FrameType


class HandlerTimeout(BaseException):
    """Raised inside a handler that outlived the client's timeout.

    Not an ``Exception``, so that a handler's own ``except Exception`` does not swallow it.
    """


def finishes_within(seconds: float | None, work: Callable[[], None]) -> bool:
    """Run *work* and say whether it ended within *seconds*; work that did not is interrupted (``None``: no limit).

    Python delivers signals to the main thread only, and a timer that somebody else armed (pytest-timeout's,
    for one) is theirs to keep: in either case the work runs unguarded.
    """
    if seconds is None or not _timer_is_free():
        work()
        return True
    interrupted = False

    def interrupt(signum: int, frame: FrameType | None) -> None:
        # A flag as well as an exception: the server may turn what a handler raises into a reply.
        nonlocal interrupted
        interrupted = True
        raise HandlerTimeout

    previous = signal.signal(signal.SIGALRM, interrupt)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
            work()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except HandlerTimeout:
        pass
    finally:
        signal.signal(signal.SIGALRM, previous)
    return not interrupted


def _timer_is_free() -> bool:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return False
    # getsignal() is None for a handler that C code installed, which could not be put back.
    return signal.getitimer(signal.ITIMER_REAL)[0] == 0 and signal.getsignal(signal.SIGALRM) is not None
