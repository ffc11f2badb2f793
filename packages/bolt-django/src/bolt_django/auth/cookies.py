"""Tokens in cookies, for the scripts of a site's own pages."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Unpack

from bolt_auth import TokenPair
from bolt_auth.schemes.jwt import JWTOptions, has_own_way
from django.conf import settings

from bolt_django.auth.csrf import enforce_csrf
from bolt_django.auth.jwt import JWTAuthentication

type CSRFKind = Literal["token", "django"]


class CookieJWT(JWTAuthentication):
    """A token in a cookie that scripts cannot read: `access_token`, or the option `cookie`.

    Requests that are not safe must show that a page of this site sent them: with *csrf* `"token"` by the token's claim
    `csrf` in the header X-CSRFToken, with `"django"` by Django's CSRF cookie and token. The first runs in Rust.
    """

    def __init__(
        self,
        secret: str | bytes | Sequence[str | bytes] | None = None,
        *,
        csrf: CSRFKind = "token",
        **options: Unpack[JWTOptions],
    ) -> None:
        if csrf not in ("token", "django"):
            raise ValueError(f'CookieJWT(csrf={csrf!r}); give "token" or "django"')
        options.setdefault("header", None)
        self.cookie = options.get("cookie") or "access_token"
        options["cookie"] = self.cookie
        super().__init__(secret, **options)
        self.csrf = csrf
        self.openapi = {"type": "apiKey", "in": "cookie", "name": self.cookie}
        self.is_native = csrf == "token" and not has_own_way(type(self), CookieJWT)

    def check_csrf(self, request: Any, claims: Mapping[str, Any]) -> Awaitable[None] | None:
        """Raise `CSRFFailed` or `CSRFError` (403) for what another site may have caused."""
        return enforce_csrf(request) if self.csrf == "django" else super().check_csrf(request, claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCookies:
    """The cookies of a login: names, and where browsers send them."""

    access: str = "access_token"
    refresh: str = "refresh_token"
    csrf: str = "csrf_token"
    """Readable by scripts: the value that they send in X-CSRFToken."""
    path: str = "/"
    refresh_path: str | None = None
    """The refresh token is sent there alone; by default below the path of `auth_router`'s views, elsewhere *path*."""
    domain: str | None = None
    secure: bool | None = None
    """HTTPS only; by default wherever `settings.DEBUG` is off. Browsers want it for `samesite="None"`."""
    samesite: Literal["Lax", "Strict", "None"] = "Lax"

    @property
    def paths(self) -> tuple[tuple[str, str], ...]:
        """Each cookie's name and path: of the access token, the refresh token and the value that scripts read."""
        refresh_path = self.path if self.refresh_path is None else self.refresh_path
        return (self.access, self.path), (self.refresh, refresh_path), (self.csrf, self.path)

    def options(self) -> dict[str, Any]:
        """What all three have in common."""
        secure = not settings.DEBUG if self.secure is None else self.secure
        return {"domain": self.domain, "secure": secure, "samesite": self.samesite}


def set_jwt_cookies(response: Any, pair: TokenPair, cookies: TokenCookies | None = None) -> None:
    """Have *response*, of the framework's or Django's, set the cookies of *pair*.

    Tokens are `HttpOnly`, and each cookie lives as long as its token. The claim `csrf` of the access token, where it
    has one, is set in a cookie that scripts can read.
    """
    said = cookies or TokenCookies()
    access, refresh, csrf = said.paths
    _set(response, said, access, pair.access_token, max_age=pair.expires_in, httponly=True)
    _set(response, said, refresh, pair.refresh_token, max_age=pair.refresh_expires_in, httponly=True)
    if pair.csrf:
        # As long as the refresh token, which needs it too.
        _set(response, said, csrf, pair.csrf, max_age=pair.refresh_expires_in)


def delete_jwt_cookies(response: Any, cookies: TokenCookies | None = None) -> None:
    """Have the client forget the cookies that `set_jwt_cookies` set with the same *cookies*."""
    said = cookies or TokenCookies()
    for cookie in said.paths:
        # With the attributes that it was set with: browsers ignore some, as `SameSite=None`, without the others.
        _set(response, said, cookie, "", max_age=0, expires="Thu, 01 Jan 1970 00:00:00 GMT", httponly=True)


def _set(response: Any, said: TokenCookies, cookie: tuple[str, str], value: str, **options: Any) -> None:
    name, path = cookie
    response.set_cookie(name, value, path=path, **said.options(), **options)
