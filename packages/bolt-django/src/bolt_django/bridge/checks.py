"""System checks of how the project includes our URLs."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.urls import URLResolver, get_resolver

_MODULES = frozenset({"bolt_django.urls", "django_bolt.urls"})
# What `path("", …)` and `re_path("^", …)` are.
_ROOT = frozenset({"", "^"})


def check_include(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.E040: our URLs are included below a prefix, or more than once."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    try:
        prefixes = list(_prefixes(get_resolver().url_patterns, ""))
    except Exception:
        # Django's own check of URLs tells what is wrong.
        return []
    found: list[checks.CheckMessage] = [
        checks.Error(
            f"the URLs of bolt_django are included below {prefix!r}, where no route of the API is",
            hint='Write path("", include("bolt_django.urls")) in ROOT_URLCONF; a prefix is BoltAPI(prefix="/…")\'s.',
            id="bolt.E040",
        )
        for prefix in prefixes
        if prefix not in _ROOT
    ]
    if len(prefixes) > 1:
        found.append(checks.Error("the URLs of bolt_django are included twice", hint="Keep one.", id="bolt.E040"))
    return found


def _prefixes(patterns: Iterable[object], outer: str) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            prefix = outer + str(pattern.pattern)
            if getattr(pattern.urlconf_name, "__name__", "") in _MODULES:
                yield prefix
            else:
                yield from _prefixes(pattern.url_patterns, prefix)


def register() -> None:
    """Register the check under the tag `bolt`."""
    checks.register(check_include, "bolt")
