"""Tokens that are no longer good: stores, and what stands between them and every request."""

from bolt_auth.revocation.announcing import Announcing
from bolt_auth.revocation.cached import CachedRevocation
from bolt_auth.revocation.memory import InMemoryRevocation
from bolt_auth.revocation.redis import RedisRevocation
from bolt_auth.revocation.store import RevocationStore

__all__ = ["Announcing", "CachedRevocation", "InMemoryRevocation", "RedisRevocation", "RevocationStore"]
