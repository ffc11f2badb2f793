"""Tokens in requests (RFC 6750, RFC 7519)."""

import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypedDict, Unpack

from bolt_auth.errors import InvalidToken
from bolt_auth.jwks import JWKSet
from bolt_auth.keys import VerificationKey, keys_from_jwks
from bolt_auth.mapping import auth_from_claims, user_id_of
from bolt_auth.revocation.cached import STALENESS, CachedRevocation, Unreachable
from bolt_auth.revocation.memory import InMemoryRevocation
from bolt_auth.revocation.store import RevocationStore
from bolt_auth.schemes.base import AuthenticationScheme, Place, check_csrf, presented, quoted
from bolt_auth.verifying import MAX_TOKEN_SIZE, TokenRules, candidates, unverified_header, verify


class JWTOptions(TypedDict, total=False):
    """Keyword options of `JWTAuthentication`."""

    public_key: Any
    """A public key in PEM, or several; see `VerificationKey.from_public_key`."""
    keys: Iterable[VerificationKey]
    """Keys made before."""
    jwks: Mapping[str, Any] | JWKSet
    """A set of keys (RFC 7517), or one that is fetched."""
    jwks_url: str
    """Where the issuer publishes its keys; HTTPS, save on a loopback address."""
    discovery: str
    """The issuer (an HTTPS URL) whose discovery document says where; it is also what `iss` must be."""
    algorithms: Iterable[str]
    """What keys may be used with; by default what each is made for, and HS256 for secrets."""
    issuer: str | Iterable[str] | None
    audience: str | Iterable[str] | None
    leeway: float
    """Seconds by which clocks may differ; 0 by default."""
    require: Iterable[str]
    """Claims that a token must have; `exp` by default."""
    max_age: float | None
    """Seconds since `iat`."""
    token_type: str | None
    """What the claim `token_type` must say; `access` by default, which tokens without the claim are, too."""
    max_token_size: int
    """Bytes; 8,192 by default."""
    header: str | None
    """`Authorization` by default; `None` for no header."""
    scheme: str | None
    """The word before the token there; `Bearer` by default, `None` for the token alone."""
    cookie: str | None
    """A cookie that has the token. Unsafe requests must then send the token's claim `csrf` in *csrf_header*."""
    query: str | None
    """A query parameter that has the token, for clients that can set no header; it ends in logs."""
    csrf_header: str
    """`X-CSRFToken` by default."""
    realm: str | None
    """Named in the challenge (RFC 9110 §11.5)."""
    revocation_store: RevocationStore | None
    staleness: float
    """Seconds for which a store's answer is good; 5 by default. Not for `InMemoryRevocation`, which is asked always."""
    unreachable: Unreachable
    """`refuse` (503, the default) or `allow` while the store cannot be reached."""
    user_loader: Callable[[Any], Any] | None
    """Of frameworks that load users: called with `request.auth`, returns the user, or promises it."""
    verify_user: bool
    """Of frameworks that load users: whether every request does, so that tokens of inactive users are refused."""
    backend: str
    """What `request.auth["backend"]` says; `jwt` by default."""


_IN_ENGINE = ("authenticate", "verify", "check_csrf", "check_revoked")
"""What the engine does by itself of a scheme's methods."""


def has_own_way(scheme: type, base: type) -> bool:
    """Whether *scheme* overrides what the engine would do of *base*: it is then asked, and the engine is not."""
    return any(getattr(scheme, name) is not getattr(base, name) for name in _IN_ENGINE)


