"""Values of data as a column's database holds them: times in their zone, durations that fit."""

import datetime
from collections.abc import Callable
from typing import Any

from bolt_serializers import ValidationError
from django.conf import settings
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models
from django.forms.utils import from_current_timezone
from django.utils import timezone

# Of microseconds, in 64 bits: what databases without a type for durations hold.
_LONGEST = datetime.timedelta(microseconds=2**63 - 1)


def preparation(column: Any) -> Callable[[Any], Any] | None:
    """What makes a value of data one that *column* holds, raising `ValidationError`; `None` where every value is."""
    if isinstance(column, models.DateTimeField):
        return in_zone
    return held if isinstance(column, models.DurationField) else None


def in_zone(value: datetime.datetime) -> datetime.datetime:
    """*value*, aware with `USE_TZ`: in the current time zone where the data has no offset; naive without."""
    try:
        if not settings.USE_TZ:
            # Columns hold the time of TIME_ZONE then.
            aware = timezone.is_aware(value)
            return timezone.make_naive(value, timezone.get_default_timezone()) if aware else value
        value = from_current_timezone(value)
        if not 1 < value.year < datetime.MAXYEAR:
            value.astimezone(datetime.UTC)
    except DjangoValidationError as error:
        # An hour that a clock skips or has twice, as Django's forms have it.
        raise ValidationError(error.messages[0], type="timezone_aware") from error
    except (OverflowError, ValueError) as error:
        raise ValidationError("Date and time out of range", type="datetime_out_of_range") from error
    return value


def held(value: datetime.timedelta) -> datetime.timedelta:
    """*value*, if a database can hold it."""
    if not -_LONGEST <= value <= _LONGEST:
        raise ValidationError("Duration out of range", type="duration_out_of_range")
    return value
