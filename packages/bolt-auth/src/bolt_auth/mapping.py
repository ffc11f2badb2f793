"""From verified claims to what handlers read as `request.auth`."""

from collections.abc import Mapping
from typing import Any


def auth_from_claims(claims: Mapping[str, Any], backend: str = "jwt") -> dict[str, Any]:
    """What `request.auth` is.

    `user_id`, `is_staff`, `is_superuser`, `permissions`, `scopes`, `jti`, `claims` and `backend`.
    `user_id` is a string (the claim `sub`, else `user_id`) or `None`. Flags are true only where the claim is literally
    `true`. Scopes are read of `scope` (RFC 8693 §4.2, separated by spaces), `scp` or `scopes`.
    """
    return {
        "user_id": user_id_of(claims),
        "is_staff": claims.get("is_staff") is True,
        "is_superuser": claims.get("is_superuser") is True,
        "permissions": _texts(claims.get("permissions")),
        "scopes": scopes_of(claims),
        "jti": claims.get("jti"),
        "claims": dict(claims),
        "backend": backend,
    }


def user_id_of(claims: Mapping[str, Any]) -> str | None:
    """The user that the claims are about."""
    for name in ("sub", "user_id"):
        value = claims.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return None


def scopes_of(claims: Mapping[str, Any]) -> list[str]:
    """The scopes that the claims grant."""
    for name in ("scope", "scp", "scopes"):
        value = claims.get(name)
        if isinstance(value, str):
            return value.split()
        if isinstance(value, list):
            return _texts(value)
    return []


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []
