"""The runner: `nox -s bench -- --only bolt,nginx --case hello,body --seconds 3 --rounds 3`.

A full run rewrites the tables of README.md and the files of benchmarks/results/; a part of one only prints its tables
and leaves its files in benchmarks/results/local/.
"""

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import cases, chart, extras, load, report, servers, transfers
from benchmarks.apps import payloads
from benchmarks.measure import LOAD_CORE, SERVER_CORE, Plan, measure_cases, measure_extras
from benchmarks.results import BASELINE, OURS, Results
from benchmarks.servers import ROOT, Setting

RESULTS = ROOT / "benchmarks" / "results"
UV = os.environ.get("UV", "uv")


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


def about(rounds: int, seconds: int) -> dict[str, str]:
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
        "rounds": f"{rounds} of {seconds} s a cell",
    }


def run(what: Plan, folder: Path) -> Results:
    """Measure all of *what*; files of the servers go below *folder*."""
    theirs = other_frameworks() if {server.key for server in what.servers} - {BASELINE, OURS} else sys.executable
    setting = Setting(0, folder, folder / "users.sqlite3", theirs=theirs)
    extras.prepare_database(setting, payloads.USER_COUNT)
    setting.file.write_bytes(payloads.FILE)
    transfers.make_sparse(setting.huge_file)
    results = Results(about(what.rounds, what.seconds))
    measure_cases(what, setting, results)
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
    publish = what.full and not results.failures
    into = RESULTS if publish else RESULTS / "local"
    into.mkdir(parents=True, exist_ok=True)
    results.save(into / "results.json")
    (into / "table.md").write_text(text)
    (into / "chart.svg").write_text(chart.chart(results))
    if publish:
        report.publish(ROOT / "README.md", text)
    print(f"\n{text}\n{into.relative_to(ROOT)}/: results.json, table.md, chart.svg")
    print("".join(f"failed: {line}\n" for line in results.failures), end="")
    return 1 if results.failures else 0


if __name__ == "__main__":
    sys.exit(main())
