"""What was asked of a slow store stays good for a stated time, so that a valid token costs no round trip each time."""

import threading
import time
from typing import Any, Literal

from bolt_auth.errors import RevocationUnavailable
from bolt_auth.revocation.announcing import Announcing
from bolt_auth.revocation.store import KEEP, RevocationStore, until

STALENESS = 5.0
"""Seconds for which an answer is good, unless said otherwise."""
CAPACITY = 65_536
"""Answers that are kept."""

type _Claims = tuple[str | None, str | None, float | None]
type Unreachable = Literal["refuse", "allow"]


class CachedRevocation(Announcing):
    """*store*, asked about each token once in *staleness* seconds.

    A token that another process revokes is refused here that much later at the most; what this process revokes through
    this object, or through a store that announces it, is refused at once. *unreachable* says what happens while the
    store cannot be reached: `"refuse"` raises `RevocationUnavailable`, `"allow"` lets the token pass. Raises
    `ValueError` for a negative staleness.
    """

    def __init__(
        self, store: RevocationStore, *, staleness: float = STALENESS, unreachable: Unreachable = "refuse"
    ) -> None:
        super().__init__()
        if staleness < 0:
            raise ValueError(f"staleness={staleness!r}; give a number of seconds, 0 or more")
        if unreachable not in ("refuse", "allow"):
            raise ValueError(f'unreachable={unreachable!r}; give "refuse" or "allow"')
        self.store = store
        self.staleness = float(staleness)
        self.unreachable = unreachable
        self._good: dict[_Claims, float] = {}
        self._revoked: dict[str, float] = {}
        self._changes = 0
        # Stores may announce on any thread, while the event loop's asks.
        self._lock = threading.Lock()
        if isinstance(store, Announcing):
            store.subscribe(self._heard)

    async def revoke(self, jti: str, *, expires_at: float | None = None) -> bool:
        """Revoke one token, here at once."""
        fresh = await self.store.revoke(jti, expires_at=expires_at)
        self._heard("token", jti, 0.0, until(expires_at, KEEP))
        return fresh

    async def revoke_all(self, user_id: str, *, expires_at: float | None = None) -> None:
        """Revoke all tokens of a user, here at once."""
        await self.store.revoke_all(user_id, expires_at=expires_at)
        self._heard("user", str(user_id), time.time(), until(expires_at, KEEP))

    async def is_revoked(self, jti: str | None, *, user_id: str | None = None, issued_at: float | None = None) -> bool:
        """Whether a token is revoked, as far as was known *staleness* seconds ago."""
        if jti is not None and self._revoked.get(jti, 0.0) > time.time():
            return True
        if self.good_for(jti, user_id=user_id, issued_at=issued_at) > 0:
            return False
        asked, changes = time.monotonic(), self._changes
        try:
            revoked = await self.store.is_revoked(jti, user_id=user_id, issued_at=issued_at)
        except Exception as error:
            if self.unreachable == "allow":
                return False
            raise RevocationUnavailable from error
        if revoked:
            return True
        # An answer from before a revocation that was heard of meanwhile says nothing about later.
        with self._lock:
            if changes == self._changes:
                self._room(self._good)
                self._good[jti, user_id, issued_at] = asked + self.staleness
        return False

    def good_for(self, jti: str | None, *, user_id: str | None = None, issued_at: float | None = None) -> float:
        """Seconds for which the last answer about a token still counts; 0 or less where it does not."""
        return self._good.get((jti, user_id, issued_at), 0.0) - time.monotonic()

    def _heard(self, kind: str, name: str, before: float, end: float) -> None:
        with self._lock:
            self._changes += 1
            if kind == "token":
                self._room(self._revoked)
                self._revoked[name] = end
            place = 0 if kind == "token" else 1
            self._good = {key: end for key, end in self._good.items() if kind != "clear" and key[place] != name}
            if kind == "clear":
                self._revoked.clear()
        self.announce(kind, name, before, end)

    @staticmethod
    def _room(kept: dict[Any, float]) -> None:
        """Makes room by forgetting the oldest half: what is forgotten is asked again."""
        if len(kept) >= CAPACITY:
            for key in list(kept)[: CAPACITY // 2]:
                del kept[key]
