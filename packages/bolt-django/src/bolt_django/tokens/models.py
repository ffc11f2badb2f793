"""Revoked tokens, and API keys, of which the database holds digests alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bolt_auth.api_keys import APIKeyRecord, digest, generate_api_key, public_prefix
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEY_PREFIX = "key"


class RevokedToken(models.Model):
    """One token, or one family of them, that is good no longer."""

    jti: models.CharField[str, str] = models.CharField(_("token"), max_length=255, unique=True)
    revoked_at: models.DateTimeField[Any, Any] = models.DateTimeField(_("revoked at"), default=timezone.now)
    expires_at: models.DateTimeField[Any, Any] = models.DateTimeField(_("expires at"), db_index=True)
    """When the token would have ended by itself, and the row may go."""

    class Meta:
        verbose_name = _("revoked token")
        verbose_name_plural = _("revoked tokens")

    def __str__(self) -> str:
        return self.jti


class RevokedUser(models.Model):
    """A user all of whose tokens up to some moment are good no longer."""

    # What tokens say in `sub`: no foreign key, as the user may be gone, and need not be this database's.
    user_id: models.CharField[str, str] = models.CharField(_("user"), max_length=255, unique=True)
    before: models.DateTimeField[Any, Any] = models.DateTimeField(_("tokens until"))
    expires_at: models.DateTimeField[Any, Any] = models.DateTimeField(_("expires at"), db_index=True)

    class Meta:
        verbose_name = _("revoked user")
        verbose_name_plural = _("revoked users")

    def __str__(self) -> str:
        return self.user_id


class APIKeyQuerySet(models.QuerySet["APIKey"]):
    """Keys."""

    def active(self, now: datetime | None = None) -> APIKeyQuerySet:
        """Those that are good: not revoked, not expired, and of no inactive user."""
        moment = timezone.now() if now is None else now
        good = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=moment))
        return self.filter(good).exclude(user__is_active=False)


class APIKeyManager(models.Manager["APIKey"]):
    """Makes keys."""

    def get_queryset(self) -> APIKeyQuerySet:
        """Keys."""
        return APIKeyQuerySet(self.model, using=self._db)

    def create_key(self, *, prefix: str = KEY_PREFIX, **fields: Any) -> tuple[APIKey, str]:
        """A new row and its key, which is nowhere else: show it once. *prefix* lets secret scanners find it."""
        made = self.model(**fields)
        key = made.renew(prefix)
        made.save(using=self._db)
        return made, key


class APIKey(models.Model):
    """A key, by its digest, and what it stands for."""

    name: models.CharField[str, str] = models.CharField(
        _("name"), max_length=100, help_text=_("What the key is for, such as the program using it.")
    )
    prefix: models.CharField[str, str] = models.CharField(_("prefix"), max_length=64, editable=False, db_index=True)
    digest: models.CharField[str, str] = models.CharField(max_length=64, unique=True, editable=False)
    """SHA-256 in hexadecimal."""
    user: models.ForeignKey[Any, Any] = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Whom requests with the key come from; the user's flags are the key's."),
    )
    permissions: models.JSONField[Any, Any] = models.JSONField(_("permissions"), default=list, blank=True)
    scopes: models.JSONField[Any, Any] = models.JSONField(_("scopes"), default=list, blank=True)
    created_at: models.DateTimeField[Any, Any] = models.DateTimeField(
        _("created at"), default=timezone.now, editable=False
    )
    expires_at: models.DateTimeField[Any, Any] = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at: models.DateTimeField[Any, Any] = models.DateTimeField(
        _("revoked at"), null=True, blank=True, editable=False
    )
    last_used_at: models.DateTimeField[Any, Any] = models.DateTimeField(
        _("last used at"), null=True, blank=True, editable=False
    )

    objects = APIKeyManager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    def renew(self, prefix: str = KEY_PREFIX) -> str:
        """Give the row a new key, which is returned and not kept; the old one is good until the row is saved."""
        key = generate_api_key(prefix)
        self.prefix, self.digest = public_prefix(key), digest(key).hex()
        return key

    def record(self) -> APIKeyRecord:
        """What the key stands for."""
        user = self.user
        return APIKeyRecord(
            prefix=self.prefix,
            name=self.name,
            user_id=None if user is None else str(user.pk),
            permissions=tuple(self.permissions),
            scopes=tuple(self.scopes),
            is_staff=bool(getattr(user, "is_staff", False)),
            is_superuser=bool(getattr(user, "is_superuser", False)),
            expires_at=None if self.expires_at is None else self.expires_at.timestamp(),
        )
