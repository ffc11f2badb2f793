"""Login, refresh and logout, ready to include."""

import functools
import inspect
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from asgiref.sync import iscoroutinefunction
from bolt_auth import (
    AuthenticationError,
    InvalidToken,
    IsAuthenticated,
    Lifetimes,
    RevocationStore,
    Rotation,
    SigningKey,
    TokenPair,
    create_token_pair,
)
from bolt_auth.issuing import FAMILY, REFRESH_RULES, family_key, refresh_claims, spend
from bolt_auth.schemes.base import check_csrf
from bolt_core import JSON, Router
from bolt_core.exceptions import Unauthorized
from bolt_core.middleware import Middleware
from bolt_core.reading import off_loop
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import ValidationError
from django.db import connections, transaction

from bolt_django import conf
from bolt_django.auth.backends import user_with_password
from bolt_django.auth.cookies import CookieJWT, TokenCookies, delete_jwt_cookies, set_jwt_cookies
from bolt_django.auth.jwt import JWTAuthentication
from bolt_django.auth.jwt_utils import claims_of_user
from bolt_django.auth.passwords import password_matches
from bolt_django.request import as_django

_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
"""RFC 6749 §5.1: what has tokens in it is kept by nobody on the way."""


class _NoStore(Middleware):
    """Around refusals, too: they tell of logins as well."""

    async def __call__(self, request: Any) -> Any:
        response = await self.get_response(request)
        for name, value in _NO_STORE.items():
            response.headers[name] = value
        return response


_INVALID = "Invalid username or password"

type Throttle = Callable[[Any, str], Awaitable[None] | None]
"""Called with the request and the user name before a password is looked at; raises to refuse, as `TooManyRequests`.

A `def` one runs on a thread, where it may block.
"""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The body of a login."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """The body of a refresh, or of a logout, where tokens are not in cookies."""

    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginViews:
    """How `auth_router` logs in: what signs tokens, how long they live, where they are kept."""

    store: RevocationStore
    """Remembers used refresh tokens and revoked ones; shared by all processes."""
    secret: str | bytes | None = None
    """Signs with HS256; SECRET_KEY unless given."""
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    cookies: TokenCookies | None = None
    """Tokens are kept in these cookies; `None`: they are in the replies, and the client keeps them."""
    claims: Callable[[Any], Mapping[str, Any] | Awaitable[Mapping[str, Any]]] | None = None
    """Called with the user, gives further claims of the access token. A `def` one runs on a thread, where it may query
    the database."""
    throttle: Throttle | None = None

    @property
    def signing_key(self) -> SigningKey:
        """What signs, as it is now."""
        return SigningKey(settings.SECRET_KEY if self.secret is None else self.secret)

    @property
    def scheme(self) -> JWTAuthentication:
        """What verifies access tokens: list it in `auth=` of the routes that want them."""
        if self.cookies is not None:
            return CookieJWT(self.secret, cookie=self.cookies.access, revocation_store=self.store)
        return JWTAuthentication(self.secret, revocation_store=self.store)

    @property
    def rotation(self) -> Rotation:
        """What exchanges refresh tokens."""
        keys = JWTAuthentication(self.secret).keys_now()
        return Rotation(
            signing_key=self.signing_key, keys=keys, store=self.store, rules=REFRESH_RULES, lifetimes=self.lifetimes
        )


def auth_router(views: LoginViews, prefix: str = "/auth") -> Router:
    """A router with POST `/login`, `/refresh`, `/logout` and `/logout-all` below *prefix*.

    Every reply says `Cache-Control: no-store`. A login that fails is one 401 whatever was wrong with it, and sends
    Django's `user_login_failed`; one that succeeds sends `user_logged_in`. A refresh token works once. `/logout` takes
    the access token, or the refresh token of a login whose access token is over.
    """
    router, scheme = Router(prefix, tags=("auth",), middleware=[_NoStore], auth=[], guards=[]), views.scheme

    @router.post("/login")
    async def login(request: Any, credentials: Credentials) -> Any:
        user = await _authenticated(views, scheme, request, credentials)
        return _reply(views, request, await _new_pair(views, user))

    @router.post("/refresh")
    @_outside_transactions
    async def refresh(request: Any, body: RefreshToken | None = None) -> Any:
        claims = _presented_refresh(views, scheme, request, body)
        user = await _user_of(claims)
        await spend(claims, views.store, keep=views.lifetimes.refresh)
        return _reply(views, request, await _new_pair(views, user, family=claims[FAMILY]))

    @router.post("/logout", auth=[scheme])
    async def logout(request: Any, body: RefreshToken | None = None) -> Any:
        claims = request.auth["claims"] if request.auth else _presented_refresh(views, scheme, request, body)
        await _end(views, claims)
        await _tell(request, claims)
        return _gone(views, request)

    @router.post("/logout-all", auth=[scheme], guards=[IsAuthenticated()])
    async def logout_all(request: Any) -> Any:
        until = time.time() + views.lifetimes.refresh.total_seconds()
        await views.store.revoke_all(request.auth["user_id"], expires_at=until)
        await _tell(request, request.auth["claims"])
        return _gone(views, request)

    return router


def _outside_transactions[Handler: Callable[..., Any]](handler: Handler) -> Handler:
    """Whatever ATOMIC_REQUESTS says: that a stolen token was used has to be kept, though its handler raises."""
    for alias in connections.settings:
        handler = transaction.non_atomic_requests(alias)(handler)
    return handler


async def _authenticated(views: LoginViews, scheme: JWTAuthentication, request: Any, credentials: Credentials) -> Any:
    if views.throttle is not None:
        await _called(views.throttle, request, credentials.username)
    made = as_django(request)
    # Databases refuse NUL, and no user's name has one.
    user = None
    if "\0" not in credentials.username + credentials.password:
        user = await user_with_password(made, credentials.username, credentials.password)
    if user is None:
        raise Unauthorized(_INVALID, {"WWW-Authenticate": scheme.challenge})
    await user_logged_in.asend(sender=type(user), request=made, user=user)
    return user


async def _called(function: Callable[..., Any], *arguments: Any) -> Any:
    """What *function* of the project's returns or promises; a `def` one may block."""
    if iscoroutinefunction(function):
        return await function(*arguments)
    found = await off_loop(functools.partial(function, *arguments))
    return await found if inspect.isawaitable(found) else found


