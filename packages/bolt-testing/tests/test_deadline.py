"""The guard of work on the main thread."""

import contextlib
import signal
import threading

from bolt_testing.deadline import HandlerTimeout, finishes_within


def test_work_in_time_is_left_alone() -> None:
    """Work that ends says so, and no timer is left behind."""
    done: list[int] = []

    assert finishes_within(10, lambda: done.append(1))

    assert done == [1]
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_work_that_hangs_is_interrupted() -> None:
    """A wait that would never end is unwound, with the handler's own clean-up run."""
    cleaned: list[bool] = []

    def hang() -> None:
        try:
            threading.Event().wait()
        finally:
            cleaned.append(True)

    assert not finishes_within(0.05, hang)
    assert cleaned == [True]


def test_swallowing_the_interruption_does_not_hide_it() -> None:
    """A server that turns every exception into a reply still leaves the timeout known."""

    def swallow() -> None:
        with contextlib.suppress(HandlerTimeout):
            threading.Event().wait()

    assert not finishes_within(0.05, swallow)


def test_the_previous_signal_handler_returns() -> None:
    """Whoever handled SIGALRM before handles it after."""
    previous = signal.getsignal(signal.SIGALRM)

    finishes_within(10, lambda: None)

    assert signal.getsignal(signal.SIGALRM) is previous


def test_a_timer_of_somebody_else_is_kept() -> None:
    """pytest-timeout's timer, for one, stays armed and its handler in place."""
    mine = signal.signal(signal.SIGALRM, lambda signum, frame: None)
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        assert finishes_within(0.01, lambda: None)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 50
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, mine)


def test_other_threads_run_unguarded() -> None:
    """Signals reach the main thread only, so elsewhere the work just runs."""
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(finishes_within(0.01, lambda: None)))
    thread.start()
    thread.join()

    assert results == [True]
