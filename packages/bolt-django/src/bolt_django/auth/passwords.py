"""What a token says of a user's password, so that it ends with the password."""

import base64
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_SALT = "bolt_django.auth.passwords"
_LENGTH = 22
"""Characters: 132 bits, of which a token need not carry more."""


def password_claim(user: Any) -> str:
    """The claim `pwd` of tokens for *user*, 22 characters of base64url (RFC 4648 §5).

    A keyed hash of what Django's sessions carry (`get_session_auth_hash`): it tells nothing of the password, and is
    another once the password is set anew.
    """
    return _claim(user.get_session_auth_hash(), settings.SECRET_KEY)


def password_matches(user: Any, claim: object) -> bool:
    """Whether *claim* was made for the password that *user* has now, with SECRET_KEY or one of SECRET_KEY_FALLBACKS.

    False for anything else. Compares in constant time.
    """
    if not isinstance(claim, str) or not claim.isascii():
        return False
    return any(constant_time_compare(claim, good) for good in _good(user))


def _good(user: Any) -> Iterator[str]:
    yield password_claim(user)
    # In the order of the setting, each made with its key.
    for key, value in zip(settings.SECRET_KEY_FALLBACKS, user.get_session_auth_fallback_hash(), strict=False):
        yield _claim(value, key)


def _claim(value: str, key: str | bytes) -> str:
    digest = salted_hmac(_SALT, value, secret=key, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode()[:_LENGTH]
