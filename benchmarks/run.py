"""The runner: `nox -s bench -- --only bolt,nginx --case hello,body --seconds 3 --rounds 3`.

A full run rewrites the tables of README.md and the files of benchmarks/results/; a part of one only prints its tables
and leaves its files in benchmarks/results/local/.
"""

import argparse
import http.client
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import cases, chart, extras, load, procfs, report, servers
from benchmarks.apps import payloads
from benchmarks.cases import Case
from benchmarks.results import BASELINE, OURS, Results, Sample
from benchmarks.servers import ROOT, Running, Server, Setting

RESULTS = ROOT / "benchmarks" / "results"
UV = os.environ.get("UV", "uv")
SERVER_CORE, LOAD_CORE = 1, 0


@dataclass(frozen=True)
class Plan:
    """What is to be measured, for how long and how often."""

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


def plan(arguments: Sequence[str]) -> Plan:
    """Read the command line; nginx is always among the servers, for the ratios."""
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=__doc__)
    names, keys = ",".join(servers.BY_KEY), ",".join((*cases.BY_KEY, *cases.EXTRAS))
    parser.add_argument("--only", default=names, help=f"servers, of {names}")
    parser.add_argument("--case", default=keys, help=f"cases, of {keys}")
    parser.add_argument("--seconds", type=int, default=3, help="duration of one measurement (default 3)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds, the median counts (default 3)")
    options = parser.parse_args(arguments)
    only, wanted = set(options.only.split(",")), set(options.case.split(","))
    if unknown := (only - servers.BY_KEY.keys()) | (wanted - cases.BY_KEY.keys() - set(cases.EXTRAS)):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return Plan(
        tuple(server for server in servers.SERVERS if server.key in only | {BASELINE}),
        tuple(case for case in cases.CASES if case.key in wanted),
        tuple(extra for extra in cases.EXTRAS if extra in wanted),
        options.seconds,
        options.rounds,
    )


def missing_tools() -> list[str]:
    """One line for each thing that this machine lacks."""
    lacking = [
        f"{tool} is not installed; install it with the system's package manager"
        for tool in ("wrk", "taskset")
        if shutil.which(tool) is None
    ]
    if not sys.platform.startswith("linux"):
        lacking.append("the benchmark reads /proc, so it needs Linux")
    elif not {SERVER_CORE, LOAD_CORE} <= os.sched_getaffinity(0):
        lacking.append("the benchmark needs two cores: one for the server, one for the load")
    return lacking


def other_frameworks() -> str:
    """The interpreter of the environment that holds the other frameworks, made or brought up to date."""
    folder = ROOT / ".nox" / "bench"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    django = subprocess.run(
        [sys.executable, "-c", "import django; print(django.__version__)"], capture_output=True, text=True, check=True
    ).stdout.strip()
    requirements = str(ROOT / "benchmarks" / "requirements.txt")
    install = [UV, "pip", "install", "--quiet", "--python", str(python), "-r", requirements, f"django=={django}"]
    subprocess.run(install, check=True)
    return str(python)


def validate(running: Running, case: Case) -> None:
    """Send *case* once and compare the answer, so that only right answers are timed; raises LoadError otherwise."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    connection.request(case.method, case.path, body=case.body or None, headers=dict(case.headers))
    response = connection.getresponse()
    body = response.read()
    connection.close()
    answer = body.decode() if isinstance(case.answer, str) else json.loads(body or b"null")
    if response.status != http.HTTPStatus.OK or answer != case.answer:
        raise load.LoadError(f"{case.key} on {running.server.label}: {response.status} {body[:120]!r}")


def measure(running: Running, case: Case, number: int, seconds: int, folder: Path) -> Sample:
    """One cell of round *number*."""
    before = procfs.cpu_seconds(running.pid)
    seen = load.run(case, running.port, seconds=seconds, core=LOAD_CORE, folder=folder)
    cpu = procfs.cpu_seconds(running.pid) - before
    return Sample(case.key, running.server.key, number, cpu / seen.requests, seen.rate, seen.median)


def measure_cases(what: Plan, up: Sequence[Running], results: Results, setting: Setting) -> None:
    """Every case on every server, interleaved, in each round; nginx's hello comes along for the ratios."""
    baselines = {"one" if case.basis == "nginx-one" else "hello" for case in what.cases}
    wanted = {case.key for case in what.cases}
    for number in range(1, what.rounds + 1):
        for case in cases.CASES:
            for running in up:
                base = running.server.key == BASELINE and case.key in baselines
                if case.key in running.server.lacks or not (base or case.key in wanted):
                    continue
                if number == 1:
                    validate(running, case)
                sample = measure(running, case, number, what.seconds, setting.folder)
                results.samples.append(sample)
                print(
                    f"round {number}  {case.key:<10} {running.server.key:<8} {sample.cpu * 1e6:8.1f} µs/request "
                    f"{sample.rate:9.0f}/s  median {sample.latency * 1e3:.2f} ms",
                    flush=True,
                )
        in_process(what, results, setting)


