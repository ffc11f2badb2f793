"""Seconds since the epoch, which tokens have, and datetimes, which columns have, with USE_TZ and without."""

import datetime
import time

from django.conf import settings
from django.utils import timezone

LATEST = datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC).timestamp()
"""The last moment that is stored: every time zone's clock can show it, and every database holds it."""


def moment(seconds: float) -> datetime.datetime:
    """*seconds* since the epoch as a column's value; what is out of every calendar's range as its nearest end."""
    # The second comparison is false of NaN, too.
    bounded = 0.0 if seconds < 0 else float(seconds) if seconds < LATEST else LATEST
    found = datetime.datetime.fromtimestamp(bounded, datetime.UTC)
    return found if settings.USE_TZ else timezone.make_naive(found)


def seconds(value: datetime.datetime, *, late: bool = True) -> float:
    """A column's value as seconds since the epoch.

    *late* says which of two is meant where USE_TZ is off and clocks were set back in between, as nothing else can.
    """
    if timezone.is_naive(value):
        value = timezone.make_aware(value.replace(fold=1 if late else 0))
    return value.timestamp()


def now() -> float:
    """Seconds since the epoch, now."""
    return time.time()
