"""Startup and shutdown hooks of the project's APIs under `runbolt`."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from boltsite_tools.process import Served

HOOKS = """

import os, sys
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

def say(*words):
    # One write, so that the lines of two processes never mix.
    sys.stdout.write(" ".join(map(str, words)) + "\\n")
    sys.stdout.flush()

@api.on_startup
async def start():
    say("start", os.getpid(), await User.objects.acount())

@api.on_startup
def start_sync():
    say("start sync", os.getpid(), User.objects.count())

@api.on_shutdown
def stop():
    say("stop", os.getpid(), User.objects.count())
"""

FAILS = """

@api.on_startup
async def connect():
    raise ConnectionRefusedError("no broker")
"""

type Start = Callable[..., Served]


@pytest.fixture
def start(site: Path, database: dict[str, str]) -> Iterator[Start]:
    """Serves the copy with *code* at the end of its `api.py`."""
    running: list[Served] = []

    def run(code: str, *args: str) -> Served:
        with (site / "boltsite" / "api.py").open("a") as file:
            file.write(code)
        running.append(Served("--port", "0", *args, env=database, cwd=site))
        return running[-1]

    yield run
    for served in running:
        served.__exit__(None, None, None)


def pids(served: Served, word: str) -> list[int]:
    """The processes that said *word* and found the one user of the database."""
    # Not from the line's begin: a longer write of another process, a traceback, may be cut there (PIPE_BUF).
    return [int(pid) for pid in re.findall(rf"{word} (\d+) 1$", served.output, re.MULTILINE)]


def test_hooks_run_in_the_one_process(start: Start) -> None:
    """Around what it serves, with the ORM in both kinds of hook."""
    served = start(HOOKS).wait_ready()
    assert served.stop() == 0

    own = [served.process.pid]
    assert (pids(served, "start"), pids(served, "start sync"), pids(served, "stop")) == (own, own, own)


def test_hooks_run_in_each_worker(start: Start) -> None:
    """After the fork, and not in the parent."""
    served = start(HOOKS, "--processes", "2").wait_ready()
    served.wait_for_line(r"^start sync (\d+) 1$", count=2)
    assert served.stop() == 0

    workers = set(pids(served, "start"))
    assert len(workers) == 2
    assert served.process.pid not in workers
    assert set(pids(served, "stop")) == workers


def test_the_hooks_of_a_replaced_worker_run(start: Start) -> None:
    """A rolling restart shuts each old worker down in order."""
    served = start(HOOKS, "--processes", "1").wait_ready()
    served.stop()
    served = start("", "--processes", "2").wait_ready()
    served.wait_for_line(r"^start sync (\d+) 1$", count=2)
    served.process.send_signal(signal.SIGHUP)
    served.wait_for_line(r"^stop (\d+) 1$", count=2)
    assert served.stop() == 0
    assert len(pids(served, "start")) == len(pids(served, "stop")) == 4


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_failing_startup_ends_the_server(start: Start, processes: str) -> None:
    """With an error that names the hook, its traceback, and no second attempt."""
    served = start(HOOKS + FAILS, "--processes", processes)
    assert served.wait() == 1
    served._reader.join()

    assert "CommandError: startup hook connect() (" in served.output
    assert "failed: ConnectionRefusedError: no broker" in served.output
    assert "Traceback" in served.output
    # Of two that fail side by side, the parent may end one in the middle of its own end.
    assert pids(served, "start")
    assert len({*pids(served, "start"), *pids(served, "stop")}) <= int(processes)
    if processes == "1":
        assert pids(served, "start") == pids(served, "stop")
    assert "a new one starts" not in served.output


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_startup_that_hangs_can_be_stopped(start: Start, processes: str) -> None:
    """A stop signal cancels it, and the exit is an orderly one."""
    hangs = """

@api.on_startup
async def hang():
    import asyncio
    say("hangs")
    await asyncio.Event().wait()
"""
    served = start(HOOKS + hangs, "--processes", processes)
    served.wait_for_line("^hangs$", count=int(processes))

    assert served.stop() == 0
    served._reader.join()
    assert sorted(pids(served, "stop")) == sorted(pids(served, "start"))


def test_a_replacement_that_fails_to_start_leaves_the_others_serving(start: Start, site: Path) -> None:
    """It is tried again ever later, and not in a tight loop."""
    flag = site / "fail"
    code = f"""

@api.on_startup
async def connect():
    if os.path.exists({os.fspath(flag)!r}):
        raise ConnectionRefusedError("no broker")
"""
    served = start(HOOKS + code, "--processes", "2").wait_ready()
    served.wait_for_line(r"^start sync (\d+) 1$", count=2)
    flag.touch()
    os.kill(pids(served, "start")[0], signal.SIGKILL)
    served.wait_for_line("a new one starts in 0.4 s")
    flag.unlink()
    served.wait_for_line(r"^start sync (\d+) 1$", count=3)
    assert served.stop() == 0
