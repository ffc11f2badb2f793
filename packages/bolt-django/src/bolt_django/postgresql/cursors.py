"""What is added to Django's cursors, so that fibers neither block the event loop nor keep it for long."""

import functools
from collections.abc import Iterator
from typing import Any

from bolt_core.pool import on_event_loop

from bolt_django.greenlets.fibers import current_fiber

# As Django reads results in chunks. Less than that and there is nothing to come.
_CHUNK_ROWS = 100


class _Rows(list[Any]):
    """A chunk of a result; where a fiber makes objects of its rows, the loop has had its turn before."""

    def __iter__(self) -> Iterator[Any]:
        if (fiber := current_fiber()) is not None:
            fiber.give_turn()
        return super().__iter__()


@functools.cache
def with_turns(cursor: type[Any]) -> type[Any]:
    """The class *cursor*, which gives the loop turns while a fiber reads a long result."""

    def fetchmany(self: Any, size: int = 0) -> list[Any]:
        rows: list[Any] = cursor.fetchmany(self, size)
        if len(rows) < _CHUNK_ROWS or (fiber := current_fiber()) is None:
            return rows
        fiber.give_turn()
        return _Rows(rows)

    return _extended(cursor, fetchmany=fetchmany)


@functools.cache
def closing_later(cursor: type[Any]) -> type[Any]:
    """The class *cursor* of server-side cursors, each of which closes where it can without blocking the loop."""

    def close(self: Any) -> None:
        if current_fiber() is None and on_event_loop():
            # An iteration that was broken off is collected on the loop, perhaps while a fiber uses the connection.
            if not self.closed and not self.connection.closed:
                self.connection.unclosed.append(self)
        else:
            cursor.close(self)

    return _extended(cursor, close=close)


@functools.cache
def with_thread(wrapper: type[Any]) -> type[Any]:
    """The class *wrapper* of Django's around cursors; what is in `execute_wrappers` is the project's, and may block."""

    def _execute_with_wrappers(self: Any, *args: Any, **keywords: Any) -> Any:
        execute = functools.partial(wrapper._execute_with_wrappers, self, *args, **keywords)
        if not self.db.execute_wrappers or (fiber := current_fiber()) is None:
            return execute()
        return fiber.elsewhere(execute)

    return _extended(wrapper, _execute_with_wrappers=_execute_with_wrappers)


def _extended(usual: type[Any], **methods: Any) -> type[Any]:
    return type(usual.__name__, (usual,), {**methods, "__module__": usual.__module__})
