"""Waiting for a server on an event loop, whose thread runs the server's jobs meanwhile."""

import asyncio
import selectors
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bolt_testing.server import ServerUnderTest


class JobsRanLong(TimeoutError):
    """A job was interrupted, as it ran for longer than the client waits."""


class LoopWaiter:
    """Lets coroutines wait for sockets of one server; as long as any does, the loop's thread runs jobs.

    Only then: like `TestClient`, the client borrows the thread while it is waited for.
    """

    def __init__(self, server: ServerUnderTest, limit: float | None) -> None:
        """*limit*: the seconds after which a job is interrupted."""
        self._server = server
        self._limit = limit
        self._waiting: list[asyncio.Future[None]] = []
        # Those that wait for what a job announces, not for a socket.
        self._for_a_job: list[asyncio.Future[None]] = []

    async def ready(self, sock: socket.socket, event: int, timeout: float | None) -> None:
        """Return once *sock* is ready for *event*, and the jobs that were waiting then have run.

        Raises TimeoutError after *timeout* seconds.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        reading = event == selectors.EVENT_READ
        (loop.add_reader if reading else loop.add_writer)(sock, _resolve, future)
        try:
            with self._running_jobs(loop, future):
                async with asyncio.timeout(timeout):
                    await future
        finally:
            (loop.remove_reader if reading else loop.remove_writer)(sock)
        # What a finished request left behind is done before the test sees its reply.
        self.run_waiting_jobs()

    async def until(self, done: Callable[[], bool], timeout: float | None) -> None:
        """Return once *done*, which some job announces by having run; raises TimeoutError after *timeout* seconds."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(timeout):
            while not done():
                future: asyncio.Future[None] = loop.create_future()
                self._for_a_job.append(future)
                with self._running_jobs(loop, future):
                    await future

    def run_waiting_jobs(self) -> None:
        """Run the jobs that wait, if any do."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._server.jobs_fd, selectors.EVENT_READ)
            if selector.select(0):
                self._run_jobs()

    @contextmanager
    def _running_jobs(self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[None]) -> Iterator[None]:
        fd = self._server.jobs_fd
        if not self._waiting:
            loop.add_reader(fd, self._run_jobs)
        self._waiting.append(future)
        try:
            yield
        finally:
            self._waiting.remove(future)
            if not self._waiting:
                loop.remove_reader(fd)

    def _run_jobs(self) -> None:
        finished = self._server.run_jobs(self._limit)
        woken, self._for_a_job = self._for_a_job, []
        for future in woken:
            _resolve(future)
        if not finished:
            # Whose job it was is not known; all of them have waited for as long.
            for future in self._waiting:
                if not future.done():
                    future.set_exception(JobsRanLong())


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