class JWTAuthentication(AuthenticationScheme):
    """Signed tokens: `Authorization: Bearer <token>`, or a cookie.

    Keys are *secret* (a text, bytes, or several of them), or one of the options `public_key`, `keys`, `jwks`,
    `jwks_url` and `discovery`. Raises `ValueError` where there is none, and for options that cannot work.
    """

    def __init__(
        self, secret: str | bytes | Sequence[str | bytes] | None = None, **options: Unpack[JWTOptions]
    ) -> None:
        if unknown := sorted(set(options) - set(JWTOptions.__annotations__)):
            raise ValueError(
                f"JWTAuthentication has no option {unknown[0]!r}; it has {', '.join(JWTOptions.__annotations__)}"
            )
        self.backend = options.get("backend", "jwt")
        self.jwk_set = _key_set(options)
        self._keys = _given_keys(secret, options)
        if not self._keys and self.jwk_set is None and not self._has_default_key():
            raise ValueError(
                "JWTAuthentication has no key; give secret=, public_key=, keys=, jwks=, jwks_url= or discovery="
            )
        self.rules = _rules(options)
        self.places = _places(options)
        self.csrf_header = options.get("csrf_header", "X-CSRFToken")
        realm = options.get("realm")
        self.challenge = (options.get("scheme", "Bearer") or "Bearer") + (f" realm={quoted(realm)}" if realm else "")
        self.openapi = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        self.user_loader = options.get("user_loader")
        self.verify_user = options.get("verify_user", False)
        self.revocation_store = options.get("revocation_store")
        self._revocation = _asked(self.revocation_store, options)
        self.is_native = not has_own_way(type(self), JWTAuthentication)
        self.may_be_undecided = self.jwk_set is not None or isinstance(self._revocation, CachedRevocation)
        self._listeners: list[Callable[[], None]] = []

    def _has_default_key(self) -> bool:
        """Whether `keys_now` of a subclass has a key where none was given."""
        return False

    def keys_now(self) -> list[VerificationKey]:
        """The keys as they are known now, without fetching any."""
        return [*self._keys, *(self.jwk_set.known if self.jwk_set is not None else ())]

    def on_keys(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call *listener* whenever `keys_now` has others; returns what ends that."""
        if self.jwk_set is not None:
            return self.jwk_set.on_change(listener)
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def keys_changed(self) -> None:
        """Tell whoever asked with `on_keys`."""
        for listener in list(self._listeners):
            listener()

    async def authenticate(self, request: Any) -> dict[str, Any] | None:
        """What the request's token says, as `request.auth`; `None` without one. Raises `InvalidToken`."""
        found = presented(self.places, request)
        if found is None:
            return None
        place, token = found
        claims = await self.verify(token)
        if place.kind == "cookie":
            checked = self.check_csrf(request, claims)
            if checked is not None:
                await checked
        return auth_from_claims(claims, self.backend)

    def check_csrf(self, request: Any, claims: Mapping[str, Any]) -> Awaitable[None] | None:
        """Raise `CSRFError` unless an unsafe request with a cookie repeats the token's claim `csrf` in its header.

        A subclass's may be `async def`.
        """
        check_csrf(request, self.csrf_header, claims.get("csrf"))
        return None

    async def verify(self, token: str | bytes) -> dict[str, Any]:
        """The claims of a token that is good in every respect, revocation included. Raises `InvalidToken`."""
        keys = self.keys_now()
        if self.jwk_set is not None:
            header = unverified_header(token, max_size=self.rules.max_size)
            keys = [*self._keys, *await self.jwk_set.keys()]
            if not candidates(header, keys):
                keys = [*self._keys, *await self.jwk_set.keys(lacking=True)]
        claims = verify(token, keys, self.rules, now=time.time())
        await self.check_revoked(claims)
        return claims

    async def check_revoked(self, claims: Mapping[str, Any]) -> None:
        """Raise `InvalidToken` where the store says so, `RevocationUnavailable` where it cannot be asked."""
        store = self._revocation
        if store is None:
            return
        user, issued = user_id_of(claims), claims.get("iat")
        revoked = await store.is_revoked(claims.get("jti"), user_id=user, issued_at=issued)
        family = claims.get("family")
        if not revoked and isinstance(family, str):
            revoked = await store.is_revoked(f"family:{family}")
        if revoked:
            raise InvalidToken("The token has been revoked")

    def good_for(self, auth: Mapping[str, Any]) -> float:
        """Seconds for which the engine may let the token of *auth*, as `authenticate` returned it, pass unasked."""
        if not isinstance(self._revocation, CachedRevocation):
            return 0.0
        claims = auth["claims"]
        family = claims.get("family")
        left = self._revocation.good_for(auth["jti"], user_id=auth["user_id"], issued_at=claims.get("iat"))
        if isinstance(family, str):
            left = min(left, self._revocation.good_for(f"family:{family}"))
        return left

    def identity(self, claims: bytes) -> dict[str, Any]:
        """`request.auth` for claims, in JSON, that the engine has verified."""
        return auth_from_claims(json.loads(claims), self.backend)

    def to_wire(self) -> dict[str, Any]:
        """The scheme as plain data, and as functions that tell of changes."""
        rules = self.rules
        return {
            "kind": "jwt",
            "backend": self.backend,
            "challenge": self.challenge,
            "places": [place.to_wire() for place in self.places],
            "keys": [key.to_wire() for key in self.keys_now()],
            "on_keys": self.on_keys,
            "undecided_keys": self.jwk_set is not None,
            "issuers": list(rules.issuers),
            "audiences": list(rules.audiences),
            "leeway": float(rules.leeway),
            "token_type": rules.token_type,
            "require": list(rules.require),
            "max_size": rules.max_size,
            "max_age": rules.max_age,
            "csrf_header": self.csrf_header,
            "revocation": self._revocation_wire(),
        }

    def _revocation_wire(self) -> dict[str, Any] | None:
        if self._revocation is None:
            return None
        if isinstance(self._revocation, CachedRevocation):
            return {"kind": "external", "subscribe": self._revocation.subscribe}
        return {"kind": "memory", "subscribe": self._revocation.subscribe}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.challenge}>"