def in_process(what: Plan, results: Results, setting: Setting) -> None:
    """The ORM views without a server, once a round."""
    if any(case.basis == "in-process" for case in what.cases):
        for key, cpu in extras.in_process_seconds(setting, what.seconds, core=SERVER_CORE).items():
            results.extras["in-process"][key].append(cpu)
            print(f"         {key:<10} in a loop {cpu * 1e6:7.1f} µs", flush=True)


def measure_extras(what: Plan, setting: Setting, results: Results) -> None:
    """The figures of benchmarks.extras, each on servers of its own."""
    for server in what.servers:
        for extra in what.extras:
            if extra in server.lacks or (extra == "startup" and server.key != OURS):
                continue
            for _ in range(what.rounds):
                fresh = Setting(servers.free_port(), setting.folder / extra, setting.database, theirs=setting.theirs)
                if extra == "startup":
                    results.extras[extra]["django"].append(extras.django_seconds(fresh, core=SERVER_CORE))
                    results.extras[extra][OURS].append(extras.start_seconds(server, fresh, core=SERVER_CORE))
                    continue
                with servers.running(server, fresh, core=SERVER_CORE) as running:
                    if extra == "spin":
                        figure = extras.spin_median(running, seconds=what.seconds, core=LOAD_CORE, folder=fresh.folder)
                    else:
                        figure = extras.idle_bytes(running)
                results.extras[extra][server.key].append(figure)
            print(f"{extra:<10} {server.key:<8} {results.extra(extra, server.key):.6g}", flush=True)


def about(what: Plan) -> dict[str, str]:
    """How the figures were made."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "Python": platform.python_version(),
        "on": f"{model}, one core for the server and one for wrk",
        "rounds": f"{what.rounds} of {what.seconds} s a cell",
    }


def run(what: Plan, folder: Path) -> Results:
    """Measure all of *what*; files of the servers go below *folder*."""
    theirs = other_frameworks() if {server.key for server in what.servers} - {BASELINE, OURS} else sys.executable
    setting = Setting(0, folder, folder / "users.sqlite3", theirs=theirs)
    extras.prepare_database(setting, payloads.USER_COUNT)
    results = Results(about(what))
    if what.cases:
        with ExitStack() as stack:
            up = [
                stack.enter_context(
                    servers.running(
                        server,
                        Setting(servers.free_port(), folder / server.key, setting.database, theirs=theirs),
                        core=SERVER_CORE,
                    )
                )
                for server in what.servers
            ]
            measure_cases(what, up, results, setting)
    measure_extras(what, setting, results)
    return results


def main(arguments: Sequence[str] = tuple(sys.argv[1:])) -> int:
    what = plan(arguments)
    if lacking := missing_tools():
        print("\n".join(lacking))
        return 1
    # 10,000 connections need as many descriptors, here and in the servers, which inherit the limit.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            results = run(what, Path(folder))
    except (servers.ServerError, load.LoadError) as error:
        print(f"bench: {error}")
        return 1
    text = report.page(results)
    into = RESULTS if what.full else RESULTS / "local"
    into.mkdir(parents=True, exist_ok=True)
    results.save(into / "results.json")
    (into / "table.md").write_text(text)
    (into / "chart.svg").write_text(chart.chart(results))
    if what.full:
        report.publish(ROOT / "README.md", text)
    print(f"\n{text}\n{into.relative_to(ROOT)}/: results.json, table.md, chart.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
