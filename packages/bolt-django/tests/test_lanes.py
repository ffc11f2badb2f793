"""Lanes: which thread a request's synchronous calls run on."""

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Callable

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from bolt_core.pool import Pool
from bolt_django import lanes


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    """A pool that ends with the test."""
    pool = Pool(4)
    yield pool
    pool.close()


async def in_request[T](context: contextvars.Context, coroutine: "asyncio._CoroutineLike[T]") -> T:
    """Run a coroutine as the engine runs a handler: a task in a copy of the base context."""
    return await asyncio.get_running_loop().create_task(coroutine, context=context.copy())


def base(pool: Pool, most: int) -> contextvars.Context:
    """A base context with lanes."""
    context = contextvars.copy_context()
    lanes.install(context, pool, most)
    return context


def name() -> str:
    """The thread's name."""
    return threading.current_thread().name


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


async def test_a_blocked_lane_delays_no_other_request(pool: Pool) -> None:
    """While one request's call blocks, another's gets a lane of its own."""
    context = base(pool, 2)
    begun, end = threading.Event(), threading.Event()

    def block() -> str:
        begun.set()
        end.wait(10)
        return name()

    async def blocking() -> str:
        return await sync_to_async(block)()

    async def quick() -> str:
        return await sync_to_async(name)()

    blocked = asyncio.ensure_future(in_request(context, blocking()))
    await asyncio.to_thread(begun.wait, 10)
    await asyncio.sleep(2 * lanes._PATIENCE_SECONDS)
    other = await in_request(context, quick())
    end.set()

    assert other != await blocked


async def test_idle_lanes_are_reused(pool: Pool) -> None:
    """Requests that follow each other share one thread."""
    context = base(pool, 4)

    async def quick() -> str:
        return await sync_to_async(name)()

    assert len({await in_request(context, quick()) for _ in range(5)}) == 1


async def test_a_call_cancelled_in_the_queue_is_forgotten(pool: Pool) -> None:
    """A call that was cancelled before its turn never runs and does not make its lane look busy."""
    context = base(pool, 1)
    begun, end = threading.Event(), threading.Event()
    ran: list[str] = []

    def block() -> None:
        begun.set()
        end.wait(10)

    async def call(work: Callable[[], None]) -> None:
        await sync_to_async(work)()

    blocked = asyncio.ensure_future(in_request(context, call(block)))
    await asyncio.to_thread(begun.wait, 10)
    queued = asyncio.ensure_future(in_request(context, call(lambda: ran.append("ran"))))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    queued.cancel()
    with pytest.raises(asyncio.CancelledError):
        await queued
    end.set()
    await blocked

    assert ran == []
    sensitive = context[SyncToAsync.thread_sensitive_context]
    executor = SyncToAsync.context_to_thread_executor[sensitive]
    assert isinstance(executor, lanes.RequestExecutor)
    assert [len(lane.pending) for lane in executor._lanes] == [0]
