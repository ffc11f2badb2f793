"""Lanes: which thread a request's synchronous calls run on."""

import asyncio
import contextvars
import functools
import gc
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from bolt_core.event_loop import EventLoop
from bolt_core.pool import Pool
from bolt_django import calls, db, lanes


@pytest.fixture
def pool() -> Iterator[Pool]:
    """A pool that ends with the test."""
    pool = Pool(4)
    yield pool
    pool.close()


def on_the_servers_loop(test: Callable[[Pool], Coroutine[Any, Any, None]]) -> Callable[[Pool], None]:
    """Run a test on the loop that a server has."""

    @functools.wraps(test)
    def run(pool: Pool) -> None:
        with asyncio.Runner(loop_factory=lambda: EventLoop(pool)) as runner:
            runner.run(test(pool))

    return run


async def in_request[T](context: contextvars.Context, coroutine: "asyncio._CoroutineLike[T]") -> T:
    """Run a coroutine as the engine runs a handler: a task in a copy of the base context."""
    return await asyncio.get_running_loop().create_task(coroutine, context=context.copy())


def base(pool: Pool, most: int, sessions: db.SessionPool | None = None) -> contextvars.Context:
    """A base context with lanes."""
    context = contextvars.copy_context()
    lanes.install(context, lanes.RequestExecutor(pool, most, sessions))
    return context


def name() -> str:
    """The thread's name."""
    return threading.current_thread().name


@on_the_servers_loop
async def test_a_request_keeps_its_thread(pool: Pool) -> None:
    """Two calls of one request, and of a task that it starts, run on one thread, which is a lane."""

    async def handler() -> list[str]:
        first = await sync_to_async(name)()
        async with asyncio.TaskGroup() as group:
            second = group.create_task(sync_to_async(name)())
        return [first, second.result()]

    first, second = await in_request(base(pool, 4), handler())

    assert first == second
    assert first.startswith("bolt-dedicated")


class Gate:
    """A call that blocks until it is let go."""

    def __init__(self) -> None:
        self.begun, self._end = threading.Event(), threading.Event()

    def block(self) -> str:
        """Wait; return the thread's name."""
        self.begun.set()
        self._end.wait(10)
        return name()

    def open(self) -> None:
        """Let it go."""
        self._end.set()


async def call[T](work: Callable[[], T]) -> T:
    """A handler that makes one synchronous call."""
    return await sync_to_async(work)()


@on_the_servers_loop
async def test_a_blocked_call_delays_no_other_request(pool: Pool) -> None:
    """While one request's call blocks, others are taken by another lane, even those that were queued before."""
    context, gate = base(pool, 2), Gate()
    requests = [asyncio.ensure_future(in_request(context, call(gate.block)))]
    requests += [asyncio.ensure_future(in_request(context, call(name))) for _ in range(5)]

    others = await asyncio.wait_for(asyncio.gather(*requests[1:]), 10)
    assert not requests[0].done()
    gate.open()

    assert await requests[0] not in others


@on_the_servers_loop
async def test_calls_made_at_once_run_one_after_the_other(pool: Pool) -> None:
    """Calls that a request gathers run on one thread, in order."""
    order: list[tuple[int, str]] = []

    async def handler() -> None:
        await sync_to_async(name)()
        await asyncio.gather(*(sync_to_async(lambda n=n: order.append((n, name())))() for n in range(5)))

    await in_request(base(pool, 4), handler())

    assert [number for number, _ in order] == list(range(5))
    assert len({thread for _, thread in order}) == 1


@on_the_servers_loop
async def test_idle_lanes_are_reused(pool: Pool) -> None:
    """Requests that follow each other share one thread."""
    context = base(pool, 4)

    async def quick() -> str:
        return await sync_to_async(name)()

    assert len({await in_request(context, quick()) for _ in range(5)}) == 1


@on_the_servers_loop
async def test_a_call_cancelled_in_the_queue_never_runs(pool: Pool) -> None:
    """A call that was cancelled before its turn is skipped, and the next one runs."""
    context, gate = base(pool, 1), Gate()
    ran: list[str] = []
    blocked = asyncio.ensure_future(in_request(context, call(gate.block)))
    await asyncio.to_thread(gate.begun.wait, 10)
    queued = asyncio.ensure_future(in_request(context, call(lambda: ran.append("ran"))))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    queued.cancel()
    with pytest.raises(asyncio.CancelledError):
        await queued
    gate.open()
    await blocked

    assert await in_request(context, call(name)) == await blocked
    assert ran == []


