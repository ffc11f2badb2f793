"""Tokens in cookies, for the scripts of a site's own pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Unpack

from bolt_auth import TokenPair
from bolt_auth.schemes.jwt import JWTOptions
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
        self.is_native = self.is_native and csrf == "token"

    def check_csrf(self, request: Any, claims: Mapping[str, Any]) -> None:
        """Raise `CSRFFailed` or `CSRFError` (403) for what another site may have caused."""
        if self.csrf == "django":
            enforce_csrf(request)
        else:
            super().check_csrf(request, claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCookies:
    """The cookies of a login: names, and where browsers send them."""

    access: str = "access_token"
    refresh: str = "refresh_token"
    csrf: str = "csrf_token"
    """Readable by scripts: the value that they send in X-CSRFToken."""
    path: str = "/"
    refresh_path: str = "/"
    """The refresh token is needed there alone; `auth_router` says where."""
    domain: str | None = None
    secure: bool | None = None
    """HTTPS only; by default wherever `settings.DEBUG` is off."""
    samesite: Literal["Lax", "Strict", "None"] = "Lax"

    def options(self) -> dict[str, Any]:
        """What all three have in common."""
        secure = not settings.DEBUG if self.secure is None else self.secure
        return {"domain": self.domain, "secure": secure, "samesite": self.samesite}


def set_jwt_cookies(response: Any, pair: TokenPair, cookies: TokenCookies | None = None) -> None:
    """Have *response*, of the framework's or Django's, set the cookies of *pair*.

    Tokens are `HttpOnly`, and each cookie lives as long as its token. The claim `csrf` of the access token, where it
    has one, is set in a cookie that scripts can read.
    """
    said, common = cookies or TokenCookies(), (cookies or TokenCookies()).options()
    response.set_cookie(
        said.access, pair.access_token, max_age=pair.expires_in, path=said.path, httponly=True, **common
    )
    response.set_cookie(
        said.refresh,
        pair.refresh_token,
        max_age=pair.refresh_expires_in,
        path=said.refresh_path,
        httponly=True,
        **common,
    )
    if pair.csrf:
        # As long as the refresh token, which needs it too.
        response.set_cookie(said.csrf, pair.csrf, max_age=pair.refresh_expires_in, path=said.path, **common)


def delete_jwt_cookies(response: Any, cookies: TokenCookies | None = None) -> None:
    """Have the client forget the cookies that `set_jwt_cookies` set with the same *cookies*."""
    said = cookies or TokenCookies()
    common = {"domain": said.domain, "samesite": said.samesite}
    for name, path in ((said.access, said.path), (said.refresh, said.refresh_path), (said.csrf, said.path)):
        response.delete_cookie(name, path=path, **common)
