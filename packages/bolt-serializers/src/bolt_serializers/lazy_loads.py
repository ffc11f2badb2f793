"""Queries that reading an object may not make: any on an event loop, and any at all where reading is strict."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from bolt_serializers.errors import LazyLoadError, Missing

_ON_LOOP = "would query the database on the event loop"
_STRICT = "is not loaded, and reading is strict"


class _Queried(Exception):
    """A query where none may be made."""


def lazy_load(error: Exception, path: str, what: Missing, *, many: bool = False) -> LazyLoadError | None:
    """What to raise for *error*, which reading *path* raised; `None` if no query is behind it."""
    if isinstance(error, _Queried):
        return LazyLoadError(path, many, _STRICT, what)
    # Django's, which need not be installed.
    if type(error).__name__ == "SynchronousOnlyOperation":
        return LazyLoadError(path, many, _ON_LOOP, what)
    return None


def under(error: LazyLoadError, step: str, *, many: bool) -> LazyLoadError:
    """*error* of an object that *step* led to, or of one of *many*: a join cannot follow it to these."""
    path, was_many, why, what = error.args
    return LazyLoadError(f"{step}__{path}", was_many or many, why, what)


@contextmanager
def no_queries() -> Iterator[None]:
    """Refuse every query of Django's on this thread; without Django there is none."""
    database = sys.modules.get("django.db")
    with ExitStack() as stack:
        for connection in database.connections.all() if database is not None else ():
            stack.enter_context(connection.execute_wrapper(_refuse))
        yield


def _refuse(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
    raise _Queried
