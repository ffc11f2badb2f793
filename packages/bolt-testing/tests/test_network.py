"""The stream that runs a server's jobs while it waits, over a plain socket pair."""

import os
import socket
import threading
from collections.abc import Callable, Iterator

import httpcore2
import pytest
from bolt_testing.deadline import finishes_within
from bolt_testing.network import JobRunningBackend, JobRunningStream


class Jobs:
    """Jobs queued by the test, announced through a pipe as a server announces its own."""

    def __init__(self) -> None:
        self.jobs_fd, self._bell = os.pipe()
        self._waiting: list[Callable[[], None]] = []

    def add(self, job: Callable[[], None]) -> None:
        self._waiting.append(job)
        os.write(self._bell, b"!")

    def run_jobs(self, seconds: float | None) -> bool:
        os.read(self.jobs_fd, 1)
        return finishes_within(seconds, self._waiting.pop(0))

    def close(self) -> None:
        os.close(self.jobs_fd)
        os.close(self._bell)


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    """A queue of jobs."""
    jobs = Jobs()
    yield jobs
    jobs.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client's end and a server's."""
    client, server = socket.socketpair()
    with client, server:
        yield client, server


def test_read_runs_jobs_on_the_calling_thread(pair: tuple[socket.socket, socket.socket], jobs: Jobs) -> None:
    """The reply that a job sends is what the read returns."""
    client, server = pair
    threads: list[int] = []
    jobs.add(lambda: threads.append(threading.get_ident()))
    jobs.add(lambda: server.sendall(b"reply"))

    assert JobRunningStream(client, jobs).read(100, timeout=10) == b"reply"
    assert threads == [threading.get_ident()]


def test_write_runs_jobs_too(pair: tuple[socket.socket, socket.socket], jobs: Jobs) -> None:
    """A server that needs a job before it reads on does not block the writer for ever."""
    client, server = pair
    size = 4_000_000
    received = bytearray()

    def read_all() -> None:
        while len(received) < size:
            received.extend(server.recv(65536))

    reader = threading.Thread(target=read_all)
    jobs.add(reader.start)

    JobRunningStream(client, jobs).write(b"x" * size, timeout=10)

    reader.join(timeout=10)
    assert len(received) == size


def test_silence_is_a_timeout(pair: tuple[socket.socket, socket.socket], jobs: Jobs) -> None:
    """Neither bytes nor jobs: the read gives up in time."""
    with pytest.raises(httpcore2.ReadTimeout, match=r"0\.02 s"):
        JobRunningStream(pair[0], jobs).read(1, timeout=0.02)


def test_a_job_that_hangs_is_a_timeout(pair: tuple[socket.socket, socket.socket], jobs: Jobs) -> None:
    """A job on the main thread is interrupted when the read's time is up."""

    def hang() -> None:
        threading.Event().wait()

    jobs.add(hang)

    with pytest.raises(httpcore2.ReadTimeout):
        JobRunningStream(pair[0], jobs).read(1, timeout=0.05)


def test_a_server_that_reads_nothing_is_a_timeout(pair: tuple[socket.socket, socket.socket], jobs: Jobs) -> None:
    """Once the socket's buffer is full, the write gives up in time."""
    with pytest.raises(httpcore2.WriteTimeout):
        JobRunningStream(pair[0], jobs).write(b"x" * 10_000_000, timeout=0.05)


def test_the_end_of_the_stream_is_no_bytes(pair: tuple[socket.socket, socket.socket], jobs: Jobs) -> None:
    """A server that closes ends the stream."""
    pair[1].close()

    assert JobRunningStream(pair[0], jobs).read(1, timeout=10) == b""


def test_a_lost_server_is_a_write_error(pair: tuple[socket.socket, socket.socket], jobs: Jobs) -> None:
    """Writing to a closed connection raises httpcore2's error, not an OSError."""
    pair[1].close()

    with pytest.raises(httpcore2.WriteError):
        JobRunningStream(pair[0], jobs).write(b"x", timeout=10)


def test_an_idle_stream_says_whether_it_was_closed(pair: tuple[socket.socket, socket.socket], jobs: Jobs) -> None:
    """httpcore2 asks before it reuses a connection."""
    stream = JobRunningStream(pair[0], jobs)
    assert not stream.get_extra_info("is_readable")

    pair[1].close()

    assert stream.get_extra_info("is_readable")
    assert stream.get_extra_info("unheard of") is None


def test_a_server_that_is_gone_is_a_connect_error(jobs: Jobs) -> None:
    """Failing to connect raises httpcore2's error."""

    def refuse() -> socket.socket:
        raise ConnectionRefusedError("nobody there")

    with pytest.raises(httpcore2.ConnectError, match="nobody there"):
        JobRunningBackend(refuse, jobs).connect_tcp("testserver", 80)
