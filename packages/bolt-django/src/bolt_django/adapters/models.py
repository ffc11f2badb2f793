"""Model instances and QuerySets as plain data, without what must not leave."""

import functools
from collections.abc import Iterable
from typing import Any

from django.db.models import Model, QuerySet

from bolt_django import conf

# Names that hold credentials in nearly every project. BOLT["EXPOSED_FIELDS"] takes one out again.
SENSITIVE_NAMES = frozenset(
    {
        "password",
        "password_hash",
        "passwd",
        "passphrase",
        "secret",
        "secret_key",
        "client_secret",
        "token",
        "access_token",
        "refresh_token",
        "auth_token",
        "session_key",
        "session_data",
        "api_key",
        "apikey",
        "private_key",
        "otp_secret",
        "totp_secret",
        "salt",
    }
)


def instance_data(instance: Model) -> dict[str, Any]:
    """The concrete fields that *instance* has loaded, foreign keys by their `_id`, without sensitive ones."""
    deferred = instance.get_deferred_fields()
    return {name: getattr(instance, name) for name in _open_fields(type(instance), *_lists()) if name not in deferred}


def rows(queryset: "QuerySet[Any]") -> list[Any]:
    """Every row of *queryset*, which is evaluated: models as `instance_data`, dicts without their sensitive keys.

    Raises TypeError for rows of a `values_list()` that holds a sensitive field, as a tuple cannot go without one.
    """
    model = queryset.model
    result = []
    for row in queryset:
        if isinstance(row, Model):
            result.append(instance_data(row))
        elif isinstance(row, dict):
            result.append({key: value for key, value in row.items() if not is_sensitive(model, key)})
        else:
            result.append(row)
    if result and not isinstance(result[0], dict):
        _check_columns(queryset)
    return result


def _check_columns(queryset: "QuerySet[Any]") -> None:
    names: Iterable[Any] = getattr(queryset, "_fields", None) or (
        field.attname for field in queryset.model._meta.concrete_fields
    )
    for name in names:
        if isinstance(name, str) and is_sensitive(queryset.model, name):
            raise TypeError(
                f"values_list() of {queryset.model.__name__} with the sensitive field {name!r}; leave it out, "
                'or list it in BOLT["EXPOSED_FIELDS"]'
            )


def is_sensitive(model: type[Model], name: str) -> bool:
    """Whether the column *name* of *model*, or of one that it leads to (`user__password`), must not leave."""
    return _hidden(model, name.rpartition("__")[2], *_lists())


def _lists() -> tuple[tuple[str, ...], tuple[str, ...]]:
    return conf.names_setting("SENSITIVE_FIELDS"), conf.names_setting("EXPOSED_FIELDS")


# Keyed by the settings themselves, so that changed settings count at once.
@functools.lru_cache(maxsize=512)
def _open_fields(model: type[Model], sensitive: tuple[str, ...], exposed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        field.attname for field in model._meta.concrete_fields if not _hidden(model, field.attname, sensitive, exposed)
    )


def _hidden(model: type[Model], name: str, sensitive: tuple[str, ...], exposed: tuple[str, ...]) -> bool:
    full = f"{model._meta.label}.{name}"
    if full in exposed:
        return False
    if full in sensitive:
        return True
    return name not in exposed and (name.lower() in SENSITIVE_NAMES or name in sensitive)
