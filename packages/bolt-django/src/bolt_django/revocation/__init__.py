"""Stores of revoked tokens: in the project's database, in its cache, and those of `bolt_auth`."""

from bolt_auth.revocation import CachedRevocation, InMemoryRevocation, RedisRevocation, RevocationStore

from bolt_django.revocation.cache import DjangoCacheRevocation
from bolt_django.revocation.orm import DjangoORMRevocation

__all__ = [
    "CachedRevocation",
    "DjangoCacheRevocation",
    "DjangoORMRevocation",
    "InMemoryRevocation",
    "RedisRevocation",
    "RevocationStore",
]
