"""Unfinished reads: generators that take rows from a cursor step by step, as `async for` over `aiterator()` does.

Whoever drops the last reference to such a generator closes its cursor, and of one that was broken off that is the event
loop's thread: it would wait for the database there, or speak on a connection that another thread is closing. So a
session keeps its generators itself, and closes them on the threads that its calls run on.
"""

import contextlib
import sys
import weakref
from types import GeneratorType
from typing import Any

type Generator = GeneratorType[Any, Any, Any]

# Those whose session has ended while somebody still had them.
_ended: "weakref.WeakSet[Generator]" = weakref.WeakSet()


class Reads:
    """The unfinished generators of a session. The session's calls use it one after the other."""

    __slots__ = ("_generators",)

    def __init__(self) -> None:
        self._generators: list[Generator] = []

    def add(self, generator: Generator) -> bool:
        """Keep *generator*, which is about to be asked for more; False if it cannot go on, as its session has ended."""
        if generator in _ended:
            return False
        if not any(one is generator for one in self._generators):
            self._generators.append(generator)
        return True

    @property
    def unfinished(self) -> bool:
        """Whether there is one that has more to read, or could have."""
        return any(one.gi_frame is not None for one in self._generators)

    @property
    def in_use(self) -> bool:
        """Whether somebody may go on with an unfinished one."""
        # By number: a variable would be one more that holds it.
        return any(
            self._generators[at].gi_frame is not None and _holders(self._generators, at) > _ALONE
            for at in range(len(self._generators))
        )

    def close_forgotten(self) -> None:
        """Close those that nobody can go on with."""
        if self._generators:
            for at in reversed(range(len(self._generators))):
                if self._generators[at].gi_frame is None or _holders(self._generators, at) == _ALONE:
                    _close(self._generators.pop(at))

    def end(self) -> None:
        """Let nobody go on with any of them: their cursors will be closed."""
        _ended.update(one for one in self._generators if one.gi_frame is not None)

    def close(self) -> None:
        """Close all."""
        while self._generators:
            _close(self._generators.pop())


def _holders(generators: list[Generator], at: int) -> int:
    return sys.getrefcount(generators[at])


def _nothing() -> Any:
    yield


# What is counted of a generator that the list alone has.
_ALONE = _holders([_nothing()], 0)


def _close(generator: Generator) -> None:
    # Its connection may be gone, and nobody waits for its rows.
    with contextlib.suppress(Exception):
        generator.close()
