"""Time for the tables of tokens and keys."""

from typing import Any

import pytest
from bolt_django.tokens import moments
from django.utils import timezone


class Clock:
    """Goes on when it is told to."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """In place of the system's, for this package and for Django's time zones."""
    clock = Clock(moments.now())
    monkeypatch.setattr(moments, "now", clock)
    monkeypatch.setattr(timezone, "now", lambda: moments.moment(clock.now))
    return clock
