"""Revoked tokens in Redis, shared by every process and machine."""

import math
import time
from datetime import timedelta
from typing import Any

from bolt_auth.revocation.announcing import Announcing
from bolt_auth.revocation.store import KEEP, issued_before, until


class RedisRevocation(Announcing):
    """A store in Redis: one key for each revoked token, one for each user whose tokens all are, expiring by themselves.

    *client* is a `redis.asyncio.Redis` (or one of valkey), or the URL of a server (which needs the package's extra
    `redis`). *prefix* stands before every key. Raises the client's exceptions where the server cannot be reached.
    """

    def __init__(self, client: Any, *, prefix: str = "bolt:revoked:", keep: timedelta = KEEP) -> None:
        super().__init__()
        if isinstance(client, str):
            from redis.asyncio import Redis

            client = Redis.from_url(client)
        self.client = client
        self.prefix = prefix
        self._keep = keep

    async def revoke(self, jti: str, *, expires_at: float | None = None) -> bool:
        """Revoke one token; of all processes that do so at once, one is told that it was good."""
        if not isinstance(jti, str) or not jti:
            raise ValueError(
                f"a token is revoked by its jti, a string, not {jti!r}; give tokens one when they are made"
            )
        fresh = await self.client.set(self._key("token", jti), b"1", nx=True, ex=self._seconds(expires_at))
        self.announce("token", jti, 0.0, until(expires_at, self._keep))
        return bool(fresh)

    async def revoke_all(self, user_id: str, *, expires_at: float | None = None) -> None:
        """Revoke all tokens of a user that were issued up to now."""
        now = time.time()
        await self.client.set(self._key("user", str(user_id)), repr(now), ex=self._seconds(expires_at))
        self.announce("user", str(user_id), now, until(expires_at, self._keep))

    async def is_revoked(self, jti: str | None, *, user_id: str | None = None, issued_at: float | None = None) -> bool:
        """Whether a token is revoked: one round trip."""
        keys = [self._key("token", jti or ""), self._key("user", user_id or "")]
        token, before = await self.client.mget(keys)
        if jti is not None and token is not None:
            return True
        return user_id is not None and before is not None and issued_before(issued_at, float(before))

    async def aclose(self) -> None:
        """Close the client's connections."""
        await self.client.aclose()

    def _key(self, kind: str, name: str) -> str:
        return f"{self.prefix}{kind}:{name}"

    def _seconds(self, expires_at: float | None) -> int:
        # One second more than needed, and never 0, which Redis refuses.
        return max(1, math.ceil(until(expires_at, self._keep) - time.time()) + 1)
