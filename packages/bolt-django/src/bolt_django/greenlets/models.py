"""Which models' rows are made and written, and which managers and querysets work, by Django's code alone.

What a class defines is looked at once; who receives its signals, with every call.
"""

import functools
import sys
from typing import Any

from django.db.models import FileField, Manager, Model, QuerySet, signals

# What Django calls while it makes an instance of a row.
_READING = ("__init__", "__new__", "__setattr__", "from_db", "refresh_from_db", "get_deferred_fields")
_WRITING = (
    *("save", "save_base", "delete", "serializable_value", "_prepare_related_fields_for_save", "_save_parents"),
    *("_save_table", "_do_update", "_do_insert"),
)


def is_read_plainly(model: type[Model]) -> bool:
    """Whether an instance made of a row runs no code of the project's."""
    return (
        _is_defined_plainly(model, _READING)
        and not _hears(signals.pre_init, model)
        and not _hears(signals.post_init, model)
    )


def is_saved_plainly(model: type[Model]) -> bool:
    """Whether an instance that is made and saved runs no code of the project's, and writes no file."""
    return (
        is_read_plainly(model)
        and _is_defined_plainly(model, _WRITING)
        and _sets_plainly(model)
        and not _hears(signals.pre_save, model)
        and not _hears(signals.post_save, model)
    )


def is_deleted_plainly(model: type[Model]) -> bool:
    """Whether deleting rows runs no code of the project's, and is one query.

    Where anything refers to them Django reads what is deleted or changed along with them, however many rows that is.
    """
    return (
        is_read_plainly(model)
        and _is_defined_plainly(model, _WRITING)
        and _stands_alone(model)
        and not _hears(signals.pre_delete, model)
        and not _hears(signals.post_delete, model)
    )


def _hears(signal: Any, model: type[Model]) -> bool:
    return bool(signal.receivers) and signal.has_listeners(model)


@functools.cache
def _is_defined_plainly(model: type[Model], names: tuple[str, ...]) -> bool:
    for name in names:
        ours, usual = getattr(model, name), getattr(Model, name)
        if getattr(ours, "__func__", ours) is not getattr(usual, "__func__", usual):
            return False
    # Instances are read anew and saved, and relations to them followed, through the base manager.
    return is_plain_manager(type(model._base_manager)) and all(  # type: ignore[arg-type]
        _is_djangos(field) for field in (*model._meta.concrete_fields, *model._meta.private_fields)
    )


def _is_djangos(field: Any) -> bool:
    # What an array holds, and what reads and writes JSON.
    parts = [getattr(field, name, None) for name in ("encoder", "decoder")]
    base = getattr(field, "base_field", None)
    return (
        type(field).__module__.startswith("django.")
        and not any(part is not None and _is_the_projects(part) for part in parts)
        and (base is None or _is_djangos(base))
    )


def _is_the_projects(code: Any) -> bool:
    # A built-in method, as `datetime.now`, tells its class alone.
    named = getattr(code, "__module__", None) or getattr(getattr(code, "__self__", None), "__module__", None)
    module = str(named).partition(".")[0]
    return module != "django" and module not in sys.stdlib_module_names


@functools.cache
def is_plain_manager(manager: type[Any]) -> bool:
    """Whether a project's class of managers, and that of its querysets, only add to Django's."""
    return _only_adds(manager, Manager) and is_plain_queryset(manager._queryset_class)


@functools.cache
def is_plain_queryset(queryset: type[Any]) -> bool:
    """Whether a project's class of querysets only adds to Django's."""
    return _only_adds(queryset, QuerySet)


# What each class of a project's has of its own, or may: how it is made, copied into migrations and shown.
_HARMLESS = frozenset(
    {"__init__", "__init_subclass__", "__class_getitem__", "__repr__", "__str__", "use_in_migrations"}
)


def _only_adds(made: type[Any], usual: type[Any]) -> bool:
    own = [one for one in made.__mro__ if one is not object and not one.__module__.startswith("django.")]
    known = {name for name in dir(usual) if name not in _HARMLESS and name not in vars(_Bare)}
    return not any(known & vars(one).keys() for one in own)


class _Bare:
    """Has what every class has."""


@functools.cache
def _sets_plainly(model: type[Model]) -> bool:
    return not any(isinstance(field, FileField) or _has_own_default(field) for field in model._meta.concrete_fields)


def _has_own_default(field: Any) -> bool:
    default: Any = field.default
    return callable(default) and _is_the_projects(default)


@functools.cache
def _stands_alone(model: type[Model]) -> bool:
    # As Django decides whether it may delete without reading; a generic relation is found on its owner's side.
    meta = model._meta
    referring = (field for field in meta.get_fields(include_hidden=True) if field.auto_created and not field.concrete)
    return not (
        meta.concrete_model._meta.parents  # type: ignore[union-attr]
        or any(field.one_to_one or field.one_to_many for field in referring)
        or any(hasattr(field, "bulk_related_objects") for field in meta.private_fields)
    )
