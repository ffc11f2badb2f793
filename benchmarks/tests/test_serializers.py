"""The benchmark of serializers: least times, targets, tables, and results that must agree before anything is timed."""

import pytest

from benchmarks.serializers import tables
from benchmarks.serializers.__main__ import plan
from benchmarks.serializers.cases import BY_KEY
from benchmarks.serializers.measure import WrongResult, checked, normal
from benchmarks.serializers.timing import minima


class Clock:
    """A clock that only moves where work moves it."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def work(self, *seconds):
        """Work that takes *seconds*, one after the other, the last of them from then on."""
        left = list(seconds)

        def run():
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return run


def test_least_time_of_a_call_counts():
    """A disturbed repeat and a slow warm-up say nothing."""
    clock = Clock()

    found = minima({"a": clock.work(9, 7, 2, 3), "b": clock.work(5)}, 3, batch=1, clock=clock)

    assert found == {"a": 2, "b": 5}


def test_short_work_is_timed_in_batches():
    """What is shorter than a batch is called more often, and its time is that of one call."""
    clock = Clock()

    assert minima({"a": clock.work(0.25)}, 1, batch=1, clock=clock) == {"a": 0.25}
    assert clock.now == 0.25 * (1 + 2 + 4 + 4)


def test_targets_are_judged_as_shown():
    """At most for the one, at least for the other; the methods stand beside."""
    seconds = {"in-one": {"bolt": 1.0, "bolt-method": 2.0, "msgspec": 0.96, "pydantic": 4.0}}

    text = tables.targets(seconds)

    assert "| JSON in, five fields | the time of msgspec | 1.04 | 2.08 | ≤ 1.05 | met |" in text
    assert "| JSON in, five fields | times as fast as pydantic | 4.00 | 2.00 | ≥ 4.5 | **missed** |" in text


def test_case_without_figures_has_no_row():
    """A part of a run shows what it measured."""
    assert len(tables.table({"out-one": {"bolt": 1.0, "msgspec": 0.5}}).splitlines()) == 3


def test_library_that_does_otherwise_is_no_competitor():
    """A wrong result stops the run and names the library and the case."""
    with pytest.raises(WrongResult, match="drf, out-one"):
        checked({"drf": lambda: {"a": 2}}, "out-one", {"a": 1})


def test_normal_reads_json():
    """Bytes are compared by what they say."""
    assert normal(b'[{"b": 1, "a": 2}]') == [{"a": 2, "b": 1}]


def test_plan_knows_its_cases(capsys):
    """All by default; an unknown one is an error that names it."""
    assert plan([]) == (list(BY_KEY), 30)
    with pytest.raises(SystemExit):
        plan(["--case", "in-one,speed"])
    assert "unknown: speed" in capsys.readouterr().err
