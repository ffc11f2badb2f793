"""Timing what is compared side by side, so that the machine's mood falls on all alike."""

import gc
import time
from collections.abc import Callable, Mapping

type Work = Callable[[], object]
type Clock = Callable[[], float]

BATCH_SECONDS = 0.01
"""How long one repeat takes at least; shorter ones would time the clock."""


def minima(
    works: Mapping[str, Work], repeats: int, *, batch: float = BATCH_SECONDS, clock: Clock = time.perf_counter
) -> dict[str, float]:
    """Seconds of one call of each of *works*: the least of *repeats*, taken in turn A B C … A B C …"""
    counts = {name: _calls_in(work, batch, clock) for name, work in works.items()}
    least = dict.fromkeys(works, float("inf"))
    for _ in range(repeats):
        for name, work in works.items():
            least[name] = min(least[name], _seconds(work, counts[name], clock) / counts[name])
    return least


def _calls_in(work: Work, batch: float, clock: Clock) -> int:
    """Calls that take about *batch* seconds, as a power of two; these warm up, too."""
    count = 1
    while _seconds(work, count, clock) < batch:
        count *= 2
    return count


def _seconds(work: Work, count: int, clock: Clock) -> float:
    # A collection that falls on one of them says nothing of it.
    gc.collect()
    gc.disable()
    try:
        start = clock()
        for _ in range(count):
            work()
        return clock() - start
    finally:
        gc.enable()
