"""Revoked tokens in the database, by the application `bolt_django.tokens`."""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from bolt_auth.revocation import Announcing
from bolt_auth.revocation.store import KEEP, issued_before, until
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

if TYPE_CHECKING:
    from django.db.models import Model

APP = "bolt_django.tokens"
_LONGEST = 255
_LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


def require_app(who: str) -> None:
    """Raise `ImproperlyConfigured` where the application with the tables is not installed."""
    if not apps.is_installed(APP):
        raise ImproperlyConfigured(f"{who} needs {APP!r} in INSTALLED_APPS, and `manage.py migrate`")


def moment(seconds: float) -> datetime:
    """Seconds since the epoch as the database has them, by USE_TZ; at the latest the year 9999."""
    aware = datetime.fromtimestamp(max(0.0, min(seconds, _LATEST)), UTC)
    return aware if settings.USE_TZ else timezone.make_naive(aware)


def stored(name: str) -> str:
    """A token's or user's name as a column has it: what is too long for that, or no database takes, by its digest."""
    if len(name) <= _LONGEST and name.isprintable():
        return name
    return "sha256:" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


class DjangoORMRevocation(Announcing):
    """A store in the database, shared by all processes that use it. It outlives restarts and forgets nothing.

    Methods ending in `_sync` are the same for `def` handlers. `manage.py clearrevokedtokens` removes what has expired.
    Raises `ImproperlyConfigured` when used without `"bolt_django.tokens"` in INSTALLED_APPS.
    """

    def __init__(self, *, using: str | None = None, keep: timedelta = KEEP) -> None:
        super().__init__()
        self.using = using
        self._keep = keep

    async def revoke(self, jti: str, *, expires_at: float | None = None) -> bool:
        """Revoke one token; of all processes that do so at once, one is told that it was good."""
        return await sync_to_async(self.revoke_sync)(jti, expires_at=expires_at)

    async def revoke_all(self, user_id: str, *, expires_at: float | None = None) -> None:
        """Revoke all tokens of a user that were issued up to now."""
        await sync_to_async(self.revoke_all_sync)(user_id, expires_at=expires_at)

    async def is_revoked(self, jti: str | None, *, user_id: str | None = None, issued_at: float | None = None) -> bool:
        """Whether a token is revoked: at most two queries."""
        return await sync_to_async(self.is_revoked_sync)(jti, user_id=user_id, issued_at=issued_at)

    def revoke_sync(self, jti: str, *, expires_at: float | None = None) -> bool:
        """As `revoke`. Raises `ValueError` for what is no `jti`."""
        if not isinstance(jti, str) or not jti:
            raise ValueError(
                f"a token is revoked by its jti, a string, not {jti!r}; give tokens one when they are made"
            )
        end = until(expires_at, self._keep)
        rows = self._rows("RevokedToken")
        row, fresh = rows.get_or_create(jti=stored(jti), defaults={"expires_at": moment(end)})
        if not fresh and row.expires_at < moment(end):
            # Of two at once, one still finds the row as it was.
            changed = rows.filter(pk=row.pk, expires_at=row.expires_at).update(expires_at=moment(end))
            fresh = bool(changed) and row.expires_at <= moment(time.time())
        self.announce("token", jti, 0.0, end)
        return bool(fresh)

    def revoke_all_sync(self, user_id: str, *, expires_at: float | None = None) -> None:
        """As `revoke_all`."""
        now, end = time.time(), until(expires_at, self._keep)
        rows = self._rows("RevokedUser")
        rows.update_or_create(user_id=stored(str(user_id)), defaults={"before": moment(now), "expires_at": moment(end)})
        self.announce("user", str(user_id), now, end)

    def is_revoked_sync(self, jti: str | None, *, user_id: str | None = None, issued_at: float | None = None) -> bool:
        """As `is_revoked`."""
        now = moment(time.time())
        if jti is not None and self._rows("RevokedToken").filter(jti=stored(jti), expires_at__gt=now).exists():
            return True
        if user_id is None:
            return False
        found = (
            self._rows("RevokedUser")
            .filter(user_id=stored(user_id), expires_at__gt=now)
            .values_list("before", flat=True)
        )
        return any(issued_before(issued_at, before.timestamp()) for before in found)

    def _rows(self, name: str) -> Any:
        require_app("DjangoORMRevocation")
        model: type[Model] = apps.get_model("bolt_tokens", name)
        return model._default_manager.using(self.using) if self.using else model._default_manager.all()
