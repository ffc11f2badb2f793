"""Revoked tokens in one of the project's caches."""

import hashlib
import math
from datetime import timedelta
from typing import Any

from bolt_auth.revocation.announcing import Announcing
from bolt_auth.revocation.store import KEEP, issued_before, until
from django.conf import settings
from django.core.cache import InvalidCacheBackendError, caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.exceptions import ImproperlyConfigured

from bolt_django.revocation.orm import checked_jti
from bolt_django.tokens import moments

PREFIX = "bolt:revoked:"
LONGEST = timedelta(days=3650)
"""How long an entry is kept at the most, whatever the token says: servers refuse timeouts out of their range."""


class DjangoCacheRevocation(Announcing):
    """A store in the cache *alias* of CACHES; *prefix* stands before every key.

    It has to be one that all processes share and that forgets nothing before its time: Redis without an eviction
    policy, or Memcached with memory enough. *keep*: how long a revocation lasts of a token that does not say when it
    expires; a year by default. Methods ending in `_sync` are the same for `def` handlers. Raises `ImproperlyConfigured`
    for an alias that CACHES lacks and for the dummy cache; methods raise what the cache raises.
    """

    def __init__(self, alias: str = "default", *, prefix: str = PREFIX, keep: timedelta = KEEP) -> None:
        super().__init__()
        self.alias = alias
        self.prefix = prefix
        self._keep = keep
        if settings.configured:  # Not while settings are being read, which may name stores; it is said with first use.
            self._cache()

    async def revoke(self, jti: str, *, expires_at: float | None = None) -> bool:
        """Revoke one token, until *expires_at*, in seconds since the epoch; whether it was good until now.

        Of many that do so at once, one is told so. Raises `ValueError` for what is no `jti`.
        """
        checked_jti(jti)
        cache, key, end = self._cache(), self._key("token", jti), until(expires_at, self._keep)
        fresh = await cache.aadd(key, end, timeout=_seconds(end))
        if not fresh and (await cache.aget(key, 0.0)) < end:
            await cache.aset(key, end, timeout=_seconds(end))
        self.announce("token", jti, 0.0, end)
        return bool(fresh)

    def revoke_sync(self, jti: str, *, expires_at: float | None = None) -> bool:
        """As `revoke`."""
        checked_jti(jti)
        cache, key, end = self._cache(), self._key("token", jti), until(expires_at, self._keep)
        fresh = cache.add(key, end, timeout=_seconds(end))
        if not fresh and cache.get(key, 0.0) < end:
            cache.set(key, end, timeout=_seconds(end))
        self.announce("token", jti, 0.0, end)
        return bool(fresh)

    async def revoke_all(self, user_id: str, *, expires_at: float | None = None) -> None:
        """Revoke all tokens of a user, named as in `sub`, that were issued up to now.

        That is remembered until *expires_at*, in seconds since the epoch.
        """
        cache, key = self._cache(), self._key("user", str(user_id))
        entry = _later(await cache.aget(key), moments.now(), until(expires_at, self._keep))
        await cache.aset(key, entry, timeout=_seconds(entry[1]))
        self.announce("user", str(user_id), *entry)

    def revoke_all_sync(self, user_id: str, *, expires_at: float | None = None) -> None:
        """As `revoke_all`."""
        cache, key = self._cache(), self._key("user", str(user_id))
        entry = _later(cache.get(key), moments.now(), until(expires_at, self._keep))
        cache.set(key, entry, timeout=_seconds(entry[1]))
        self.announce("user", str(user_id), *entry)

    async def is_revoked(self, jti: str | None, *, user_id: str | None = None, issued_at: float | None = None) -> bool:
        """Whether the token with these claims is revoked, by itself or with all of its user's."""
        keys = self._keys(jti, user_id)
        return _judge(keys, await self._cache().aget_many(keys.values()), issued_at)

    def is_revoked_sync(self, jti: str | None, *, user_id: str | None = None, issued_at: float | None = None) -> bool:
        """As `is_revoked`."""
        keys = self._keys(jti, user_id)
        return _judge(keys, self._cache().get_many(keys.values()), issued_at)

    def _cache(self) -> BaseCache:
        try:
            cache = caches[self.alias]
        except InvalidCacheBackendError as error:
            raise ImproperlyConfigured(
                f"DjangoCacheRevocation({self.alias!r}): {error}; name one of CACHES, or add it there"
            ) from error
        if isinstance(cache, DummyCache):
            raise ImproperlyConfigured(
                f"DjangoCacheRevocation({self.alias!r}): CACHES[{self.alias!r}] is the dummy cache, which keeps "
                "nothing, so that revoked tokens would be accepted; name a cache that processes share, such as Redis, "
                "or use InMemoryRevocation for development"
            )
        found: BaseCache = cache
        return found

    def _keys(self, jti: Any, user_id: str | None) -> dict[str, str]:
        # Claims are whatever the issuer wrote; what is no text was never revoked.
        keys = {"token": self._key("token", jti)} if isinstance(jti, str) else {}
        return keys if user_id is None else keys | {"user": self._key("user", str(user_id))}

    def _key(self, kind: str, name: str) -> str:
        # A digest: caches differ in what and how much a key may hold.
        return f"{self.prefix}{kind}:{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.alias}>"


def _seconds(end: float) -> int:
    """A timeout: one second more than needed, and never 0, which stores nothing."""
    left = end - moments.now()
    # True of NaN, too.
    if not left < LONGEST.total_seconds():
        return int(LONGEST.total_seconds())
    return max(1, math.ceil(left) + 1)


def _later(known: Any, before: float, end: float) -> tuple[float, float]:
    # Clocks differ, and of two calls the later may keep shorter: nothing that is revoked becomes good by that.
    return (max(before, known[0]), max(end, known[1])) if known else (before, end)


def _judge(keys: dict[str, str], found: dict[str, Any], issued_at: float | None) -> bool:
    if (key := keys.get("token")) is not None and found.get(key) is not None:
        return True
    entry = found.get(keys.get("user", ""))
    return entry is not None and issued_before(issued_at, entry[0])
