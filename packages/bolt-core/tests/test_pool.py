"""The pool's threads: one while nothing blocks, more when work waits, every result delivered."""

import asyncio
import contextlib
import contextvars
import gc
import socket
import threading
import weakref
from collections.abc import Iterator

import pytest
from bolt_core import BoltAPI
from bolt_core.config import ServerConfig
from bolt_core.event_loop import EventLoop
from bolt_core.inprocess import InProcessServer
from bolt_core.pool import Pool, PoolExecutor, current_pool, run_in_pool


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(4)
    yield made
    made.close()


def test_no_thread_starts_before_there_is_work(pool: Pool) -> None:
    """A pool that nobody used has no thread, so a process may fork."""
    assert pool.native.counts() == (0, 0, 0)


def test_a_job_runs_on_a_thread_of_the_pool(pool: Pool) -> None:
    """A submitted call runs on another thread and its result comes back."""
    future = PoolExecutor(pool).submit(threading.current_thread)

    assert future.result(10) is not threading.current_thread()


def test_an_exception_reaches_the_future(pool: Pool) -> None:
    """What a job raises is raised to who waits for it."""

    def fail() -> None:
        raise LookupError("no")

    future = PoolExecutor(pool).submit(fail)

    with pytest.raises(LookupError, match="no"):
        future.result(10)


def test_blocked_work_gets_more_threads_up_to_the_bound(pool: Pool) -> None:
    """Jobs that block each take a thread, never more than the pool's size."""

    async def block() -> int:
        loop = asyncio.get_running_loop()
        gate, inside = threading.Event(), threading.Semaphore(0)

        def wait() -> None:
            inside.release()
            gate.wait()

        executor = PoolExecutor(pool)
        waiting = [loop.run_in_executor(executor, wait) for _ in range(6)]
        for _ in range(4):
            while not inside.acquire(blocking=False):
                await asyncio.sleep(0.001)
        threads = pool.native.counts()[0]
        gate.set()
        await asyncio.gather(*waiting)
        return threads

    with asyncio.Runner(loop_factory=lambda: EventLoop(pool)) as runner:
        assert runner.run(asyncio.wait_for(block(), 20)) == 4


def test_a_pinned_executor_keeps_one_thread(pool: Pool) -> None:
    """All work of a pinned executor runs on one thread that does nothing else."""
    executor = PoolExecutor(pool, pinned=True)
    threads = {executor.submit(threading.get_ident).result(10) for _ in range(20)}
    others = {PoolExecutor(pool).submit(threading.get_ident).result(10) for _ in range(20)}

    assert len(threads) == 1
    assert not threads & others


def test_a_loop_can_wait_for_a_pinned_thread(pool: Pool) -> None:
    """What it has submitted begins at once if it says so, not with its next turn."""

    async def wait() -> list[int]:
        executor = PoolExecutor(pool, pinned=True)
        found = []
        for number in range(3):
            future = executor.submit(lambda number=number: number)
            executor.begin_now()
            found.append(future.result(10))
        return found

    with asyncio.Runner(loop_factory=lambda: EventLoop(pool)) as runner:
        assert runner.run(wait()) == [0, 1, 2]


def test_hooks_run_around_every_job_on_its_thread(pool: Pool) -> None:
    """`before` and `after` are called on the thread, around the job; `on_exit` when the thread ends."""
    seen: list[tuple[str, int]] = []
    pool.add_unit_hook(
        before=lambda: seen.append(("before", threading.get_ident())),
        after=lambda: seen.append(("after", threading.get_ident())),
        on_exit=lambda: seen.append(("exit", threading.get_ident())),
    )
    thread = PoolExecutor(pool).submit(threading.get_ident).result(10)
    pool.close()

    assert seen == [("before", thread), ("after", thread), ("exit", thread)]


def test_run_in_pool_keeps_the_callers_context(pool: Pool) -> None:
    """A blocking function sees the caller's context variables, and changes to them stay its own."""
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="unset")

    def read_and_write() -> str:
        seen = name.get()
        name.set("changed")
        return seen

    async def call() -> tuple[str, str]:
        from bolt_core.pool import _current

        _current.set(pool)
        name.set("caller")
        return await run_in_pool(read_and_write), name.get()

    with asyncio.Runner(loop_factory=lambda: EventLoop(pool)) as runner:
        assert runner.run(call()) == ("caller", "caller")


def test_there_is_no_pool_outside_a_server() -> None:
    """Asking for the pool where none is says what to use instead."""
    with pytest.raises(RuntimeError, match="to_thread"):
        contextvars.Context().run(current_pool)


def test_an_external_pool_runs_jobs_on_the_callers_thread() -> None:
    """With no threads of its own, a pool's jobs run where `run_pending` is called, and not before."""
    pool = Pool(1, external=True)
    future = PoolExecutor(pool).submit(threading.get_ident)
    assert not future.done()

    pool.native.run_pending()

    assert future.result(0) == threading.get_ident()


def test_a_job_can_go_on_where_it_began(pool: Pool) -> None:
    """A pool thread knows its number, and work submitted to it runs there; other threads have none."""
    executor = PoolExecutor(pool)
    number, thread = executor.submit(lambda: (pool.current_thread(), threading.get_ident())).result(10)
    seen: list[int] = []
    done = threading.Event()

    pool.submit(lambda: (seen.append(threading.get_ident()), done.set()), number)

    assert done.wait(10)
    assert seen == [thread]
    assert pool.current_thread() is None


def test_a_pool_goes_with_its_last_user() -> None:
    """And with it its descriptors; the loop that it served may have known it in a circle."""

    def use() -> weakref.ref[Pool]:
        pool = Pool(1, external=True)
        EventLoop(pool).close()
        return weakref.ref(pool)

    pool = use()
    gc.collect()

    assert pool() is None


def test_a_reply_does_not_wait_for_the_job_that_runs_after_it() -> None:
    """A thread's replies are gathered while it has more work, never for as long as its next job blocks."""
    api = BoltAPI()
    names = ("first", "second", "third")
    inside, gates = threading.Event(), {name: threading.Event() for name in names}

    @api.get("/{name}")
    def wait(name: str) -> str:
        inside.set()
        gates[name].wait(10)
        return name

    pool = Pool(1)
    server = InProcessServer(api.freeze(), ServerConfig(), pool=pool)
    with contextlib.ExitStack() as stack, socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        stack.callback(pool.close)
        server.start()
        stack.callback(server.close)
        server.listen(listener)
        clients = [stack.enter_context(socket.create_connection(address, timeout=5)) for _ in names]
        for waiting, (client, name) in enumerate(zip(clients, names, strict=True)):
            client.sendall(f"GET /{name} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
            inside.wait(10)
            while pool.native.counts()[2] < waiting:
                threading.Event().wait(0.001)
        try:
            gates["first"].set()
            clients[0].recv(1)
            # The loop has just looked, so this reply gathers; then the thread blocks.
            gates["second"].set()
            assert clients[1].recv(65536).endswith(b"second")
        finally:
            gates["third"].set()
