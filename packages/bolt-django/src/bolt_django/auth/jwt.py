"""Tokens that are signed with the project's own key unless told otherwise."""

import weakref
from collections.abc import Sequence
from typing import Any, Unpack

from bolt_auth import JWTAuthentication as PlainJWTAuthentication
from bolt_auth import VerificationKey
from bolt_auth.schemes.jwt import JWTOptions
from django.conf import settings
from django.core.signals import setting_changed


class JWTAuthentication(PlainJWTAuthentication):
    """Signed tokens (see `bolt_auth.JWTAuthentication`).

    Without any key, those of SECRET_KEY and SECRET_KEY_FALLBACKS are good, as they are when a token comes: the
    algorithm is then HS256, or what *algorithms* names of HS256, HS384 and HS512.
    """

    def __init__(
        self, secret: str | bytes | Sequence[str | bytes] | None = None, **options: Unpack[JWTOptions]
    ) -> None:
        super().__init__(secret, **options)
        self._algorithms = tuple(options.get("algorithms") or ("HS256",))
        self.uses_project_key = not self._keys and self.jwk_set is None
        """Whether SECRET_KEY verifies."""
        if self.uses_project_key:
            _with_project_key.add(self)

    def _has_default_key(self) -> bool:
        return True

    def keys_now(self) -> list[VerificationKey]:
        """The keys as they are known now; SECRET_KEY and SECRET_KEY_FALLBACKS where none was given."""
        if not self.uses_project_key:
            return super().keys_now()
        secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        return [VerificationKey.from_secret(secret, self._algorithms) for secret in secrets]


_with_project_key: weakref.WeakSet[JWTAuthentication] = weakref.WeakSet()


def _project_key_changed(*, setting: str, **kwargs: Any) -> None:
    """Tests change settings; the engine is told of keys, it does not ask."""
    if setting in ("SECRET_KEY", "SECRET_KEY_FALLBACKS"):
        for scheme in list(_with_project_key):
            scheme.keys_changed()


setting_changed.connect(_project_key_changed, dispatch_uid="bolt_django.auth.jwt")
