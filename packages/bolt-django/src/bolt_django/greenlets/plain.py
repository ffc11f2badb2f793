"""Which calls may run on the loop's thread: Django's own ORM, where it will call nothing that the project wrote.

Django's code waits for nothing but the database. A project's may sleep, send mail or ask another service, which would
stop the loop for everybody; so a call takes a thread where `save()` or a manager's method is overridden, where a signal
has receivers, a field is no field of Django's or keeps files, or a function is among the arguments. Nor may it compute
for long: rows give the loop turns while they become objects, but nothing else that is done for each of many objects.
"""

import functools
from collections.abc import Callable, Iterator
from types import FunctionType, GeneratorType, MethodType
from typing import Any

from django.db.models import Manager, Model, QuerySet, prefetch_related_objects, signals
from django.db.models import query as query_module
from django.db.models.fields import related_descriptors
from django.db.transaction import Atomic

from bolt_django import transactions
from bolt_django.greenlets.fibers import current_fiber
from bolt_django.greenlets.models import (
    is_deleted_plainly,
    is_plain_manager,
    is_plain_queryset,
    is_read_plainly,
    is_saved_plainly,
)

MANY = 200
"""Objects that one call may write, look for or fetch relations of on the loop's thread: a few milliseconds' work."""

_READS = frozenset(
    {
        *("_fetch_all", "aggregate", "contains", "count", "earliest", "exists", "explain", "first", "get", "in_bulk"),
        *("last", "latest", "update"),
    }
)
_WRITES = frozenset({"bulk_create", "bulk_update", "create", "get_or_create", "update_or_create"})
_RELATED = frozenset({"add", "clear", "create", "get_or_create", "remove", "set", "update_or_create"})


def plain_call(fn: Callable[..., Any]) -> functools.partial[Any] | None:
    """What to run in a fiber in place of *fn*, which asgiref hands to executors; None if it needs a thread.

    It leaves out what asgiref does for `async_to_sync` inside of the call: that would wait for the loop on its thread.
    """
    # A partial of `SyncToAsync.thread_handler`: loop, exception, tasks, a function that enters the context, the call.
    if type(fn) is not functools.partial or len(fn.args) != 5:
        return None
    enter, call = fn.args[3], fn.args[4]
    if type(call) is not functools.partial or not is_plain(call.func, call.args, call.keywords):
        return None
    function: Any = call.func
    if getattr(function, "__func__", None) is QuerySet._fetch_all and function.__self__._prefetch_related_lookups:
        call = functools.partial(_fetch_all, function.__self__)
    return functools.partial(enter, call)


def _fetch_all(queryset: Any) -> None:
    """`QuerySet._fetch_all`, whose second stage takes a thread where it is for many objects."""
    if queryset._result_cache is None:
        queryset._result_cache = list(queryset._iterable_class(queryset))
    fiber = current_fiber()
    if fiber is None or len(queryset._result_cache) <= MANY:
        queryset._fetch_all()
    else:
        fiber.elsewhere(queryset._fetch_all)


