"""Users that have been loaded, kept for `BOLT["USER_CACHE_SECONDS"]` in this process.

An entry is what the database had, which nobody works with: each request gets a copy. Saving or deleting a user in this
process drops its entry; what `QuerySet.update()` and other processes do is seen once the entry is too old.
"""

import copy
import datetime
import decimal
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.db import connections, transaction
from django.db.models import Model, signals

from bolt_django import conf

MOST = 4096
"""Users that are kept at the same time; for one more the one loaded longest ago goes."""

_UNCHANGING = frozenset(
    {
        *(str, bytes, int, float, bool, type(None), decimal.Decimal, uuid.UUID),
        *(datetime.datetime, datetime.date, datetime.time, datetime.timedelta),
    }
)

type _Key = tuple[type[Model], Any]


class UserCache:
    """Of one process; its threads may all use it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[_Key, tuple[float, Any]] = {}
        # Until when a user is not to be kept: it is being changed in a transaction that may yet be undone.
        self._changing: dict[_Key, float] = {}
        # Changes so far, to tell whether one has come between a query and its result.
        self._changes = 0
        self._watched: set[type[Model]] = set()

    def get(self, model: type[Model], key: Any) -> Any:
        """A copy of the user, `None` where none is kept that is young enough."""
        seconds = conf.user_cache_seconds()
        if not seconds:
            return None
        with self._lock:
            entry = self._kept.get((model, key))
        if entry is None or self._clock() - entry[0] >= seconds:
            return None
        return copied(entry[1])

    def keeper(self, model: type[Model], key: Any) -> Callable[[Any], Any]:
        """What takes the user that a query is about to find, keeps a copy of it, and returns it."""
        if not conf.user_cache_seconds():
            return _as_it_is
        self.watch(model)
        loaded_at, changes = self._clock(), self._changes

        def keep(user: Any) -> Any:
            entry = (loaded_at, copied(user))
            with self._lock:
                changing = self._changing.get((model, key))
                if changes == self._changes and (changing is None or changing <= loaded_at):
                    self._changing.pop((model, key), None)
                    _put(self._kept, (model, key), entry)
            return user

        return keep

    def clear(self) -> None:
        """Drop all."""
        with self._lock:
            self._kept.clear()
            self._changes += 1

    def drop(self, model: type[Model], key: Any, using: str | None = None) -> None:
        """Drop one, which is being changed in the database *using*; it is kept again once that is committed."""
        committing = connections[using or "default"].in_atomic_block
        with self._lock:
            self._kept.pop((model, key), None)
            self._changes += 1
            if committing:
                _put(self._changing, (model, key), self._clock() + conf.user_cache_seconds())
        if committing:
            transaction.on_commit(lambda: self._committed((model, key)), using=using)

    def _committed(self, key: _Key) -> None:
        with self._lock:
            self._kept.pop(key, None)
            self._changing.pop(key, None)
            self._changes += 1

    def watch(self, model: type[Model]) -> None:
        """Hear of changes to users of *model*: before the first request, and with the setting alone.

        A signal that has receivers costs each save something.
        """
        with self._lock:
            if model in self._watched:
                return
            self._watched.add(model)
        watching = _Watching(self, model)
        for sender in _kin(model):
            for signal in (signals.post_save, signals.post_delete):
                signal.connect(watching.changed, sender=sender, weak=False)
        for field in model._meta.many_to_many:
            signals.m2m_changed.connect(watching.related, sender=field.remote_field.through, weak=False)


class _Watching:
    """The receivers of signals that tell of changes to users of one model."""

    def __init__(self, cache: UserCache, model: type[Model]) -> None:
        self._cache = cache
        self._model = model

    def changed(self, sender: Any, instance: Any, using: str | None = None, **kwargs: Any) -> None:
        """Of `post_save` and `post_delete`."""
        self._cache.drop(self._model, instance.pk, using)

    def related(self, sender: Any, instance: Any, using: str | None = None, **kwargs: Any) -> None:
        """Of `m2m_changed`."""
        if isinstance(instance, self._model):
            self._cache.drop(self._model, instance.pk, using)
        else:
            # From the other side, as of a group: it may be about any user.
            self._cache.clear()


def _as_it_is(user: Any) -> Any:
    return user


def _put[V](entries: dict[_Key, V], key: _Key, value: V) -> None:
    entries.pop(key, None)
    if len(entries) >= MOST:
        del entries[next(iter(entries))]
    entries[key] = value


def _kin(model: type[Model]) -> set[type[Model]]:
    """*model*, and the models that share its rows: proxies, and those it inherits or that inherit it."""
    found = {model, *model._meta.get_parent_list()}
    pending = [model]
    while pending:
        for child in pending.pop().__subclasses__():
            if child not in found and not child._meta.abstract:
                found.add(child)
                pending.append(child)
    return found


def copied(user: Any) -> Any:
    """*user* as it came from the database: nothing that can be changed is shared, no relation is loaded."""
    made = copy.copy(user)
    values = vars(made)
    if isinstance(made, Model):
        made._state = copy.copy(made._state)
        made._state.fields_cache = {}
        values.pop("_prefetched_objects_cache", None)
    for name, value in values.items():
        if name != "_state" and type(value) not in _UNCHANGING:
            values[name] = copy.deepcopy(value)
    return made


CACHE = UserCache()
