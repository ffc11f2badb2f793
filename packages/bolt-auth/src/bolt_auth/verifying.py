"""A token's verification, strict where RFC 8725 asks for it. The server's engine does the same in Rust."""

import base64
import binascii
import hmac
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bolt_auth.errors import InvalidToken
from bolt_auth.keys import ALGORITHMS, VerificationKey

MAX_TOKEN_SIZE = 8192
"""Bytes of a token that are looked at; servers limit a whole head to little more."""

_TYPES = ("jwt", "at+jwt")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """What a token's claims must say (RFC 7519 §4.1, RFC 8725 §3)."""

    issuers: tuple[str, ...] = ()
    """One of them must be `iss`; none given: `iss` is not looked at."""
    audiences: tuple[str, ...] = ()
    """One of them must be in `aud`. None given: a token that names an audience is refused, as it is for another."""
    leeway: float = 0.0
    """Seconds by which clocks may differ."""
    token_type: str | None = "access"
    """What the claim `token_type` must say; a token without the claim is an access token. `None`: not looked at."""
    require: tuple[str, ...] = ("exp",)
    """Claims that must be there."""
    max_age: float | None = None
    """Seconds since `iat` after which a token is refused whatever its `exp`."""
    max_size: int = MAX_TOKEN_SIZE
    """Bytes."""


def verify(token: str | bytes, keys: Iterable[VerificationKey], rules: TokenRules, *, now: float) -> dict[str, Any]:
    """The claims of *token*, once its signature and everything in *rules* hold at *now*, in seconds since the epoch.

    Raises `InvalidToken`, which says nothing of the token's own content.
    """
    raw, header = _head(token, rules.max_size)
    signed, _, encoded = raw.rpartition(b".")
    signature = _decoded(encoded)
    algorithm = header["alg"]
    if not any(key.verifies(algorithm, signed, signature) for key in candidates(header, keys)):
        raise InvalidToken("The token's signature is invalid")
    claims = _object(_decoded(signed.partition(b".")[2]), "The token's claims are malformed")
    check_claims(claims, rules, now=now)
    return claims


def unverified_header(token: str | bytes, *, max_size: int = MAX_TOKEN_SIZE) -> dict[str, Any]:
    """The header of a token that may be anything. Raises `InvalidToken` for one that no key could make good."""
    return _head(token, max_size)[1]


def candidates(header: Mapping[str, Any], keys: Iterable[VerificationKey]) -> list[VerificationKey]:
    """The keys that a token with this header can be signed with: those of its `kid`, and those without a name."""
    kid, algorithm = header.get("kid"), header["alg"]
    fitting = [key for key in keys if algorithm in key.algorithms]
    return [key for key in fitting if kid is None or key.kid is None or key.kid == kid]


def check_claims(claims: Mapping[str, Any], rules: TokenRules, *, now: float) -> None:
    """Raise `InvalidToken` unless *claims* hold at *now*."""
    for name in rules.require:
        if claims.get(name) is None:
            raise InvalidToken(f"The token lacks the claim {name}")
    _check_names(claims)
    _check_times(claims, rules, now)
    if rules.issuers and claims.get("iss") not in rules.issuers:
        raise InvalidToken("The token is from another issuer")
    _check_audience(claims.get("aud"), rules.audiences)
    if rules.token_type is not None and claims.get("token_type", "access") != rules.token_type:
        raise InvalidToken("The token is of another type")


def _check_names(claims: Mapping[str, Any]) -> None:
    """RFC 7519 §4.1.2 and §4.1.7: strings. A NUL would end the text where it is looked up."""
    if not isinstance(claims.get("jti", ""), str):
        raise InvalidToken("The token's claim jti is malformed")
    subject, user = claims.get("sub", ""), claims.get("user_id") if "sub" not in claims else None
    whole = isinstance(user, int) and not isinstance(user, bool) and -(2**63) <= user < 2**64
    named = user is None or whole or (isinstance(user, str) and "\0" not in user)
    if not isinstance(subject, str) or "\0" in subject or not named:
        raise InvalidToken("The token's subject is malformed")


def _check_times(claims: Mapping[str, Any], rules: TokenRules, now: float) -> None:
    """RFC 7519 §4.1.4 to §4.1.6; dates may have fractions (§2)."""
    expires, begins, issued = (_date(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is not None and now >= expires + rules.leeway:
        raise InvalidToken("The token has expired")
    if begins is not None and now < begins - rules.leeway:
        raise InvalidToken("The token is not valid yet")
    if issued is not None and now < issued - rules.leeway:
        raise InvalidToken("The token was issued in the future")
    if rules.max_age is not None and (issued is None or now >= issued + rules.max_age + rules.leeway):
        raise InvalidToken("The token is too old")


def _date(claims: Mapping[str, Any], name: str) -> float | None:
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken(f"The token's claim {name} is malformed")
    try:
        date = float(value)
    except OverflowError:
        date = math.inf
    if not math.isfinite(date):
        raise InvalidToken(f"The token's claim {name} is malformed")
    return date


def _check_audience(said: Any, audiences: Sequence[str]) -> None:
    named = [said] if isinstance(said, str) else said
    if named is None and not audiences:
        return
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise InvalidToken("The token is for another audience")
    if not any(_same(one, other) for one in named for other in audiences):
        raise InvalidToken("The token is for another audience")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def _head(token: str | bytes, max_size: int) -> tuple[bytes, dict[str, Any]]:
    if len(token) > max_size:
        raise InvalidToken("The token is too large")
    try:
        raw = token.encode("ascii") if isinstance(token, str) else token
    except UnicodeEncodeError:
        raise InvalidToken("The token is malformed") from None
    segments = raw.split(b".")
    if len(segments) != 3 or not all(segments):
        raise InvalidToken("The token is malformed")
    header = _object(_decoded(segments[0]), "The token's header is malformed")
    _check_header(header)
    return raw, header


def _check_header(header: Mapping[str, Any]) -> None:
    algorithm, kid, kind = header.get("alg"), header.get("kid", ""), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise InvalidToken("The token's algorithm is not allowed")
    # No extension is understood here, so any that is critical is reason to refuse (RFC 7515 §4.1.11, RFC 7797 §3).
    if "crit" in header or header.get("b64", True) is not True:
        raise InvalidToken("The token's header asks for what is not supported")
    if not isinstance(kid, str):
        raise InvalidToken("The token's header is malformed")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in _TYPES:
        raise InvalidToken("The token is of another type")


def _decoded(segment: bytes) -> bytes:
    """Base64url without padding, in its one canonical form (RFC 7515 §2, RFC 4648 §3.5)."""
    try:
        data = base64.b64decode(segment + b"=" * (-len(segment) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidToken("The token is malformed") from None
    if base64.urlsafe_b64encode(data).rstrip(b"=") != segment:
        raise InvalidToken("The token is malformed")
    return data


def _object(data: bytes, detail: str) -> dict[str, Any]:
    """The object in *data*. RFC 7515 §4, RFC 7519 §4: which of two members of one name counts would be a guess."""
    read = _Reader()
    try:
        found = json.loads(data.decode(), object_pairs_hook=read, parse_constant=_no_constant)
        if b"\\u" in data:
            # Half of a surrogate pair is no text.
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise InvalidToken(detail) from None
    if not isinstance(found, dict) or read.repeated:
        raise InvalidToken(detail)
    return found


class _Reader:
    """Makes objects, and knows whether the last one, which is the outermost, had a name twice."""

    repeated = False

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        self.repeated = len(found) != len(pairs)
        return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
