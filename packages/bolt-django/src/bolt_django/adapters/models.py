"""Model instances and QuerySets as plain data, without what must not leave."""

import functools
from collections.abc import Iterable
from typing import Any

from bolt_core.pool import on_event_loop
from django.core.exceptions import FieldDoesNotExist, SynchronousOnlyOperation
from django.db.models import Count, Model, QuerySet
from django.db.models.expressions import Col

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


def refuse_on_loop(what: str) -> None:
    """Raise what makes the reply be written on the request's own thread, where this is the event loop's."""
    if on_event_loop():
        raise SynchronousOnlyOperation(f"cannot {what} on the event loop's thread")


def read_instance(instance: Model, fields: frozenset[str]) -> Any:
    """What a response model with *fields* is applied to: *instance* itself, or its data where the model names none.

    On the event loop only an instance that has all of them loaded may be read: a model takes its default for a field
    whose reading fails.
    """
    if not fields:
        return instance_data(instance)
    if not fields <= instance.__dict__.keys():
        refuse_on_loop(f"read fields of {type(instance).__name__} that are not loaded")
    return instance


def read_queryset(queryset: "QuerySet[Any]", fields: frozenset[str]) -> list[Any]:
    """The rows that a response model with *fields* is applied to."""
    return _rows(queryset, fields)


def rows(queryset: "QuerySet[Any]") -> list[Any]:
    """Every row of *queryset*, which is evaluated: models as `instance_data`, dicts without their sensitive keys.

    Raises TypeError for rows of a `values_list()` that holds a sensitive field, as a tuple cannot go without one.
    """
    return _rows(queryset, frozenset())


def _rows(queryset: "QuerySet[Any]", fields: frozenset[str]) -> list[Any]:
    if queryset._result_cache is None:
        refuse_on_loop("query the database")
    hidden: dict[str, bool] = {}
    result: list[Any] = []
    for row in queryset:
        if isinstance(row, Model):
            result.append(read_instance(row, fields))
        elif isinstance(row, dict):
            for key in row.keys() - hidden.keys():
                # What a response model names is meant to leave.
                hidden[key] = key not in fields and _is_sensitive_column(queryset, key)
            result.append({key: value for key, value in row.items() if not hidden[key]})
        else:
            result.append(row)
    if result and not isinstance(result[0], dict | Model):
        _check_columns(queryset)
    return result


def _check_columns(queryset: "QuerySet[Any]") -> None:
    names: Iterable[Any] = getattr(queryset, "_fields", None) or (
        field.attname for field in queryset.model._meta.concrete_fields
    )
    for name in names:
        if isinstance(name, str) and _is_sensitive_column(queryset, name):
            raise TypeError(
                f"values_list() of {queryset.model.__name__} with the sensitive field {name!r}; leave it out, "
                'or list it in BOLT["EXPOSED_FIELDS"]'
            )


def _is_sensitive_column(queryset: "QuerySet[Any]", name: str) -> bool:
    """Whether the column *name* must not leave, be it under another name (`values(pw=F("password"))`)."""
    expression = queryset.query.annotations.get(name)
    if expression is None:
        return is_sensitive(queryset.model, name)
    if isinstance(expression, Count):
        return False
    columns = [part for part in expression.flatten() if isinstance(part, Col)]
    return any(_hidden(part.target.model, part.target.attname, *_lists()) for part in columns)


def is_sensitive(model: type[Model], name: str) -> bool:
    """Whether the column *name* of *model*, or of one that it leads to (`user__password`), must not leave."""
    *steps, last = name.split("__")
    owner: Any = model
    for step in steps:
        try:
            owner = owner._meta.get_field(step).related_model or owner
        except (FieldDoesNotExist, AttributeError):
            break
    return _hidden(owner, last, *_lists())


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
