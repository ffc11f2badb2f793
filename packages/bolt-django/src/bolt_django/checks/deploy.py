"""`check --deploy`: what is well on a developer's machine and dangerous in public; what Django checks is left to it."""

import ipaddress
import os
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from bolt_django import conf, options


def listens_in_public() -> bool:
    """Whether settings and environment name an address that other machines reach."""
    try:
        run = options.resolve({}, os.environ, conf.bolt_settings())
    except options.OptionError:
        return False
    if run.uds is not None or run.host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(run.host.strip("[]")).is_loopback
    except ValueError:
        return True  # a name


def check_deployment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.W030 to bolt.W033: DEBUG in public, any host, and proxies that are half told of."""
    found: list[checks.CheckMessage] = []
    public = listens_in_public()
    if settings.DEBUG and public:
        found.append(
            _warning(
                30, "DEBUG is on, and the server listens in public: errors show source and settings", "DEBUG = False"
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            _warning(
                31,
                "ALLOWED_HOSTS has '*': whatever host a client names ends in links, redirects and mails",
                "Name the site's hosts.",
            )
        )
    if conf.bolt_settings().get("TRUSTED_PROXIES"):
        if not settings.SECURE_PROXY_SSL_HEADER:
            found.append(_warning(32, _NO_SCHEME, _SCHEME_HINT))
    elif public and (names := [name for name in _FORWARDED if getattr(settings, name)]):
        found.append(
            _warning(
                33,
                f"{', '.join(names)}: the server listens in public and believes every client's header, as "
                'BOLT["TRUSTED_PROXIES"] is empty',
                "List the proxies' addresses there, or listen on a Unix-domain socket or 127.0.0.1.",
            )
        )
    return found


_FORWARDED = ("SECURE_PROXY_SSL_HEADER", "USE_X_FORWARDED_HOST", "USE_X_FORWARDED_PORT")
_NO_SCHEME = (
    'BOLT["TRUSTED_PROXIES"] is set and SECURE_PROXY_SSL_HEADER is not: every request counts as http, so links say '
    "http, no reply has Strict-Transport-Security, and SECURE_SSL_REDIRECT redirects without end"
)
_SCHEME_HINT = 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https"), if the proxy sets that header.'


def _warning(number: int, message: str, hint: str) -> checks.CheckMessage:
    return checks.Warning(message, hint=hint, id=f"bolt.W{number:03}")
