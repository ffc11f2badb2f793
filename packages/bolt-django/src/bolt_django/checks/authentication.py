"""What is wrong with who may call: weak secrets, and revocations that other processes do not hear of."""

from collections.abc import Iterator, Sequence
from typing import Any

from bolt_auth import InMemoryRevocation
from bolt_auth import JWTAuthentication as PlainJWTAuthentication
from django.apps import AppConfig
from django.core import checks

from bolt_django.checks.applications import processes
from bolt_django.checks.routes import enclosed_plans


def _schemes() -> Iterator[tuple[PlainJWTAuthentication, str]]:
    """Each scheme of tokens, once, and a text that tells which route has it."""
    seen: set[int] = set()
    for plan in enclosed_plans():
        for scheme in () if plan.access is None else plan.access.schemes:
            if isinstance(scheme, PlainJWTAuthentication) and id(scheme) not in seen:
                seen.add(id(scheme))
                yield scheme, f"{plan.method} {plan.path} of {plan.name}() ({plan.origin})"


def check_secrets(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.W060: a secret that is shorter than its hash (RFC 7518 §3.2)."""
    found: list[checks.CheckMessage] = []
    for scheme, where in _schemes():
        weak = next((said for key in scheme.keys_now() if (said := key.weak)), None)
        if weak is not None:
            hint = "Who has one token can guess a short secret; `secrets.token_urlsafe(48)` makes a good one."
            text = f"{where} takes tokens whose key is weak: {weak}"
            found.append(checks.Warning(text, hint=hint, id="bolt.W060"))
    return found


def check_memory(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.W064: what one of several processes revokes is remembered in its own memory alone."""
    count = processes()
    if count < 2:
        return []
    return [
        checks.Warning(
            f"{where} keeps revoked tokens in memory, and there are {count} processes: what one of them revokes the "
            "others accept",
            hint="Use DjangoORMRevocation, RedisRevocation, or DjangoCacheRevocation with a cache that they share.",
            id="bolt.W064",
        )
        for scheme, where in _schemes()
        if isinstance(scheme.revocation_store, InMemoryRevocation)
    ]
