"""API keys in the database, by the application `bolt_django.tokens`."""

from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from bolt_auth import APIKeyRecord
from django.apps import apps
from django.db.models import Q
from django.utils import timezone

from bolt_django.auth.revocation.orm import require_app

USED_EVERY = timedelta(minutes=1)
"""How exactly the last use of a key is noted: writing it with every request would cost more than the request."""


class DjangoAPIKeys:
    """Finds keys for `APIKeyAuthentication(store=DjangoAPIKeys())`: active ones, of active users or of none.

    Each request costs a query, and once a minute a key's last use is noted. Raises `ImproperlyConfigured` when used
    without `"bolt_django.tokens"` in INSTALLED_APPS.
    """

    async def find(self, digest: bytes) -> APIKeyRecord | None:
        """The record of the key with that SHA-256; `None` where there is none that is good."""
        return await sync_to_async(self.find_sync)(digest)

    def find_sync(self, digest: bytes) -> APIKeyRecord | None:
        """The same on a thread that may block."""
        require_app("DjangoAPIKeys")
        model: Any = apps.get_model("bolt_tokens", "APIKey")
        now = timezone.now()
        rows = model.objects.get_queryset()
        key = rows.active(now).select_related("user").filter(digest=digest.hex()).first()
        if key is None:
            return None
        if key.last_used_at is None or key.last_used_at <= now - USED_EVERY:
            due = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_EVERY)
            rows.filter(due, pk=key.pk).update(last_used_at=now)
        record: APIKeyRecord = key.record()
        return record
