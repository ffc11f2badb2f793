"""System checks: what is wrong in the project's Bolt settings, before any traffic."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from bolt_django import conf

TAG = "bolt"


def register() -> None:
    """Register every check of this package under the tag `bolt`."""
    checks.register(check_settings, TAG)


def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """bolt.E001: an unknown key; bolt.E002: a value that cannot be used; bolt.E003: BOLT_API is no list of paths."""
    found: list[checks.CheckMessage] = [checks.Error(message, id=check_id) for check_id, message in conf.problems()]
    paths: object = getattr(settings, "BOLT_API", ())
    if not isinstance(paths, str | list | tuple) or not all(isinstance(path, str) for path in paths):
        found.append(
            checks.Error(
                f"settings.BOLT_API is {paths!r}; it must be a list of dotted paths",
                hint='For example BOLT_API = ["shop.api:api"].',
                id="bolt.E003",
            )
        )
    return found
