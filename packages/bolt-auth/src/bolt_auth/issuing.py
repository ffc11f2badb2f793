"""Tokens are made here: single ones, and pairs whose refresh token can be used once."""

import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import jwt

from bolt_auth.errors import InvalidToken
from bolt_auth.keys import ALGORITHMS, VerificationKey
from bolt_auth.revocation.store import RevocationStore
from bolt_auth.verifying import TokenRules, verify

FAMILY = "family"
"""The claim that all refresh tokens of one login share."""

REFRESH_RULES = TokenRules(token_type="refresh")
"""What a refresh token must be."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What tokens are signed with: a secret for HS*, else a private key in PEM or an object of `cryptography`."""

    key: Any = field(repr=False)
    algorithm: str = "HS256"
    kid: str | None = None
    """Put into the header, so that verifiers with several keys find the right one."""

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise ValueError(f"unknown algorithm {self.algorithm!r}; there are {', '.join(ALGORITHMS)}")
        if not self.key:
            raise ValueError("the signing key is empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long tokens are good for."""

    access: timedelta = timedelta(minutes=15)
    refresh: timedelta = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token, and the refresh token that gets the next pair."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    """Seconds for which the access token is good."""
    refresh_expires_in: int
    """Seconds for which the refresh token is good."""
    csrf: str | None = field(default=None, repr=False)
    """The claim `csrf`, which scripts of a site repeat in a header where the tokens are in cookies."""

    def as_dict(self) -> dict[str, Any]:
        """The reply of a token endpoint (RFC 6749 §5.1)."""
        return {
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "token_type": "bearer",
            "expires_in": self.expires_in,
        }


def create_token(
    subject: str,
    key: SigningKey,
    lifetime: timedelta = timedelta(hours=1),
    claims: Mapping[str, Any] | None = None,
    *,
    now: float | None = None,
) -> str:
    """A signed token for *subject*, with `sub`, `iat`, `exp` and a `jti` of its own; *claims* add to them, or replace.

    Raises `ValueError` for a lifetime that is not positive, and for a subject that is no string.
    """
    if not isinstance(subject, str) or not subject:
        raise ValueError(f"sub is a string (RFC 7519 §4.1.2), not {subject!r}; write str(user.pk)")
    if lifetime <= timedelta(0):
        raise ValueError(f"the lifetime is {lifetime}; a token must live for some time")
    moment = time.time() if now is None else now
    payload = {
        "sub": subject,
        "iat": int(moment),
        "exp": int(moment + lifetime.total_seconds()),
        "jti": uuid.uuid4().hex,
        **(claims or {}),
    }
    headers = {"kid": key.kid} if key.kid else None
    return jwt.encode(payload, key.key, algorithm=key.algorithm, headers=headers)


def create_token_pair(
    subject: str,
    key: SigningKey,
    lifetimes: Lifetimes = Lifetimes(),
    claims: Mapping[str, Any] | None = None,
    *,
    shared: Mapping[str, Any] | None = None,
    family: str | None = None,
) -> TokenPair:
    """An access and a refresh token for *subject*; *claims* go into the access token.

    The refresh token says `token_type: refresh`, so it opens no route. *shared* claims go into both. *family*: of the
    pair that this one follows.
    """
    line = family or uuid.uuid4().hex
    access = {**(shared or {}), **(claims or {}), "token_type": "access", FAMILY: line}
    return TokenPair(
        create_token(subject, key, lifetimes.access, access),
        create_token(subject, key, lifetimes.refresh, {**(shared or {}), "token_type": "refresh", FAMILY: line}),
        int(lifetimes.access.total_seconds()),
        int(lifetimes.refresh.total_seconds()),
        access.get("csrf"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """All that exchanging a refresh token takes."""

    signing_key: SigningKey
    keys: Iterable[VerificationKey]
    """What verifies refresh tokens."""
    store: RevocationStore
    """Knows the refresh tokens that were used; shared by all processes."""
    rules: TokenRules = REFRESH_RULES
    lifetimes: Lifetimes = Lifetimes()


def refresh_claims(token: str, rotation: Rotation) -> dict[str, Any]:
    """The claims of a refresh token, verified but not yet spent. Raises `InvalidToken`."""
    claims = verify(token, rotation.keys, rotation.rules, now=time.time())
    missing = [name for name in ("sub", "jti", "exp", FAMILY) if not isinstance(claims.get(name), str | int | float)]
    if missing:
        raise InvalidToken(f"The token lacks the claim {missing[0]}")
    return claims


async def spend(claims: Mapping[str, Any], store: RevocationStore, *, keep: timedelta) -> None:
    """Use up the refresh token with *claims*, once.

    Used again it was stolen, or its thief used it first: then its whole family is revoked, the access tokens among them
    (RFC 9700 §4.14.2), for *keep*. Raises `InvalidToken`.
    """
    family, jti = family_key(claims[FAMILY]), claims["jti"]
    if await store.is_revoked(family, user_id=claims["sub"], issued_at=claims.get("iat")):
        raise InvalidToken("The token has been revoked")
    if not await store.revoke(jti, expires_at=float(claims["exp"])):
        await store.revoke(family, expires_at=time.time() + keep.total_seconds())
        raise InvalidToken("The token has been used before")


def family_key(family: str) -> str:
    """Under which a family of tokens stands in a store, beside the tokens' own names."""
    return f"{FAMILY}:{family}"


async def rotate_refresh_token(token: str, rotation: Rotation, claims: Mapping[str, Any] | None = None) -> TokenPair:
    """The next pair for *token*, which is used up by that; *claims* go into the new access token.

    A token that was used before revokes its family. Raises `InvalidToken`; `RevocationUnavailable` where the store
    cannot be reached.
    """
    old = refresh_claims(token, rotation)
    await spend(old, rotation.store, keep=rotation.lifetimes.refresh)
    return create_token_pair(old["sub"], rotation.signing_key, rotation.lifetimes, claims, family=old[FAMILY])
