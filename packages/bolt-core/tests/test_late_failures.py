"""Failures after the reply, told to who asks."""

import logging

import pytest
from bolt_core import late_failures


@pytest.fixture(autouse=True)
def no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the test registers."""
    monkeypatch.setattr(late_failures, "_callbacks", [])


def test_every_callback_is_told() -> None:
    """In the order of registration; the decorator returns its function."""
    told: list[tuple[str, BaseException]] = []
    error = ValueError("late")

    @late_failures.on_late_failure
    def first(exc: BaseException) -> None:
        told.append(("first", exc))

    late_failures.on_late_failure(lambda exc: told.append(("second", exc)))
    late_failures.report_late_failure(error)

    assert told == [("first", error), ("second", error)]
    assert first is late_failures._callbacks[0]


def test_a_callback_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """And keeps no other from being told."""
    told: list[BaseException] = []

    @late_failures.on_late_failure
    def broken(exc: BaseException) -> None:
        raise RuntimeError("broken callback")

    late_failures.on_late_failure(told.append)
    with caplog.at_level(logging.ERROR, "bolt_core"):
        late_failures.report_late_failure(ValueError("late"))

    assert len(told) == 1
    assert "broken callback" in caplog.text
