"""API keys in the project's database."""

import hmac
import logging
import time
from typing import TYPE_CHECKING, Any

from bolt_auth.api_keys import APIKeyRecord
from django.db import DatabaseError
from django.db.models import Q, QuerySet

from bolt_django.tokens import installed, moments

if TYPE_CHECKING:
    from bolt_django.tokens.models import APIKey

__all__ = ["DjangoAPIKeys"]

TOUCH_SECONDS = 60.0
"""How often a key's last use is written down, at the most."""
_MOST = 4096
_logger = logging.getLogger("django_bolt.auth")


class DjangoAPIKeys:
    """Finds the keys of `bolt_django.tokens`: `APIKeyAuthentication(store=DjangoAPIKeys())`.

    A key is good unless it is revoked, it has expired, or its user is inactive. It has the user's staff and superuser
    status, and its own permissions and scopes. *using*: an alias of DATABASES; by default the routers say. When it was
    last used is written at most once a minute for each key; where that fails the request goes on. Methods raise
    `ImproperlyConfigured` where the application is not installed, and Django's `DatabaseError` where the database
    cannot be asked.
    """

    def __init__(self, *, using: str | None = None) -> None:
        self.using = using
        self._touched: dict[Any, float] = {}

    async def find(self, digest: bytes) -> APIKeyRecord | None:
        """The record of the key with that SHA-256 digest (32 bytes); `None` where there is none that is good.

        One query; once a minute an update besides.
        """
        row = await self._rows().filter(digest=digest.hex()).order_by().afirst()
        if row is None or not _is_good(row, digest):
            return None
        if self._is_due(row):
            try:
                await self._due(row).aupdate(last_used_at=moments.moment(moments.now()))
            except DatabaseError as error:
                _not_written(row, error)
        return record_of(row)

    def find_sync(self, digest: bytes) -> APIKeyRecord | None:
        """As `find`, for `def` handlers and workers."""
        row = self._rows().filter(digest=digest.hex()).order_by().first()
        if row is None or not _is_good(row, digest):
            return None
        if self._is_due(row):
            try:
                self._due(row).update(last_used_at=moments.moment(moments.now()))
            except DatabaseError as error:
                _not_written(row, error)
        return record_of(row)

    def _rows(self) -> "QuerySet[APIKey]":
        installed.require(type(self).__name__)
        from bolt_django.tokens.models import APIKey

        return APIKey._base_manager.using(self.using).select_related("user")

    def _is_due(self, row: "APIKey") -> bool:
        """Whether this process is to write the last use: others of its requests at the same time are not."""
        if row.last_used_at is not None and moments.seconds(row.last_used_at) > moments.now() - TOUCH_SECONDS:
            return False
        clock = time.monotonic()
        if self._touched.get(row.pk, -TOUCH_SECONDS) > clock - TOUCH_SECONDS:
            return False
        if len(self._touched) >= _MOST:
            self._touched.clear()
        self._touched[row.pk] = clock
        return True

    def _due(self, row: "APIKey") -> "QuerySet[APIKey]":
        """The row, unless another process has written meanwhile."""
        limit = moments.moment(moments.now() - TOUCH_SECONDS)
        rows = type(row)._base_manager.using(self.using)
        return rows.filter(Q(last_used_at=None) | Q(last_used_at__lt=limit), pk=row.pk)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.using or 'by the routers'}>"


def _is_good(row: "APIKey", digest: bytes) -> bool:
    return hmac.compare_digest(row.digest, digest.hex()) and row.state == "active"


def record_of(row: "APIKey") -> APIKeyRecord:
    """What *row* says of its key, for `request.auth`."""
    user = row.user
    return APIKeyRecord(
        prefix=row.prefix,
        user_id=None if user is None else str(user.pk),
        permissions=tuple(row.permissions),
        scopes=tuple(row.scopes),
        is_staff=getattr(user, "is_staff", False) is True,
        is_superuser=getattr(user, "is_superuser", False) is True,
        expires_at=None if row.expires_at is None else moments.seconds(row.expires_at, late=False),
        name=row.name,
    )


def _not_written(row: "APIKey", error: DatabaseError) -> None:
    _logger.warning("The last use of API key %s could not be written: %s", row.prefix, type(error).__name__)
