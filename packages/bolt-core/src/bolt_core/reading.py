"""Objects of other libraries inside results: what a model is applied to, and reading that must not run on the loop.

An ORM's lazy objects query a database when they are read. An integration registers how its types are read
(`register_reader`) and what raises where that may not happen, on the event loop (`register_off_loop`); then whatever a
handler returned is turned into its reply on a thread.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from bolt_serializers.errors import LazyLoadError

from bolt_core.pool import on_event_loop, run_in_pool

type Reader = Callable[[Any, frozenset[str]], Any]
type OffLoop = Callable[[Callable[[], Any]], Awaitable[Any]]

# What holds nothing that would have to be read.
_SCALARS = frozenset({str, bytes, int, float, bool, type(None)})

_readers: dict[type, Reader] = {}
_reader_of: dict[type, Reader | None] = {}
_off_loop: list[tuple[OffLoop, tuple[type[Exception], ...]]] = []


def register_reader(type_: type, read: Reader) -> None:
    """Let *read*(value, fields) say what a response model is applied to in place of values of *type_*.

    *fields* are the names of all fields of the model, empty where it has none (`dict`, `list[Any]`). The nearest class
    wins. What *read* returns is not read again. Holds for the whole process.
    """
    _readers[type_] = read
    _reader_of.clear()


def register_off_loop(run: OffLoop, errors: tuple[type[Exception], ...]) -> None:
    """Turn results that raise one of *errors* on the event loop into their replies by `await run(function)` instead."""
    _off_loop[:] = [(run, errors)]


def read_deep(value: Any, fields: frozenset[str]) -> Any:
    """*value*, with what has a reader read, at any depth of dicts, lists, tuples and sets."""
    if not _readers:
        return value
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is dict:
        if _SCALARS.issuperset(map(type, value.values())):
            return value
        return {key: read_deep(item, fields) for key, item in value.items()}
    if kind in (list, tuple, set, frozenset):
        if all(_holds_nothing(inner) for inner in set(map(type, value))):
            return value
        # A list also for a set: what its items are read as may not be hashable.
        read = [read_deep(item, fields) for item in value]
        return tuple(read) if kind is tuple else read
    reader = _find(kind)
    return value if reader is None else reader(value, fields)


def _holds_nothing(kind: type) -> bool:
    return kind in _SCALARS or (kind not in (dict, list, tuple, set, frozenset) and _find(kind) is None)


def _find(kind: type) -> Reader | None:
    try:
        return _reader_of[kind]
    except KeyError:
        found = next((_readers[base] for base in kind.__mro__ if base in _readers), None)
        _reader_of[kind] = found
        return found


class _ReadOffLoop(Exception):
    """What would be lost if it were read twice is read on a thread at once."""


def refuse_on_loop() -> None:
    """Raise what `must_leave_loop` knows, where this is the event loop's thread and an integration has readers.

    For what can be read once only: a reading that some other part of the result ends early would have used it up.
    """
    if _off_loop and on_event_loop():
        raise _ReadOffLoop("an iterator is read once; not on the event loop, where reading may have to stop")


def must_leave_loop(error: Exception) -> bool:
    """Whether *error* says that something may not be read where this is called, because that is the event loop."""
    if not _off_loop or not on_event_loop():
        return False
    return isinstance(error, (_ReadOffLoop, LazyLoadError, *_off_loop[0][1]))


async def off_loop[T](function: Callable[[], T]) -> T:
    """What *function* returns on a thread of the request's, in its context."""
    run: OffLoop = _off_loop[0][0] if _off_loop else run_in_pool
    result: T = await run(function)
    return result
