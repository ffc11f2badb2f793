"""Stores of revoked tokens."""

from bolt_django.revocation import (
    CachedRevocation,
    DjangoCacheRevocation,
    DjangoORMRevocation,
    InMemoryRevocation,
    RedisRevocation,
    RevocationStore,
)

__all__ = [
    "CachedRevocation",
    "DjangoCacheRevocation",
    "DjangoORMRevocation",
    "InMemoryRevocation",
    "RedisRevocation",
    "RevocationStore",
]
