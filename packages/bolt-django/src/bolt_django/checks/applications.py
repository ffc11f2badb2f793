"""What is wrong with the project's applications, middleware and caches, as far as the server relies on them."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks

from bolt_django import conf, options

_NEEDS = {
    "django.contrib.sessions.middleware.SessionMiddleware": ("django.contrib.sessions",),
    "django.contrib.auth.middleware.AuthenticationMiddleware": (
        "django.contrib.auth",
        "django.contrib.contenttypes",
    ),
    "django.contrib.auth.middleware.LoginRequiredMiddleware": ("django.contrib.auth",),
    "django.contrib.messages.middleware.MessageMiddleware": ("django.contrib.messages",),
    "django.contrib.sites.middleware.CurrentSiteMiddleware": ("django.contrib.sites",),
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware": ("django.contrib.flatpages",),
    "django.contrib.redirects.middleware.RedirectFallbackMiddleware": ("django.contrib.redirects",),
}

_IN_MEMORY = "django.core.cache.backends.locmem.LocMemCache"


def check_apps(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.W020: one application under both of its names."""
    if not (apps.is_installed("bolt_django") and apps.is_installed("django_bolt")):
        return []
    return [
        checks.Warning(
            "INSTALLED_APPS lists both 'django_bolt' and 'bolt_django', which are one application",
            hint="Keep 'django_bolt' where that package is installed, else 'bolt_django'.",
            id="bolt.W020",
        )
    ]


def check_middleware(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.E021: a middleware whose application is not installed."""
    return [
        checks.Error(
            f"{place} lists {name}, but INSTALLED_APPS lacks {', '.join(map(repr, missing))}",
            hint="Add the application, or take the middleware out.",
            id="bolt.E021",
        )
        for place, names in (("MIDDLEWARE", settings.MIDDLEWARE), ('BOLT["MIDDLEWARE"]', own_middleware()))
        for name in names
        if (missing := [app for app in _NEEDS.get(str(name), ()) if not apps.is_installed(app)])
        # A session store of another kind needs no table.
        and not (missing == ["django.contrib.sessions"] and settings.SESSION_ENGINE not in _STORED_IN_TABLES)
    ]


_STORED_IN_TABLES = ("django.contrib.sessions.backends.db", "django.contrib.sessions.backends.cached_db")


def own_middleware() -> Iterable[object]:
    """The classes that `BOLT["MIDDLEWARE"]` names; none where it names Django's own list."""
    listed = conf.bolt_settings().get("MIDDLEWARE")
    return listed if isinstance(listed, list | tuple) else ()


def processes() -> int:
    """How many processes the settings and the environment ask for; 1 where they cannot be read."""
    try:
        return options.resolve({}, os.environ, conf.bolt_settings()).processes
    except options.OptionError:
        return 1  # bolt.E002, or an error of runbolt's


def check_caches(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.W022: a cache in the memory of each process, where there are several."""
    count = processes()
    if count == 1:
        return []
    found: list[checks.CheckMessage] = []
    for alias, cache in settings.CACHES.items():
        used = settings.is_overridden("CACHES") or _holds_sessions(alias)
        if cache.get("BACKEND") != _IN_MEMORY or not used:
            continue
        also = ", sessions included" if _holds_sessions(alias) else ""
        found.append(
            checks.Warning(
                f"CACHES[{alias!r}] is in memory, and there are {count} processes: each has a cache of its own{also}, "
                "so what one stores or deletes the others do not see",
                hint="Use a cache that processes share: Redis, Memcached, the database, files.",
                id="bolt.W022",
            )
        )
    return found


def _holds_sessions(alias: str) -> bool:
    return alias == settings.SESSION_CACHE_ALIAS and str(settings.SESSION_ENGINE).endswith((".cache", ".cached_db"))
