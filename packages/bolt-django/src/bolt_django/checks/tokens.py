"""What is wrong with the stores of tokens and API keys that routes use."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache

from bolt_django.api_keys import DjangoAPIKeys
from bolt_django.checks.applications import processes
from bolt_django.checks.routes import enclosed_plans
from bolt_django.revocation import CachedRevocation, DjangoCacheRevocation, DjangoORMRevocation
from bolt_django.tokens.apps import APP
from bolt_django.tokens.installed import REMEDY

_FEW = 100_000


def stores() -> Iterator[tuple[str, Any]]:
    """Each store that a route's schemes use, once, and a text that tells which route's."""
    seen: set[int] = set()
    for plan in enclosed_plans():
        for scheme in () if plan.access is None else plan.access.schemes:
            for store in (getattr(scheme, "revocation_store", None), getattr(scheme, "store", None)):
                while isinstance(store, CachedRevocation):
                    store = store.store
                if store is not None and id(store) not in seen:
                    seen.add(id(store))
                    yield f"{plan.method} {plan.path} of {plan.name}() ({plan.origin})", store


def check_tables(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.E060: a store whose tables are those of an application that is not installed."""
    if apps.is_installed(APP):
        return []
    return [
        checks.Error(
            f"{where} uses {type(store).__name__}, whose tables this project does not have",
            hint=REMEDY,
            id="bolt.E060",
        )
        for where, store in stores()
        if isinstance(store, DjangoORMRevocation | DjangoAPIKeys)
    ]


def check_revocation_caches(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.W061, W062 and E063: caches that do not keep, for every process, what is revoked."""
    found: list[checks.CheckMessage] = []
    for where, store in stores():
        if isinstance(store, DjangoCacheRevocation):
            found += _about(where, store.alias)
    return found


def _about(where: str, alias: str) -> Iterator[checks.CheckMessage]:
    if alias not in caches.settings:
        return  # Refused where the store is made.
    cache, name = caches[alias], f"CACHES[{alias!r}]"
    count = processes()
    if isinstance(cache, DummyCache):
        yield checks.Error(
            f"{where} keeps revoked tokens in {name}, the dummy cache, which keeps nothing",
            hint="Use a cache that processes share, such as Redis, or InMemoryRevocation for development.",
            id="bolt.E063",
        )
    if isinstance(cache, LocMemCache) and count > 1:
        yield checks.Warning(
            f"{where} keeps revoked tokens in {name}, which is in memory, and there are {count} processes: what one of "
            "them revokes the others accept",
            hint="Use a cache that processes share, such as Redis, or DjangoORMRevocation.",
            id="bolt.W061",
        )
    if isinstance(cache, LocMemCache | DatabaseCache | FileBasedCache) and cache._max_entries < _FEW:
        yield checks.Warning(
            f"{where} keeps revoked tokens in {name}, which forgets entries at random once it has "
            f"{cache._max_entries}: tokens that are forgotten are accepted again",
            hint=f'Raise OPTIONS["MAX_ENTRIES"] to {_FEW} or more, or use Redis or DjangoORMRevocation.',
            id="bolt.W062",
        )
