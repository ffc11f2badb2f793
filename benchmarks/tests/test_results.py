"""results: medians, and ratios within a round."""

import pytest

from benchmarks import results as module


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
