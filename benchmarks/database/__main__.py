"""`nox -s bench -- database --part orm,sleep --database postgres --seconds 3 --rounds 3`.

A full run rewrites benchmarks/results/database.md and database.json; a part of one leaves its files in
benchmarks/results/local/.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

from benchmarks import load, run, servers
from benchmarks.database import postgres, tables
from benchmarks.database.groups import DATABASES, PARTS, POSTGRES
from benchmarks.database.measure import Plan, Run, prepared
from benchmarks.results import Results
from benchmarks.servers import Setting


def plan(arguments: Sequence[str]) -> Plan:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="nox -s bench -- database", description=__doc__)
    parts, databases = ",".join(PARTS), ",".join(DATABASES)
    parser.add_argument("--part", default=parts, help=f"parts, of {parts}")
    parser.add_argument("--database", default=databases, help=f"databases, of {databases}")
    parser.add_argument("--seconds", type=int, default=3, help="duration of one measurement (default 3)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds, the median counts (default 3)")
    options = parser.parse_args(arguments)
    wanted, over = set(options.part.split(",")), set(options.database.split(","))
    if unknown := (wanted - set(PARTS)) | (over - DATABASES.keys()):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if options.seconds < 1 or options.rounds < 1:
        parser.error("--seconds and --rounds must be at least 1")
    possible = {part for part in wanted if over.intersection(PARTS[part])}
    for part in sorted(wanted - possible):
        print(f"left out: {part} is measured over {', '.join(PARTS[part])} only")
    if not possible:
        parser.error("nothing is left to measure")
    return Plan(
        tuple(part for part in PARTS if part in possible),
        tuple(database for database in DATABASES if database in over),
        options.seconds,
        options.rounds,
    )


def measured(what: Plan, folder: Path) -> Results:
    """Measure all of *what*; files of the servers go below *folder*."""
    results = Results({**run.about(what.rounds, what.seconds), "Django": version("django")})
    theirs = run.other_frameworks()
    with ExitStack() as stack:
        databases = {}
        for database in what.databases:
            environment = {}
            if database == POSTGRES:
                environment = {"BENCH_POSTGRES": stack.enter_context(postgres.database())}
                results.about |= {"PostgreSQL": postgres.version(), "psycopg": version("psycopg")}
            own = Setting(0, folder, folder / "users.sqlite3", theirs=theirs, environment=environment)
            databases[database] = prepared(own)
        Run(what, databases, results).measure()
    return results


def main(arguments: Sequence[str] = tuple(sys.argv[1:])) -> int:
    what = plan(arguments)
    if lacking := run.missing_tools():
        print("\n".join(lacking))
        return 1
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            results = measured(what, Path(folder))
    except (servers.ServerError, load.LoadError, postgres.NoPostgres) as error:
        print(f"bench: {error}")
        return 1
    text = tables.page(results)
    into = run.RESULTS if what.full and not results.failures else run.RESULTS / "local"
    into.mkdir(parents=True, exist_ok=True)
    results.save(into / "database.json")
    (into / "database.md").write_text(text)
    print(f"\n{text}\n{into.relative_to(servers.ROOT)}/: database.md, database.json")
    print("".join(f"failed: {line}\n" for line in results.failures), end="")
    return 1 if results.failures else 0


if __name__ == "__main__":
    sys.exit(main())
