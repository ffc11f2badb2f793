"""Stores of revoked tokens: in Django's cache, in the database, and those that need no Django."""

from bolt_auth.revocation import CachedRevocation, InMemoryRevocation, RedisRevocation, RevocationStore

from bolt_django.auth.revocation.cache import DjangoCacheRevocation
from bolt_django.auth.revocation.orm import DjangoORMRevocation

__all__ = [
    "CachedRevocation",
    "DjangoCacheRevocation",
    "DjangoORMRevocation",
    "InMemoryRevocation",
    "RedisRevocation",
    "RevocationStore",
]
