"""Rounds to judge, without having measured any."""

import pytest

from benchmarks.results import Results, Sample


def make_sample(case, server, number, cpu, baseline):
    return Sample(case, server, number, cpu, rate=1 / cpu, latency=0.001, baseline=baseline)


@pytest.fixture
def sample():
    """Makes the sample of one round."""
    return make_sample


@pytest.fixture
def results(sample):
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
