"""Seconds and datetimes."""

import pytest
from bolt_django.tokens import moments
from django.test import override_settings

# 02:30 in Berlin on the last Sunday of October 2026, for the first time.
AUTUMN = 1792888200


@pytest.mark.parametrize("use_tz", [True, False])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/Los_Angeles"])
@pytest.mark.parametrize("given", [0.0, 1.5, 1e9, 1792000000.25, moments.LATEST])
def test_there_and_back(use_tz: bool, zone: str, given: float) -> None:
    """Nothing is lost."""
    with override_settings(USE_TZ=use_tz, TIME_ZONE=zone):
        found = moments.moment(given)
        assert (found.tzinfo is not None) is use_tz
        assert moments.seconds(found) == given


@pytest.mark.parametrize(
    ("given", "found"),
    [(-1.0, 0.0), (float("-inf"), 0.0), *((each, moments.LATEST) for each in (1e300, float("inf"), float("nan")))],
)
def test_out_of_range(given: float, found: float) -> None:
    """The nearest end; what is no number is never over."""
    assert moments.seconds(moments.moment(given)) == found


@override_settings(USE_TZ=False, TIME_ZONE="Europe/Berlin")
def test_an_hour_that_comes_twice() -> None:
    """Whoever asks says which of both it is."""
    for given in (AUTUMN, AUTUMN + 3600):
        found = moments.moment(given).replace(fold=0)
        assert (moments.seconds(found, late=False), moments.seconds(found)) == (AUTUMN, AUTUMN + 3600)
