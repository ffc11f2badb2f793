"""User name and password with every request (RFC 7617): for scripts over HTTPS, not for browsers."""

import base64
import binascii
from typing import Any

from bolt_auth import AuthenticationError, AuthenticationScheme
from bolt_auth.schemes.base import Place, quoted

from bolt_django.auth.backends import user_with_password
from bolt_django.auth.session import auth_of_user
from bolt_django.request import as_django

_INVALID = "Invalid username or password"


class BasicAuthentication(AuthenticationScheme):
    """`Authorization: Basic …`, checked by AUTHENTICATION_BACKENDS.

    Each request costs what a login costs; Django's signal `user_login_failed` is sent for those that fail.
    """

    backend = "basic"

    def __init__(self, realm: str = "api") -> None:
        # RFC 7617 §2.1: the client is told to send UTF-8.
        self.challenge = f'Basic realm={quoted(realm)}, charset="UTF-8"'
        self.openapi = {"type": "http", "scheme": "basic"}
        self._place = Place("header", "Authorization", "Basic")

    async def authenticate(self, request: Any) -> dict[str, Any] | None:
        """The user; `None` without such credentials. Raises `AuthenticationError`."""
        sent = self._place.find(request)
        if sent is None:
            return None
        username, password = _decoded(sent)
        user = await user_with_password(as_django(request), username, password)
        if user is None:
            raise AuthenticationError(_INVALID)
        request._lazy["authenticated_user"] = user
        return auth_of_user(user, self.backend)


def _decoded(sent: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(sent.encode("ascii"), validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise AuthenticationError("The credentials are malformed") from None
    username, colon, password = text.partition(":")
    # Control characters are allowed in neither (RFC 7617 §2), and databases refuse NUL.
    if not colon or any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise AuthenticationError("The credentials are malformed")
    return username, password
