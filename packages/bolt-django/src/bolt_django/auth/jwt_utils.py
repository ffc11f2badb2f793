"""Tokens for Django's users."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bolt_auth import Lifetimes, SigningKey, TokenPair, create_token, create_token_pair
from django.conf import settings

from bolt_django import conf
from bolt_django.auth.passwords import password_claim

__all__ = ["claims_of_user", "create_jwt_for_user", "create_token_pair_for_user"]

HOUR = timedelta(hours=1)


def create_jwt_for_user(
    user: Any,
    secret: Any = None,
    expires_delta: timedelta = HOUR,
    algorithm: str = "HS256",
    extra_claims: Mapping[str, Any] | None = None,
) -> str:
    """A signed token for *user*.

    It has `sub` (the primary key as text), `iat`, `exp`, a `jti` of its own, `is_staff` and `is_superuser`;
    *extra_claims* add to them, or replace. *secret* is SECRET_KEY unless given; for an asymmetric *algorithm* it is a
    private key. Raises `ValueError` for a user that is not saved, and for a lifetime that is not positive.
    """
    claims = {**claims_of_user(user), **(extra_claims or {})}
    return create_token(_subject(user), _key(secret, algorithm), expires_delta, claims)


def create_token_pair_for_user(
    user: Any,
    secret: Any = None,
    lifetimes: Lifetimes | None = None,
    algorithm: str = "HS256",
    extra_claims: Mapping[str, Any] | None = None,
) -> TokenPair:
    """An access token as `create_jwt_for_user` makes it, and a refresh token that gets the next pair once."""
    claims = {**claims_of_user(user), **(extra_claims or {})}
    shared = {name: claims[name] for name in ("pwd",) if name in claims}
    return create_token_pair(_subject(user), _key(secret, algorithm), lifetimes or Lifetimes(), claims, shared=shared)


def claims_of_user(user: Any) -> dict[str, Any]:
    """What tokens say of *user*: its flags and, with `BOLT["PASSWORD_ENDS_TOKENS"]`, a trace of its password."""
    claims: dict[str, Any] = {
        "is_staff": bool(getattr(user, "is_staff", False)),
        "is_superuser": bool(getattr(user, "is_superuser", False)),
    }
    if conf.password_ends_tokens():
        claims["pwd"] = password_claim(user)
    return claims


def _subject(user: Any) -> str:
    if user.pk is None:
        raise ValueError(f"{user!r} is not saved, so that no token can name it; save it first")
    return str(user.pk)


def _key(secret: Any, algorithm: str) -> SigningKey:
    return SigningKey(settings.SECRET_KEY if secret is None else secret, algorithm)