def is_plain(function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
    """Whether calling *function* runs nothing but Django's own code and waits for nothing but the database."""
    if type(function) is MethodType:
        if not function.__func__.__module__.startswith("django.db."):
            return type(function.__self__) is transactions.Begin
        owner: Any = function.__self__
        name = function.__name__
        if isinstance(owner, Atomic):
            return True
        if isinstance(owner, QuerySet):
            return _queryset_call(owner, name) and _inert(args, keywords)
        if isinstance(owner, Model):
            return _model_call(type(owner), name) and _inert(args, keywords)
        return isinstance(owner, Manager) and _related_call(owner, name) and _inert(args, keywords)
    if type(function) is FunctionType:
        if function.__module__ == query_module.__name__ and function.__name__ == "next_slice":
            return len(args) == 1 and _generator(args[0])
        return function is prefetch_related_objects and _prefetch_call(*args)
    return type(function) is transactions.Begin


def _queryset_call(queryset: Any, name: str) -> bool:
    if name in _READS:
        return reads_plainly(queryset)
    if name in _WRITES:
        return reads_plainly(queryset) and is_saved_plainly(queryset.model)
    return name == "delete" and reads_plainly(queryset) and is_deleted_plainly(queryset.model)


def _model_call(model: type[Model], name: str) -> bool:
    if name == "save":
        return is_saved_plainly(model)
    return is_deleted_plainly(model) if name == "delete" else name == "refresh_from_db" and is_read_plainly(model)


def _related_call(manager: Any, name: str) -> bool:
    """A call of what `author.books` is; `bulk` updates and removals as well."""
    if name not in _RELATED or signals.m2m_changed.receivers or not _is_unchanged(type(manager), _RELATED):  # type: ignore[arg-type]
        return False
    if not is_plain_manager(type(manager.model._default_manager)):  # type: ignore[arg-type]
        # The class that Django's related manager extends.
        return False
    through = getattr(manager, "through", None)
    return is_saved_plainly(manager.model) and (through is None or is_saved_plainly(through))


@functools.cache
def _is_unchanged(manager: type[Any], names: frozenset[str]) -> bool:
    """Whether the project overrides none of *names*, which Django defines for related managers."""
    return all(
        getattr(manager, name).__module__ == related_descriptors.__name__ for name in names if hasattr(manager, name)
    )


def reads_plainly(queryset: Any) -> bool:
    """Whether evaluating *queryset* makes rows of models that are read plainly, by Django's own code."""
    if not (is_plain_queryset(type(queryset)) and is_read_plainly(queryset.model)):  # type: ignore[arg-type]
        return False
    if not queryset._iterable_class.__module__.startswith("django.db."):
        return False
    related = queryset.query.select_related
    if related and not (isinstance(related, dict) and _follows(queryset.model, related)):
        return False
    lookups = queryset._prefetch_related_lookups
    return not lookups or all(_prefetches(queryset.model, lookup) for lookup in lookups)


def _follows(model: type[Model], related: dict[str, Any]) -> bool:
    """Whether the rows of `select_related` are read plainly."""
    for name, deeper in related.items():
        relation = _relation(model, name)
        if relation is None or not is_read_plainly(relation.related_model):
            return False
        if not _follows(relation.related_model, deeper):
            return False
    return True


def _prefetches(model: type[Model], lookup: Any) -> bool:
    """Whether the rows of one lookup of `prefetch_related` are read plainly."""
    path = lookup
    if not isinstance(lookup, str):
        if lookup.queryset is not None and not reads_plainly(lookup.queryset):
            return False
        path = lookup.prefetch_through
    for name in path.split("__"):
        relation = _relation(model, name)
        if relation is None or not is_read_plainly(relation.related_model):
            return False
        model = relation.related_model
        # To many, rows come from the default manager.
        if (relation.one_to_many or relation.many_to_many) and not is_plain_manager(type(model._default_manager)):  # type: ignore[arg-type]
            return False
    return True


def _relation(model: type[Model], name: str) -> Any:
    """The field or reverse relation that *name* follows to another model, None if there is none such."""
    for relation in model._meta.get_fields():
        accessor = getattr(relation, "get_accessor_name", None)
        if relation.name == name or (accessor is not None and accessor() == name):
            return relation if isinstance(relation.related_model, type) else None
    return None


def _prefetch_call(instances: Any, *lookups: Any) -> bool:
    if not isinstance(instances, list | tuple) or len(instances) > MANY:
        return False
    if not all(isinstance(one, Model) for one in instances):
        return False
    return all(_prefetches(model, lookup) for model in {type(one) for one in instances} for lookup in lookups)


def _generator(generator: Any) -> bool:
    """Whether what `async for` over a queryset reads from reads plainly."""
    if type(generator) is not GeneratorType:
        return False
    frame = generator.gi_frame
    iterable = None if frame is None else frame.f_locals.get("self")
    return isinstance(iterable, query_module.BaseIterable) and reads_plainly(iterable.queryset)


def _inert(args: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
    """Whether no argument is many, or code: a function called for a value, an iterator, or rows not read plainly."""
    return len(args) <= MANY and not any(
        callable(value)
        or hasattr(type(value), "__next__")
        or _is_many(value)
        or (isinstance(value, QuerySet) and not reads_plainly(value))
        for value in _values(args, keywords)
    )


def _is_many(value: Any) -> bool:
    # To ask a queryset for its length is a query, and it is inside of one.
    return not isinstance(value, str | bytes | QuerySet) and hasattr(type(value), "__len__") and len(value) > MANY


def _values(args: tuple[Any, ...], keywords: dict[str, Any]) -> Iterator[Any]:
    yield from args
    for value in keywords.values():
        if type(value) is dict:
            yield from value.values()
        else:
            yield value