def _asked(store: RevocationStore | None, options: JWTOptions) -> InMemoryRevocation | CachedRevocation | None:
    if store is None or isinstance(store, CachedRevocation):
        return store
    if type(store) is InMemoryRevocation:
        return store
    if not isinstance(store, RevocationStore):
        raise ValueError(
            f"revocation_store={store!r} lacks revoke(), revoke_all() or is_revoked(); see RevocationStore"
        )
    return CachedRevocation(
        store, staleness=options.get("staleness", STALENESS), unreachable=options.get("unreachable", "refuse")
    )


def _key_set(options: JWTOptions) -> JWKSet | None:
    jwks, url, issuer = options.get("jwks"), options.get("jwks_url"), options.get("discovery")
    if sum(isinstance(one, JWKSet | str) for one in (jwks, url, issuer)) > 1:
        raise ValueError("give one of jwks=, jwks_url= and discovery=; several issuers are several schemes")
    if isinstance(jwks, JWKSet):
        return jwks
    if url is not None:
        return JWKSet(url, algorithms=options.get("algorithms"))
    return None if issuer is None else JWKSet(issuer=issuer, algorithms=options.get("algorithms"))


def _given_keys(secret: Any, options: JWTOptions) -> list[VerificationKey]:
    algorithms = options.get("algorithms")
    wanted = None if algorithms is None else tuple([algorithms] if isinstance(algorithms, str) else algorithms)
    keys = list(options.get("keys", ()))
    hashes = ("HS256",) if wanted is None else wanted
    keys += [VerificationKey.from_secret(one, hashes) for one in _several(secret)]
    keys += [VerificationKey.from_public_key(one, wanted) for one in _several(options.get("public_key"))]
    jwks = options.get("jwks")
    if jwks is not None and not isinstance(jwks, JWKSet):
        keys += keys_from_jwks(jwks, wanted, symmetric=True)
    return keys


def _several(given: Any) -> list[Any]:
    if given is None:
        return []
    return list(given) if isinstance(given, list | tuple) else [given]


def _rules(options: JWTOptions) -> TokenRules:
    issuer = options.get("issuer")
    leeway = options.get("leeway", 0.0)
    if isinstance(leeway, bool) or not isinstance(leeway, int | float) or not 0 <= leeway <= 3600:
        raise ValueError(f"leeway={leeway!r}; give seconds, an hour at the most")
    return TokenRules(
        issuers=_texts(options.get("discovery") if issuer is None else issuer),
        audiences=_texts(options.get("audience")),
        leeway=float(leeway),
        token_type=options.get("token_type", "access"),
        require=_texts(options.get("require", ("exp",))),
        max_age=options.get("max_age"),
        max_size=options.get("max_token_size", MAX_TOKEN_SIZE),
    )


def _texts(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)


def _places(options: JWTOptions) -> tuple[Place, ...]:
    header, cookie, query = options.get("header", "Authorization"), options.get("cookie"), options.get("query")
    found = [Place("header", header, options.get("scheme", "Bearer"))] if header else []
    found += [Place("cookie", cookie)] if cookie else []
    found += [Place("query", query)] if query else []
    if not found:
        raise ValueError("JWTAuthentication looks nowhere; give header=, cookie= or query=")
    return tuple(found)
