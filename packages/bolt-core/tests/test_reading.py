"""Objects that have to be read, inside results."""

import asyncio
from collections.abc import Iterator

import pytest
from bolt_core import reading


class Lazy:
    pass


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One reader, and one error that is the loop's."""
    monkeypatch.setattr(reading, "_readers", {})
    monkeypatch.setattr(reading, "_off_loop", [])
    reading.register_reader(Lazy, lambda value, fields: sorted(fields))
    yield
    reading._reader_of.clear()


def test_values_are_read_at_any_depth() -> None:
    """What holds none stays the object it is."""
    plain = [{"a": 1}, [2]]
    fields = frozenset({"x"})

    assert reading.read_deep({"a": [(Lazy(), 1)]}, fields) == {"a": [(["x"], 1)]}
    assert reading.read_deep(plain, fields) == plain
    assert reading.read_deep(plain[1], fields) is plain[1]


def test_only_the_loop_has_to_be_left() -> None:
    """And only for what was registered."""
    ran: list[str] = []

    async def run(function: object) -> None:
        ran.append("off")

    async def ask(error: Exception) -> bool:
        return reading.must_leave_loop(error)

    assert not asyncio.run(ask(LookupError()))
    reading.register_off_loop(run, (LookupError,))
    assert asyncio.run(ask(KeyError()))
    assert not asyncio.run(ask(ValueError()))
    assert not reading.must_leave_loop(LookupError())
    asyncio.run(reading.off_loop(int))
    assert ran == ["off"]
