"""results: medians, and ratios within a round."""

import pytest

from benchmarks import results as module
from benchmarks.results import Results, Sample


def sample(case, server, number, cpu, baseline):
    return Sample(case, server, number, cpu, rate=1 / cpu, latency=0.001, baseline=baseline)


@pytest.fixture
def results():
    """Three rounds in which the machine was twice as slow in the second."""
    found = Results()
    for number, speed in enumerate((1, 2, 1), 1):
        found.samples += [
            sample("hello", "nginx", number, 10e-6 * speed, baseline=10e-6 * speed),
            sample("hello", "bolt", number, 11e-6 * speed, baseline=10e-6 * speed),
            sample("one", "bolt", number, 40e-6 * speed, baseline=20e-6 * speed),
            sample("orm-def", "bolt", number, 220e-6, baseline=10e-6 * speed),
        ]
    found.extras["in-process"]["orm-def"] += [190e-6, 200e-6, 210e-6]
    return found


def test_cpu_is_the_median_of_the_rounds(results):
    """One slow round does not move the figure."""
    assert results.cpu("hello", "bolt") == 11e-6
    assert results.cpu("hello", "drf") is None


def test_ratio_is_taken_beside_its_baseline(results):
    """A round in which everything was slow has the same ratio as the others."""
    assert results.ratio("hello", "bolt") == pytest.approx(1.1)
    assert results.ratio("one", "bolt") == pytest.approx(2.0)


def test_saved_results_load_again(results, tmp_path):
    """What is saved can be reported again."""
    results.save(tmp_path / "results.json")

    assert module.load(tmp_path / "results.json").samples == results.samples
