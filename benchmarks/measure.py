"""One run: every cell in interleaved rounds, then the figures that need servers of their own.

A cell that fails is said, left out of the tables and makes the run fail at its end; the others are measured anyway.
"""

import http.client
import json
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path

from benchmarks import cases, extras, load, procfs, servers, transfers
from benchmarks.cases import Case
from benchmarks.results import BASELINE, OURS, Results, Sample
from benchmarks.servers import Running, Server, Setting

SERVER_CORE, LOAD_CORE = 1, 0
_INVALID = HTTPStatus.UNPROCESSABLE_ENTITY
# What a server that breaks under load may do to its client.
FAILURES = (load.LoadError, OSError, http.client.HTTPException)


@dataclass(frozen=True)
class Plan:
    """What is to be measured, for how long (seconds a cell) and how often."""

    servers: tuple[Server, ...]
    cases: tuple[Case, ...]
    extras: tuple[str, ...]
    seconds: int
    rounds: int

    @property
    def full(self) -> bool:
        """Whether the run covers everything, so that its tables may replace the published ones."""
        whole = (servers.SERVERS, cases.CASES, cases.EXTRAS)
        return (self.servers, self.cases, self.extras) == whole and self.rounds >= 3 and self.seconds >= 2


@dataclass(frozen=True)
class Cell:
    """CPU seconds of the server per request, requests per second of wall time, latencies in seconds."""

    cpu: float
    rate: float
    latency: float
    p99: float

    def sample(self, case: str, server: str, number: int, baseline: float) -> Sample:
        """The cell of *case* on *server* in round *number*, beside *baseline*."""
        return Sample(case, server, number, self.cpu, self.rate, self.latency, baseline, self.p99)


def measure_cases(what: Plan, setting: Setting, results: Results) -> None:
    """Every case on every server, A B C … A B C …; the servers stay up and only one is loaded at a time."""
    if not what.cases:
        return
    with ExitStack() as stack:
        up = [stack.enter_context(_started(server, setting, server.key)) for server in what.servers]
        for number in range(1, what.rounds + 1):
            for case in what.cases:
                _in_process(what, case, results, setting)
                _measure_case(what, case, number, up, results, setting.folder)


def _started(server: Server, setting: Setting, name: str) -> AbstractContextManager[Running]:
    own = replace(setting, port=servers.free_port(), folder=setting.folder / name)
    return servers.running(server, own, core=SERVER_CORE)


def _measure_case(what: Plan, case: Case, number: int, up: Sequence[Running], results: Results, folder: Path) -> None:
    """*case* on every server that has it, nginx's `return 200` first: the machine is not equally fast all the time."""
    nginx = next(running for running in up if running.server.key == BASELINE)
    base = cases.BY_KEY["one" if case.basis == "nginx-one" else "hello"]
    baseline = measure(nginx, base, what.seconds, folder)
    for running in up:
        if case.key in running.server.lacks:
            continue
        try:
            if number == 1:
                validate(running, case)
            cell = baseline if (running, case) == (nginx, base) else measure(running, case, what.seconds, folder)
        except FAILURES as error:
            failed(results, f"{case.key} on {running.server.label}: {error}")
            continue
        results.samples.append(cell.sample(case.key, running.server.key, number, baseline.cpu))
        print(
            f"round {number}  {case.key:<10} {running.server.key:<8} {cell.cpu * 1e6:8.1f} µs/request "
            f"({cell.cpu / baseline.cpu:6.2f}) {cell.rate:9.0f}/s  median {cell.latency * 1e3:.2f} ms",
            flush=True,
        )


def validate(running: Running, case: Case) -> None:
    """Send *case* once and compare the answer, so that only right answers are timed; raises LoadError otherwise."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    connection.request(case.method, case.path, body=case.body or None, headers=dict(case.headers))
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != case.status or _read(case, body) != case.answer:
        raise load.LoadError(f"wrong answer {response.status} {body[:120]!r}")


def _read(case: Case, body: bytes) -> object:
    """What *body* says, in the form of the case's answer."""
    if isinstance(case.answer, bytes):
        return body
    if isinstance(case.answer, str):
        return body.decode()
    if isinstance(case.answer, re.Pattern):
        return case.answer if case.answer.search(body.decode()) else body
    try:
        data = json.loads(body or b"null")
        # The wording of a problem is each framework's own; which fields are wrong is not.
        return sorted(problem["loc"][-1] for problem in data["detail"]) if case.status == _INVALID else data
    except (ValueError, LookupError, TypeError):
        return None


def measure(running: Running, case: Case, seconds: int, folder: Path, *, core: int | None = LOAD_CORE) -> Cell:
    """What the server's processes computed while wrk ran on *core*, divided by the requests that wrk completed."""
    before = procfs.cpu_seconds(running.pid)
    seen = load.run(case, running.port, seconds=seconds, core=core, folder=folder)
    cpu = procfs.cpu_seconds(running.pid) - before
    return Cell(cpu / seen.requests, seen.rate, seen.median, seen.p99)


def _in_process(what: Plan, case: Case, results: Results, setting: Setting) -> None:
    """The case's own work without a server, a moment before it is measured with one."""
    if case.basis in ("in-process", "beyond-in-process"):
        cpu = extras.in_process_seconds(setting, case.key, what.seconds, core=SERVER_CORE)
        results.extras["in-process"][case.key].append(cpu)
        print(f"         {case.key:<10} in a loop {cpu * 1e6:7.1f} µs", flush=True)


def measure_extras(what: Plan, setting: Setting, results: Results) -> None:
    """The figures of benchmarks.extras, each on fresh servers."""
    for extra in what.extras:
        for server in what.servers:
            if extra in server.lacks or (extra == "startup" and server.key != OURS):
                continue
            if extra == "startup":
                # Unmeasured, so that both find their modules compiled and in the page cache.
                _start(server, setting)
            # The peak of memory is a bound, and each 2 GB take a while: once is enough.
            for _ in range(1 if extra == "transfers" else what.rounds):
                try:
                    _measure_extra(extra, server, what, setting, results)
                except FAILURES as error:
                    failed(results, f"{extra} on {server.label}: {error}")
                    break
                print(f"{extra:<10} {server.key:<8} {results.extras[extra][server.key][-1]:.6g}", flush=True)


def _measure_extra(extra: str, server: Server, what: Plan, setting: Setting, results: Results) -> None:
    figures = results.extras[extra]
    if extra == "startup":
        alone, ours = _start(server, setting)
        figures["django"].append(alone)
        figures[server.key].append(ours)
        return
    with _started(server, setting, extra) as running:
        if extra == "idle":
            figures[server.key].append(extras.idle_bytes(running))
        elif extra == "transfers":
            figures[server.key].append(transfers.peak_bytes(running, setting.huge_file))
        else:
            median = extras.spin_median(running, seconds=what.seconds, core=LOAD_CORE, folder=setting.folder)
            figures[server.key].append(median)


def _start(server: Server, setting: Setting) -> tuple[float, float]:
    """Seconds that Django alone takes to be ready, and *server* with 300 routes."""
    own = replace(setting, port=servers.free_port(), folder=setting.folder / "startup")
    alone = extras.django_seconds(own, core=SERVER_CORE)
    return alone, extras.start_seconds(server, own, core=SERVER_CORE)


def failed(results: Results, line: str) -> None:
    """Say what could not be measured, now and at the end of the run."""
    results.failures.append(line)
    print(f"failed: {line}", flush=True)
