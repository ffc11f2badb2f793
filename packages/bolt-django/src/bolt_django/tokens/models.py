"""Revoked tokens, users whose tokens all are, and API keys."""

import datetime
from collections.abc import Iterable
from typing import Any

from asgiref.sync import sync_to_async
from bolt_auth import generate_api_key
from bolt_auth.api_keys import digest, public_prefix
from django.conf import settings
from django.db import IntegrityError, models, router, transaction
from django.utils import timezone

from bolt_django.tokens import moments
from bolt_django.tokens.validators import validate_words

__all__ = ["APIKey", "RevokedToken", "RevokedUser"]

NAME_LENGTH = 255
"""Characters of a token's `jti` and `sub` that are stored as they are."""
PREFIX_LENGTH = 64
type _DateTime = datetime.datetime
type _Maybe = datetime.datetime | None

# A prefix has 32 bits at random: among a million keys the next one's is taken once in 4,000 times.
_ATTEMPTS = 5


class RevokedToken(models.Model):
    """A token that is refused until it expires."""

    jti: "models.CharField[str, str]" = models.CharField("token (jti)", max_length=NAME_LENGTH, unique=True)
    expires_at: "models.DateTimeField[_DateTime, _DateTime]" = models.DateTimeField("expires", db_index=True)
    revoked_at: "models.DateTimeField[_DateTime, _DateTime]" = models.DateTimeField("revoked", default=timezone.now)

    class Meta:
        verbose_name = "revoked token"
        ordering = ["-revoked_at"]

    def __str__(self) -> str:
        return self.jti


class RevokedUser(models.Model):
    """Whose tokens are refused that were issued up to a moment."""

    # What tokens say in `sub`, a text: users may live in another database, or with another issuer.
    user_id: "models.CharField[str, str]" = models.CharField("user (sub)", max_length=NAME_LENGTH, unique=True)
    before: "models.DateTimeField[_DateTime, _DateTime]" = models.DateTimeField("issued up to")
    expires_at: "models.DateTimeField[_DateTime, _DateTime]" = models.DateTimeField("expires", db_index=True)

    class Meta:
        verbose_name = "user with revoked tokens"
        verbose_name_plural = "users with revoked tokens"
        ordering = ["-before"]

    def __str__(self) -> str:
        return self.user_id


class APIKeyQuerySet(models.QuerySet["APIKey"]):
    """API keys."""

    def revoke(self) -> int:
        """Revoke those that are not yet; how many those were."""
        return self.filter(revoked_at=None).update(revoked_at=timezone.now())


class APIKeyManager(models.Manager["APIKey"]):
    """Makes keys."""

    def get_queryset(self) -> APIKeyQuerySet:
        """All keys, which `revoke()` revokes."""
        return APIKeyQuerySet(self.model, using=self._db)

    def create_key(
        self,
        name: str,
        *,
        user: Any = None,
        expires_at: datetime.datetime | None = None,
        scopes: Iterable[str] = (),
        permissions: Iterable[str] = (),
        prefix: str = "key",
    ) -> "tuple[APIKey, str]":
        """A new key's row, and the key itself, which nothing can show again.

        *user*: whom it acts for; `None` for nobody. *expires_at*: `None` for never. *prefix*: with what it begins, for
        people and secret scanners. Raises `ValueError` for a prefix that is not made of 1 to 55 ASCII letters and
        digits, and Django's `ValidationError` for the other values.
        """
        row = self.model(name=name, user=user, expires_at=expires_at)
        row.scopes, row.permissions = _words("scopes", scopes), _words("permissions", permissions)
        # Whether the user is there, the database says.
        row.clean_fields(exclude=["user", "prefix", "digest"])
        return row, row.save_with_new_key(prefix, using=self._db)

    async def acreate_key(self, name: str, **values: Any) -> "tuple[APIKey, str]":
        """As `create_key`."""
        return await sync_to_async(self.create_key)(name, **values)


def _words(what: str, given: Iterable[str]) -> list[str]:
    if isinstance(given, str):
        raise ValueError(f"{what}={given!r} is one text; give a list: [{given!r}]")
    return list(given)


class APIKey(models.Model):
    """An API key: all that is known of it but the key itself."""

    name: "models.CharField[str, str]" = models.CharField(max_length=100, help_text="What the key is for.")
    prefix: "models.CharField[str, str]" = models.CharField(max_length=PREFIX_LENGTH, unique=True, editable=False)
    # SHA-256 in hexadecimal: not every database can index bytes.
    digest: "models.CharField[str, str]" = models.CharField(max_length=64, unique=True, editable=False)
    # A key dies with its user: without one it would go on, as nobody's.
    user: "models.ForeignKey[Any, Any]" = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="bolt_api_keys",
        help_text="Whom the key acts for, as staff or superuser where the user is; empty for nobody.",
    )
    permissions = models.JSONField(default=list, blank=True, validators=[validate_words])
    scopes = models.JSONField(default=list, blank=True, validators=[validate_words])
    created_at: "models.DateTimeField[_DateTime, _DateTime]" = models.DateTimeField(
        "created", default=timezone.now, editable=False
    )
    expires_at: "models.DateTimeField[_Maybe, _Maybe]" = models.DateTimeField(
        "expires", null=True, blank=True, help_text="Empty for never."
    )
    revoked_at: "models.DateTimeField[_Maybe, _Maybe]" = models.DateTimeField(
        "revoked", null=True, blank=True, editable=False
    )
    last_used_at: "models.DateTimeField[_Maybe, _Maybe]" = models.DateTimeField(
        "last used", null=True, blank=True, editable=False
    )

    objects = APIKeyManager()

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def state(self) -> str:
        """`active`, or why it is not: `revoked`, `expired` or `user inactive`."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and moments.seconds(self.expires_at, late=False) <= moments.now():
            return "expired"
        # As Django's ModelBackend has it: who has no such attribute is active.
        if self.user is not None and not getattr(self.user, "is_active", True):
            return "user inactive"
        return "active"

    def revoke(self) -> bool:
        """Refuse the key from now on; whether it was not revoked before."""
        self.revoked_at = self.revoked_at or timezone.now()
        rows = type(self)._base_manager.using(router.db_for_write(type(self), instance=self))
        return rows.filter(pk=self.pk, revoked_at=None).update(revoked_at=self.revoked_at) > 0

    async def arevoke(self) -> bool:
        """As `revoke`."""
        return await sync_to_async(self.revoke)()

    def save_with_new_key(self, prefix: str = "key", *, using: str | None = None) -> str:
        """Insert the row with a key that is made now, and return the key: nothing can show it again.

        Raises `ValueError` for a prefix that is not made of 1 to 55 ASCII letters and digits.
        """
        using = using or router.db_for_write(type(self), instance=self)
        for attempt in range(1, _ATTEMPTS + 1):
            key = generate_api_key(prefix)
            self.prefix, self.digest = public_prefix(key), digest(key).hex()
            if len(self.prefix) > PREFIX_LENGTH:
                raise ValueError(f"prefix={prefix!r} is too long; give {PREFIX_LENGTH - 9} characters at the most")
            try:
                with transaction.atomic(using=using):
                    self.save(force_insert=True, using=using)
            except IntegrityError:
                taken = type(self)._base_manager.using(using).filter(prefix=self.prefix).exists()
                if not taken or attempt == _ATTEMPTS:
                    raise
                continue
            break
        return key
