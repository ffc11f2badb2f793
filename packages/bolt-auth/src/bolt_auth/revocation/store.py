"""What a store of revoked tokens does. Any object with these methods is one."""

import time
from datetime import timedelta
from typing import Protocol, runtime_checkable

KEEP = timedelta(days=365)
"""How long a revocation is kept whose token does not say when it expires; longer than a token should live."""


@runtime_checkable
class RevocationStore(Protocol):
    """Remembers the tokens that were revoked, each until it would have expired anyway.

    Times are seconds since the epoch. Where the store cannot be reached, methods raise; a scheme then refuses with 503
    unless it is told to allow.
    """

    async def revoke(self, jti: str, *, expires_at: float | None = None) -> bool:
        """Revoke the token of that `jti`. Whether it was good until now: of two at once, one is told so."""
        ...

    async def revoke_all(self, user_id: str, *, expires_at: float | None = None) -> None:
        """Revoke every token of that `sub` issued up to now."""
        ...

    async def is_revoked(self, jti: str | None, *, user_id: str | None = None, issued_at: float | None = None) -> bool:
        """Whether the token with these claims is revoked, by itself or with all of its user's."""
        ...


def until(expires_at: float | None, keep: timedelta, now: float | None = None) -> float:
    """When an entry may be forgotten."""
    if expires_at is not None:
        return float(expires_at)
    return (time.time() if now is None else now) + keep.total_seconds()


def issued_before(issued_at: float | None, moment: float) -> bool:
    """Whether a token was there at *moment*. `iat` is in whole seconds; one without it is older than anything."""
    return issued_at is None or int(issued_at) <= int(moment)