@on_the_servers_loop
async def test_results_and_errors_come_back_in_full(pool: Pool) -> None:
    """Many calls at once get their own results, and one that fails its own error, StopIteration included."""
    context = base(pool, 4)

    def fail(number: int) -> int:
        if number == 7:
            raise ValueError("seven")
        if number == 9:
            raise StopIteration
        return number

    calls = [in_request(context, call(functools.partial(fail, number))) for number in range(200)]
    results = await asyncio.gather(*calls, return_exceptions=True)

    assert isinstance(results[7], ValueError)
    assert isinstance(results[9], RuntimeError)
    assert [result for result in results if isinstance(result, int)] == [n for n in range(200) if n not in (7, 9)]


def test_another_loop_than_the_servers(pool: Pool) -> None:
    """Code that runs a loop of its own in a request's context gets its results, too."""
    context = base(pool, 4)

    assert asyncio.run(in_request(context, call(name))).startswith("bolt-dedicated")
    with asyncio.Runner(loop_factory=lambda: EventLoop(pool)) as runner:
        assert runner.run(in_request(context, call(name))).startswith("bolt-dedicated")
    assert asyncio.run(in_request(context, call(name))).startswith("bolt-dedicated")


def quickly(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.05) -> None:
    """Let requests wait for so long only."""
    monkeypatch.setattr("bolt_django.conf.DATABASE_TIMEOUT_SECONDS", seconds)


def test_a_request_that_waits_too_long_is_refused(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every lane blocked, a call raises after its bound; the next request is served again."""
    quickly(monkeypatch)

    @on_the_servers_loop
    async def run(pool: Pool) -> None:
        context, gate = base(pool, 1, db.SessionPool(1)), Gate()
        blocked = asyncio.ensure_future(in_request(context, call(gate.block)))
        await asyncio.to_thread(gate.begun.wait, 10)
        with pytest.raises(db.ConnectionsExhausted, match=r"within 0\.05 s"):
            await in_request(context, call(name))
        gate.open()
        assert await in_request(context, call(name)) == await blocked

    run(pool)


def test_an_unfinished_generator_keeps_its_session(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request between two steps of a generator, as `aiterator()` makes them, is not taken anything away."""
    quickly(monkeypatch)

    @on_the_servers_loop
    async def run(pool: Pool) -> None:
        context, sessions = base(pool, 2, made), made
        begun, end = asyncio.Event(), asyncio.Event()

        async def reader() -> int:
            numbers = (number for number in range(2))
            await sync_to_async(list.pop)([1])
            first: int = await sync_to_async(lambda rows: next(rows))(numbers)
            begun.set()
            await end.wait()
            return first + sum(await sync_to_async(list)(numbers))

        reading = asyncio.ensure_future(in_request(context, reader()))
        await begun.wait()
        with pytest.raises(db.ConnectionsExhausted):
            await in_request(context, call(name))
        end.set()
        assert await reading == 1
        await in_request(context, call(name))
        assert sessions.used == 1

    made = db.SessionPool(1)
    run(pool)


@on_the_servers_loop
async def test_sessions_go_round(pool: Pool) -> None:
    """Many requests that pause between their calls are served by few sessions, each on its own thread."""
    sessions = db.SessionPool(2)
    context = base(pool, 2, sessions)

    async def handler() -> set[str]:
        seen = set()
        for _ in range(3):
            seen.add(await sync_to_async(name)())
            await asyncio.sleep(0.001)
        return seen

    requests = [in_request(context, handler()) for _ in range(50)]
    assert {len(seen) for seen in await asyncio.gather(*requests)} == {1}
    assert sessions.used <= 2
    assert not sessions.awaited
    assert sessions.reserve(0)
    assert sessions.reserve(0)


@on_the_servers_loop
async def test_calls_leave_no_garbage(pool: Pool) -> None:
    """A call is freed when its result is there, without the cyclic collector."""
    context = base(pool, 1, db.SessionPool(1))
    await in_request(context, call(name))
    gc.collect()
    gc.disable()
    try:
        for _ in range(100):
            await in_request(context, call(name))
        await asyncio.sleep(0)
        assert sum(isinstance(thing, calls.Call) for thing in gc.get_objects()) < 10
    finally:
        gc.enable()
