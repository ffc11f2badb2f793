"""Generators that are read step by step, and who closes them."""

import threading
from collections.abc import Iterator

from bolt_django.db.reads import Reads


def rows(closed: list[int]) -> Iterator[int]:
    """Rows, and the thread that closes their cursor."""
    try:
        yield from range(3)
    finally:
        closed.append(threading.get_ident())


def test_one_that_somebody_has_is_in_use() -> None:
    """Until it is read to its end, or forgotten."""
    reads, closed = Reads(), list[int]()
    generator = rows(closed)
    assert (reads.unfinished, reads.in_use) == (False, False)

    assert reads.add(generator)  # type: ignore[arg-type]
    assert reads.add(generator)  # type: ignore[arg-type]
    next(generator)
    assert (reads.unfinished, reads.in_use) == (True, True)
    reads.close_forgotten()
    assert closed == []

    assert list(generator) == [1, 2]
    assert (reads.unfinished, reads.in_use) == (False, False)


def test_one_that_is_forgotten_is_closed_where_the_session_runs() -> None:
    """Not where its last reference was dropped."""
    reads, closed = Reads(), list[int]()
    generator = rows(closed)
    reads.add(generator)  # type: ignore[arg-type]
    next(generator)
    del generator
    assert (closed, reads.unfinished, reads.in_use) == ([], True, False)

    thread = threading.Thread(target=reads.close_forgotten)
    thread.start()
    thread.join()
    assert closed == [thread.ident]
    assert not reads.unfinished


def test_nobody_goes_on_with_one_that_was_ended() -> None:
    """It would be at its end without a word, and rows would be missing."""
    reads, closed = Reads(), list[int]()
    generator, finished = rows(closed), rows([])
    reads.add(generator)  # type: ignore[arg-type]
    reads.add(finished)  # type: ignore[arg-type]
    next(generator)
    list(finished)
    reads.end()
    reads.close()

    assert len(closed) == 1
    assert not Reads().add(generator)  # type: ignore[arg-type]
    assert Reads().add(finished)  # type: ignore[arg-type]


def test_an_error_of_closing_is_nobodys() -> None:
    """The connection may be gone already."""

    def broken() -> Iterator[int]:
        try:
            yield 1
        finally:
            raise OSError("gone")

    reads = Reads()
    generator = broken()
    reads.add(generator)  # type: ignore[arg-type]
    next(generator)
    reads.close()
    assert not reads.unfinished
