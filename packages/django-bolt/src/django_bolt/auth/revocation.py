"""Stores of revoked tokens."""

from bolt_auth.revocation import CachedRevocation, InMemoryRevocation, RedisRevocation, RevocationStore

__all__ = ["CachedRevocation", "InMemoryRevocation", "RedisRevocation", "RevocationStore"]
