"""What is wrong in the project's settings, as far as the server reads them."""

from collections.abc import Sequence
from typing import Any

from bolt_core.exceptions import ConfigError
from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from bolt_django import conf, front


def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.E001: an unknown key; bolt.E002: a value that cannot be used; bolt.E003: BOLT_API is no list of paths."""
    found: list[checks.CheckMessage] = [checks.Error(message, id=check_id) for check_id, message in conf.problems()]
    if not conf.names_apis():
        found.append(
            checks.Error(
                f"settings.BOLT_API is {settings.BOLT_API!r}; it must be a list of dotted paths",
                hint='For example BOLT_API = ["shop.api:api"].',
                id="bolt.E003",
            )
        )
    return found


def check_front(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.E004: Django settings about proxies and headers that the engine cannot follow."""
    if not conf.is_usable("TRUSTED_PROXIES"):
        return []  # bolt.E002 has said so
    found: list[checks.CheckMessage] = []
    for read in (front.proxies, front.security):
        try:
            read()
        except ConfigError as error:
            found.append(checks.Error(str(error), hint=_FRONT_HINT, id="bolt.E004"))
    return found


_FRONT_HINT = (
    "Of Django's settings: SECURE_PROXY_SSL_HEADER, FORCE_SCRIPT_NAME, SECURE_REDIRECT_EXEMPT, X_FRAME_OPTIONS and "
    'the other SECURE_*. BOLT["SECURITY_HEADERS"] = False leaves headers and redirect to Django\'s middleware.'
)
