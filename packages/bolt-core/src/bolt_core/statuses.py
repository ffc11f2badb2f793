"""What HTTP says about statuses: their phrases, and when to come again."""

import datetime as dt
import math
from email.utils import format_datetime
from http import HTTPStatus

type RetryAfter = float | dt.timedelta | dt.datetime
"""When to come again: seconds, a duration, or a moment (with a time zone)."""

# RFC 9110's phrases, which Python has from 3.13 on.
_PHRASES = {413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}


def reason_phrase(status: int) -> str:
    """The phrase of *status* in RFC 9110 and the IANA registry, or a plain `Error` for an unregistered one."""
    try:
        return _PHRASES.get(status) or HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def retry_after_field(when: RetryAfter) -> str:
    """The value of `Retry-After`; raises `ValueError` for a time that is negative or has no zone."""
    if isinstance(when, dt.datetime):
        if when.utcoffset() is None:
            raise ValueError("retry_after: a datetime needs a time zone")
        return format_datetime(when.astimezone(dt.UTC), usegmt=True)
    seconds = when.total_seconds() if isinstance(when, dt.timedelta) else when
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise ValueError(f"retry_after must be seconds from 0 on, a timedelta or a datetime, not {when!r}")
    return str(math.ceil(seconds))
