"""Revoked tokens in Django's cache."""

import hashlib
import time
from datetime import timedelta
from typing import Any

from bolt_auth.revocation import Announcing
from bolt_auth.revocation.store import KEEP, issued_before, until
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.exceptions import ImproperlyConfigured


class DjangoCacheRevocation(Announcing):
    """A store in one of `CACHES`, by default `"default"`: shared by all processes that share the cache.

    A cache may forget what it has no room for, and a token is good again then: give it a backend that keeps what it was
    told, such as Redis without eviction, or use `DjangoORMRevocation`. Raises `ImproperlyConfigured` when used with the
    dummy cache, which keeps nothing.
    """

    def __init__(self, alias: str = "default", *, prefix: str = "bolt:revoked:", keep: timedelta = KEEP) -> None:
        super().__init__()
        self.alias = alias
        self.prefix = prefix
        self._keep = keep

    @property
    def cache(self) -> Any:
        """The cache itself."""
        found = caches[self.alias]
        if isinstance(found, DummyCache):
            raise ImproperlyConfigured(
                f"DjangoCacheRevocation: CACHES[{self.alias!r}] is the dummy cache, which keeps nothing, so "
                "that revoked tokens would pass; name another alias, or use DjangoORMRevocation"
            )
        return found

    async def revoke(self, jti: str, *, expires_at: float | None = None) -> bool:
        """Revoke one token; of all processes that do so at once, one is told that it was good."""
        if not isinstance(jti, str) or not jti:
            raise ValueError(
                f"a token is revoked by its jti, a string, not {jti!r}; give tokens one when they are made"
            )
        fresh = await self.cache.aadd(self._key("token", jti), 1, self._seconds(expires_at))
        self.announce("token", jti, 0.0, until(expires_at, self._keep))
        return bool(fresh)

    async def revoke_all(self, user_id: str, *, expires_at: float | None = None) -> None:
        """Revoke all tokens of a user that were issued up to now."""
        now = time.time()
        await self.cache.aset(self._key("user", str(user_id)), now, self._seconds(expires_at))
        self.announce("user", str(user_id), now, until(expires_at, self._keep))

    async def is_revoked(self, jti: str | None, *, user_id: str | None = None, issued_at: float | None = None) -> bool:
        """Whether a token is revoked: one round trip."""
        token, user = self._key("token", jti or ""), self._key("user", user_id or "")
        found = await self.cache.aget_many([token, user])
        if jti is not None and token in found:
            return True
        return user_id is not None and user in found and issued_before(issued_at, float(found[user]))

    def _key(self, kind: str, name: str) -> str:
        # Hashed: memcached takes neither spaces nor more than 250 characters.
        return f"{self.prefix}{kind}:{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"

    def _seconds(self, expires_at: float | None) -> float:
        return max(1.0, until(expires_at, self._keep) - time.time() + 1)
