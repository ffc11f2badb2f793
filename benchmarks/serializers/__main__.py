"""`nox -s bench -- serializers --case in-one,out-one --repeats 30`.

A full run rewrites docs/SERIALIZERS.md's tables and benchmarks/results/serializers.md; a part of one prints its own.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence

from benchmarks import report
from benchmarks.run import RESULTS, other_frameworks
from benchmarks.serializers import cases, tables
from benchmarks.servers import ROOT

GUIDE = ROOT / "docs" / "SERIALIZERS.md"


def plan(arguments: Sequence[str]) -> tuple[list[str], int]:
    """The cases and how often each is timed."""
    parser = argparse.ArgumentParser(prog="nox -s bench -- serializers", description=__doc__)
    keys = ",".join(cases.BY_KEY)
    parser.add_argument("--case", default=keys, help=f"cases, of {keys}")
    parser.add_argument("--repeats", type=int, default=30, help="of which the least counts (default 30)")
    options = parser.parse_args(arguments)
    wanted = options.case.split(",")
    if unknown := set(wanted) - cases.BY_KEY.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if options.repeats < 1:
        parser.error("--repeats must be at least 1")
    return wanted, options.repeats


def main(arguments: Sequence[str] = tuple(sys.argv[1:])) -> int:
    wanted, repeats = plan(arguments)
    sources = os.pathsep.join(map(str, (ROOT, ROOT / "packages" / "bolt-serializers" / "src")))
    command = [other_frameworks(), "-m", "benchmarks.serializers.measure", str(repeats), *wanted]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": sources}, stdout=subprocess.PIPE, check=False
    )
    if done.returncode:
        return done.returncode
    measured = json.loads(done.stdout)
    about = {"Python": platform.python_version(), **measured["versions"], "least of": f"{repeats} repeats"}
    text = tables.page(measured["seconds"], about)
    print(text)
    if set(wanted) == cases.BY_KEY.keys():
        (RESULTS / "serializers.md").write_text(text)
        report.publish(GUIDE, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
