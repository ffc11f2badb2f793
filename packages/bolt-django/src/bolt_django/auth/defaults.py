"""`BOLT["DEFAULT_AUTH"]` and `["DEFAULT_GUARDS"]`: what holds for routes of which nobody says anything."""

import functools
from typing import Any

from bolt_core.access import Access, register_access_defaults
from bolt_core.around import forget_enclosures
from bolt_core.exceptions import ConfigError
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from bolt_django import conf


def default_access() -> Access:
    """What the settings say. Raises `ConfigError` for a path that cannot be imported, or names something else."""
    auth, guards = (conf.bolt_settings().get(key) for key in ("DEFAULT_AUTH", "DEFAULT_GUARDS"))
    return Access.checked(
        None if auth is None else _made("DEFAULT_AUTH", tuple(auth)),
        None if guards is None else _made("DEFAULT_GUARDS", tuple(guards)),
        "settings.BOLT: DEFAULT_AUTH and DEFAULT_GUARDS: ",
    )


@functools.lru_cache(maxsize=8)
def _made(key: str, named: tuple[Any, ...]) -> list[Any]:
    """Objects as they are; dotted paths of classes are called, so that settings import nothing."""
    found = []
    for one in named:
        if isinstance(one, str):
            try:
                one = import_string(one)
            except ImportError as error:
                raise ConfigError(f"settings.BOLT[{key!r}]: {error}") from error
            one = one() if isinstance(one, type) else one
        found.append(one)
    return found


def _changed(*, setting: str, **kwargs: Any) -> None:
    if setting == "BOLT":
        forget_enclosures()


def register() -> None:
    """Tell the core, and have applications frozen anew when tests change the settings."""
    register_access_defaults(default_access)
    setting_changed.connect(_changed, dispatch_uid="bolt_django.auth.defaults")