async def _new_pair(views: LoginViews, user: Any, family: str | None = None) -> TokenPair:
    claims = {**claims_of_user(user), **(await _called(views.claims, user) if views.claims else {})}
    shared: dict[str, Any] = {name: claims[name] for name in ("pwd",) if name in claims}
    if views.cookies is not None:
        shared["csrf"] = uuid.uuid4().hex
    return create_token_pair(str(user.pk), views.signing_key, views.lifetimes, claims, shared=shared, family=family)


def _presented_refresh(
    views: LoginViews, scheme: JWTAuthentication, request: Any, body: RefreshToken | None
) -> dict[str, Any]:
    cookies = views.cookies
    token = request.cookies.get(cookies.refresh) if cookies else body and body.refresh_token
    if not token:
        raise AuthenticationError("The refresh token is missing")
    claims = refresh_claims(token, views.rotation)
    if cookies is not None:
        check_csrf(request, scheme.csrf_header, claims.get("csrf"))
    return claims


async def _user_of(claims: Mapping[str, Any]) -> Any:
    """The user of a refresh token, who must still be there, active, and have the password of then."""
    model = get_user_model()
    try:
        user = await model._default_manager.aget(pk=model._meta.pk.to_python(claims["sub"]))
    except (model.DoesNotExist, ValidationError, ValueError):
        raise InvalidToken("User inactive or deleted") from None
    if not getattr(user, "is_active", True):
        raise InvalidToken("User inactive or deleted")
    if conf.password_ends_tokens() and not password_matches(user, claims.get("pwd")):
        raise InvalidToken("The password has been changed")
    return user


async def _end(views: LoginViews, claims: Mapping[str, Any]) -> None:
    if jti := claims.get("jti"):
        await views.store.revoke(jti, expires_at=claims.get("exp"))
    if isinstance(claims.get(FAMILY), str):
        until = time.time() + max(views.lifetimes.refresh, timedelta(0)).total_seconds()
        await views.store.revoke(family_key(claims[FAMILY]), expires_at=until)


async def _tell(request: Any, claims: Mapping[str, Any]) -> None:
    """Send `user_logged_out`, with no user where that is gone or inactive: to log out is theirs all the same."""
    try:
        user = await _user_of(claims)
    except InvalidToken:
        user = None
    await user_logged_out.asend(sender=get_user_model(), request=as_django(request), user=user)


def _reply(views: LoginViews, request: Any, pair: TokenPair) -> JSON:
    if views.cookies is None:
        return JSON(pair.as_dict())
    response = JSON({"expires_in": pair.expires_in})
    set_jwt_cookies(response, pair, _cookies_at(views.cookies, request))
    return response


def _gone(views: LoginViews, request: Any) -> JSON:
    response = JSON({"detail": "Logged out"})
    if views.cookies is not None:
        delete_jwt_cookies(response, _cookies_at(views.cookies, request))
    return response


def _cookies_at(cookies: TokenCookies, request: Any) -> TokenCookies:
    """*cookies* with the path of these views, wherever they have been included, as the browser knows it."""
    if cookies.refresh_path is not None:
        return cookies
    path = request.raw_path.rstrip("/").rpartition("/")[0]
    # A cookie's path cannot hold a semicolon (RFC 6265bis §4.1.1).
    return replace(cookies, refresh_path=path if path and ";" not in path else cookies.path)
