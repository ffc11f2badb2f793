"""asyncio is complete on our event loop: it is the standard library's, over a selector of ours."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from bolt_core.event_loop import EventLoop
from bolt_core.pool import Pool

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def run() -> Run:
    """Run a coroutine to its end on a fresh loop."""

    def run_it(coroutine: Coroutine[Any, Any, Any]) -> Any:
        pool = Pool(4)
        try:
            with asyncio.Runner(loop_factory=lambda: EventLoop(pool)) as runner:
                return runner.run(asyncio.wait_for(coroutine, 30))
        finally:
            pool.close()

    return run_it


def test_timers_are_on_time(run: Run) -> None:
    """A sleep of 1 ms takes at most 1.4 ms; tokio's own timer would take more than 2."""

    async def sleeps() -> list[float]:
        taken = []
        for _ in range(100):
            begin = time.perf_counter()
            await asyncio.sleep(0.001)
            taken.append(time.perf_counter() - begin)
        return taken

    taken = run(sleeps())

    # The fastest, which no other load on the machine delays, tells the timer's own precision.
    assert 0.001 <= min(taken) <= 0.0014


def test_timers_fire_in_the_order_of_their_times(run: Run) -> None:
    """Timers set in any order fire by their time."""

    async def timers() -> list[int]:
        fired: list[int] = []
        done = asyncio.get_running_loop().create_future()
        loop = asyncio.get_running_loop()
        for delay in (3, 1, 2):
            loop.call_later(delay / 500, fired.append, delay)
        loop.call_later(4 / 500, done.set_result, None)
        await done
        return fired

    assert run(timers()) == [1, 2, 3]


def test_readers_see_what_is_left_unread(run: Run) -> None:
    """A reader that takes one byte at a time is called until all are read (level-triggered, as asyncio promises)."""

    async def read() -> bytes:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        got, done = bytearray(), asyncio.Event()

        def one_byte() -> None:
            got.extend(ours.recv(1))
            if len(got) == 5:
                done.set()

        loop.add_reader(ours, one_byte)
        theirs.send(b"hello")
        await done.wait()
        loop.remove_reader(ours)
        ours.close()
        theirs.close()
        return bytes(got)

    assert run(read()) == b"hello"


def test_subprocesses_run(run: Run) -> None:
    """A subprocess's output and exit status arrive."""

    async def child() -> tuple[bytes, int | None]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "print('hi')", stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        return output, process.returncode

    assert run(child()) == (b"hi\n", 0)


def test_threadsafe_calls_wake_a_waiting_loop(run: Run) -> None:
    """`call_soon_threadsafe` from another thread ends the loop's wait."""

    async def called() -> str:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[str] = loop.create_future()
        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(done.set_result, "called"))
        thread.start()
        result = await done
        thread.join()
        return result

    assert run(called()) == "called"


def test_streams_and_servers_of_the_standard_library_work(run: Run) -> None:
    """asyncio's own server and streams run beside the engine."""

    async def echo() -> bytes:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write((await reader.readline()).upper())
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"hello\n")
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
        return answer

    assert run(echo()) == b"HELLO\n"


def test_signal_handlers_run(run: Run) -> None:
    """A handler set with `add_signal_handler` runs on the loop."""

    async def signalled() -> bool:
        loop, seen = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, seen.set)
        os.kill(os.getpid(), signal.SIGUSR1)
        await seen.wait()
        return loop.remove_signal_handler(signal.SIGUSR1)

    assert run(signalled()) is True


def test_an_interrupt_ends_a_waiting_loop() -> None:
    """SIGINT wakes a loop that waits outside Python; `asyncio.Runner` cancels its task and raises KeyboardInterrupt."""
    program = textwrap.dedent(
        """
        import asyncio, os, signal
        from bolt_core.event_loop import EventLoop
        from bolt_core.pool import Pool

        # Ignored signals are inherited, as below nohup; Python then sets no handler of its own.
        signal.signal(signal.SIGINT, signal.default_int_handler)

        async def main():
            print("waiting", flush=True)
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                print("cancelled", flush=True)
                raise

        try:
            with asyncio.Runner(loop_factory=lambda: EventLoop(Pool(1))) as runner:
                runner.run(main())
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "cancelled\ninterrupted\n"
    assert process.returncode == 0


def test_debug_mode_works(run: Run) -> None:
    """asyncio's debug mode finds a slow callback on this loop as on any other."""

    async def in_debug() -> bool:
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        await asyncio.sleep(0)
        return loop.get_debug()

    assert run(in_debug()) is True


def test_a_closed_loop_restores_the_wakeup_descriptor(run: Run) -> None:
    """Nothing of the loop stays installed in the process when it is closed."""

    async def nothing() -> None:
        await asyncio.sleep(0)

    run(nothing())
    previous = signal.set_wakeup_fd(-1)

    assert previous == -1
