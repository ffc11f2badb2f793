"""A store in this process's memory: for one process, and for tests."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from bolt_auth.revocation.announcing import Announcing, Listener
from bolt_auth.revocation.store import KEEP, issued_before, until

SWEEP = 1024
"""Entries after which expired ones are looked for; then again at twice what is left."""


class InMemoryRevocation(Announcing):
    """Revoked tokens of this process, forgotten when it ends.

    The server checks these in Rust. With more than one process, a token that one revokes is good in the others: use a
    shared store there. Methods ending in `_sync` are the same for `def` handlers. Safe to use from any thread.
    """

    def __init__(self, *, keep: timedelta = KEEP) -> None:
        super().__init__()
        self._keep = keep
        self._lock = threading.Lock()
        self._tokens: dict[str, float] = {}
        self._users: dict[str, tuple[float, float]] = {}
        self._sweep_at = SWEEP

    async def revoke(self, jti: str, *, expires_at: float | None = None) -> bool:
        """Revoke one token; whether it was good until now."""
        return self.revoke_sync(jti, expires_at=expires_at)

    async def revoke_all(self, user_id: str, *, expires_at: float | None = None) -> None:
        """Revoke all tokens of a user that were issued up to now."""
        self.revoke_all_sync(user_id, expires_at=expires_at)

    async def is_revoked(self, jti: str | None, *, user_id: str | None = None, issued_at: float | None = None) -> bool:
        """Whether a token is revoked."""
        return self.is_revoked_sync(jti, user_id=user_id, issued_at=issued_at)

    def revoke_sync(self, jti: str, *, expires_at: float | None = None) -> bool:
        """As `revoke`. Raises `ValueError` for what is no `jti`."""
        if not isinstance(jti, str) or not jti:
            raise ValueError(
                f"a token is revoked by its jti, a string, not {jti!r}; give tokens one when they are made"
            )
        now = time.time()
        with self._lock:
            end = until(expires_at, self._keep, now)
            fresh = self._tokens.get(jti, 0.0) <= now
            self._tokens[jti] = max(end, self._tokens.get(jti, 0.0))
            self.announce("token", jti, 0.0, self._tokens[jti])
            self._sweep(now)
        return fresh

    def revoke_all_sync(self, user_id: str, *, expires_at: float | None = None) -> None:
        """As `revoke_all`."""
        now = time.time()
        with self._lock:
            end = until(expires_at, self._keep, now)
            self._users[str(user_id)] = (now, end)
            self._sweep(now)
            self.announce("user", str(user_id), now, end)

    def is_revoked_sync(self, jti: str | None, *, user_id: str | None = None, issued_at: float | None = None) -> bool:
        """As `is_revoked`."""
        now = time.time()
        if jti is not None and self._tokens.get(jti, 0.0) > now:
            return True
        found = None if user_id is None else self._users.get(user_id)
        return found is not None and found[1] > now and issued_before(issued_at, found[0])

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._tokens.clear()
            self._users.clear()
            self.announce("clear")

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell *listener* what is revoked, and from now on what will be; returns what ends that."""
        with self._lock:
            for jti, end in self._tokens.items():
                listener("token", jti, 0.0, end)
            for user, (before, end) in self._users.items():
                listener("user", user, before, end)
            return super().subscribe(listener)

    def __len__(self) -> int:
        return len(self._tokens) + len(self._users)

    def _sweep(self, now: float) -> None:
        if len(self) < self._sweep_at:
            return
        self._tokens = {jti: end for jti, end in self._tokens.items() if end > now}
        self._users = {user: entry for user, entry in self._users.items() if entry[1] > now}
        self._sweep_at = max(SWEEP, 2 * len(self))
