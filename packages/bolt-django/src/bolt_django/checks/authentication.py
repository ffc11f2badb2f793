"""What is wrong with who may call: weak secrets, stores without tables, stores that other processes cannot see."""

from collections.abc import Iterator, Sequence
from typing import Any

from bolt_auth import APIKeyAuthentication, CachedRevocation, InMemoryRevocation
from bolt_auth import JWTAuthentication as PlainJWTAuthentication
from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks

from bolt_django import conf
from bolt_django.auth.api_keys import DjangoAPIKeys
from bolt_django.auth.revocation import DjangoCacheRevocation, DjangoORMRevocation
from bolt_django.auth.revocation.orm import APP
from bolt_django.checks.routes import plans

_LOCAL_CACHES = ("django.core.cache.backends.locmem.LocMemCache", "django.core.cache.backends.dummy.DummyCache")


def _schemes() -> Iterator[tuple[Any, str]]:
    """Each scheme of the project's routes, with a route that has it."""
    seen: dict[int, tuple[Any, str]] = {}
    for plan in plans():
        for scheme in plan.own_access.schemes or ():
            seen.setdefault(id(scheme), (scheme, f"{plan.method} {plan.path}"))
        for scheme in plan.access.schemes if plan.access else ():
            seen.setdefault(id(scheme), (scheme, f"{plan.method} {plan.path}"))
    yield from seen.values()


def _store_of(scheme: Any) -> Any:
    store = getattr(scheme, "revocation_store", None)
    return store.store if isinstance(store, CachedRevocation) else store


def check_secrets(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.W060: a secret that is shorter than its hash (RFC 7518 §3.2)."""
    found: list[checks.CheckMessage] = []
    for scheme, route in _schemes():
        if not isinstance(scheme, PlainJWTAuthentication):
            continue
        weak = next((said for key in scheme.keys_now() if (said := key.weak)), None)
        if weak is not None:
            hint = "Anybody who has one token can guess a short secret; `secrets.token_urlsafe(48)` makes a good one."
            found.append(checks.Warning(f"{route}: the key of its tokens is weak: {weak}", hint=hint, id="bolt.W060"))
    return found


def check_stores(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.E060: a store without its tables; bolt.W061: one that other processes cannot see."""
    found: list[checks.CheckMessage] = []
    processes = conf.bolt_settings().get("PROCESSES", 1)
    for scheme, route in _schemes():
        store = _store_of(scheme)
        keys = scheme.store if isinstance(scheme, APIKeyAuthentication) else None
        needs = next((one for one in (store, keys) if isinstance(one, DjangoORMRevocation | DjangoAPIKeys)), None)
        if needs is not None and not apps.is_installed(APP):
            text = f"{route}: {type(needs).__name__} needs the tables of {APP!r}"
            found.append(checks.Error(text, hint="Add it to INSTALLED_APPS and migrate.", id="bolt.E060"))
        if isinstance(processes, int) and processes > 1 and _is_local(store):
            text = f"{route}: a token that one of the {processes} processes revokes is good in the others"
            hint = "Use DjangoORMRevocation, RedisRevocation, or DjangoCacheRevocation with a cache that they share."
            found.append(checks.Warning(text, hint=hint, id="bolt.W061"))
    return found


def _is_local(store: Any) -> bool:
    if isinstance(store, DjangoCacheRevocation):
        return settings.CACHES.get(store.alias, {}).get("BACKEND") in _LOCAL_CACHES
    return isinstance(store, InMemoryRevocation)
