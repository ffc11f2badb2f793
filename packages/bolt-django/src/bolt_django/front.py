"""Django's settings about proxies and about every reply, as the engine's own.

The engine applies them to API routes and to what it answers itself. Django's own URLs have Django's middleware.
"""

from collections.abc import Mapping
from typing import Any

from bolt_core.config import register_presets
from bolt_core.front import ProxySettings, SecuritySettings
from bolt_core.tracing import TracingSettings
from django.conf import settings
from django.utils.module_loading import import_string

from bolt_django import conf

SECURITY = "django.middleware.security.SecurityMiddleware"
FRAMES = "django.middleware.clickjacking.XFrameOptionsMiddleware"
POLICY = "django.middleware.csp.ContentSecurityPolicyMiddleware"


def register() -> None:
    """Make Django's settings the server's defaults, for `runbolt` and test clients alike."""
    register_presets(server_presets)


def server_presets() -> Mapping[str, Any]:
    """Fields of `ServerConfig`; raises ConfigError for what the engine cannot be told."""
    return {
        "proxies": proxies(),
        "security": security(),
        "tracing": tracing(),
        "append_slash": bool(settings.APPEND_SLASH),
    }


def tracing() -> TracingSettings:
    """`BOLT["REQUEST_ID"]` and `BOLT["TRACE_CONTEXT"]`."""
    said = conf.bolt_settings()
    return TracingSettings(request_id=said.get("REQUEST_ID", False), trace_context=said.get("TRACE_CONTEXT", False))


def trusted_proxies() -> tuple[str, ...]:
    """`BOLT["TRUSTED_PROXIES"]`."""
    return conf.names_setting("TRUSTED_PROXIES")


def proxies() -> ProxySettings:
    """Whose word about clients is taken."""
    return ProxySettings(
        trusted=trusted_proxies(),
        https_header=_https_header(),
        forwarded_host=bool(settings.USE_X_FORWARDED_HOST),
        script_name=settings.FORCE_SCRIPT_NAME or "",
    )


def _https_header() -> tuple[str, str] | None:
    """SECURE_PROXY_SSL_HEADER with the name that the field has in HTTP."""
    said: Any = settings.SECURE_PROXY_SSL_HEADER
    if not said:
        return None
    name, value = said
    return name.removeprefix("HTTP_").replace("_", "-").lower(), value


def security() -> SecuritySettings:
    """The header fields and the redirect of those of Django's middlewares that MIDDLEWARE names.

    Nothing where `BOLT["SECURITY_HEADERS"]` is False. Subclasses are not taken for the originals: what they change
    cannot be known here.
    """
    listed = set(settings.MIDDLEWARE) if conf.bolt_settings().get("SECURITY_HEADERS", True) else set[str]()
    headers: dict[str, str] = {}
    if FRAMES in listed:
        headers["X-Frame-Options"] = str(getattr(settings, "X_FRAME_OPTIONS", "DENY")).upper()
    if POLICY in listed:
        headers |= _content_policies()
    if SECURITY not in listed:
        return SecuritySettings(headers=headers)
    return SecuritySettings(
        headers=headers | _security_headers(),
        https_headers=_transport_security(),
        https_redirect=bool(settings.SECURE_SSL_REDIRECT),
        https_host=settings.SECURE_SSL_HOST or None,
        redirect_exempt=tuple(settings.SECURE_REDIRECT_EXEMPT),
    )


def _security_headers() -> dict[str, str]:
    headers: dict[str, str] = {}
    if settings.SECURE_CONTENT_TYPE_NOSNIFF:
        headers["X-Content-Type-Options"] = "nosniff"
    if policy := settings.SECURE_REFERRER_POLICY:
        values = policy.split(",") if isinstance(policy, str) else policy
        headers["Referrer-Policy"] = ",".join(value.strip() for value in values)
    if opener := settings.SECURE_CROSS_ORIGIN_OPENER_POLICY:
        headers["Cross-Origin-Opener-Policy"] = opener
    return headers


def _transport_security() -> dict[str, str]:
    if not settings.SECURE_HSTS_SECONDS:
        return {}
    value = f"max-age={settings.SECURE_HSTS_SECONDS}"
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        value += "; includeSubDomains"
    if settings.SECURE_HSTS_PRELOAD:
        value += "; preload"
    return {"Strict-Transport-Security": value}


def _content_policies() -> dict[str, str]:
    """Without nonces, which Django leaves out as well where no template asked for one."""
    # Django 6.0 and later; MIDDLEWARE names nothing of the kind before.
    build = import_string("django.utils.csp.build_policy")
    policies = {
        "Content-Security-Policy": getattr(settings, "SECURE_CSP", None),
        "Content-Security-Policy-Report-Only": getattr(settings, "SECURE_CSP_REPORT_ONLY", None),
    }
    return {name: str(build(policy)) for name, policy in policies.items() if policy}
