"""What is over in the tables, and can go."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import router
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from bolt_django.tokens.models import APIKey, RevokedToken, RevokedUser


@dataclass(frozen=True, slots=True)
class Expired:
    """Rows of one model that are no longer needed."""

    model: type[Model]
    condition: Q
    using: str

    def rows(self) -> QuerySet[Any]:
        """Those that are there now."""
        return self.model._base_manager.using(self.using).filter(self.condition)

    def delete(self, batch: int) -> Iterator[int]:
        """Delete them, *batch* at a time, each in a transaction of its own; how many each time."""
        while keys := list(self.rows().order_by("pk").values_list("pk", flat=True)[:batch]):
            # The condition again: what was revoked anew meanwhile stays.
            yield self.rows().filter(pk__in=keys).delete()[0]


def expired(using: str | None = None, keys_after: datetime.timedelta | None = None) -> list[Expired]:
    """What is over by now in the database *using*, by default where the routers write.

    *keys_after*: API keys, too, that have been expired or revoked for that long; `None` for none of them.
    """
    now = timezone.now()
    over = Q(expires_at__lte=now)
    found: list[tuple[type[Model], Q]] = [(RevokedToken, over), (RevokedUser, over)]
    if keys_after is not None:
        limit = now - keys_after
        found.append((APIKey, Q(expires_at__lte=limit) | Q(revoked_at__lte=limit)))
    return [Expired(model, condition, using or router.db_for_write(model)) for model, condition in found]
