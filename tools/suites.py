"""Runs every test suite of the repository, each in a process of its own, and prints one summary.

Suites are apart because they differ in what a process can have only once: Django's settings. A package's suite is
named as the package; see `suites()` for the others.
"""

import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import project

# pytest's exit code when it found no test.
NOTHING_COLLECTED = 5


@dataclass(frozen=True)
class Suite:
    """One test run: pytest on `target` from `folder`, or `command` where the tests are not pytest's."""

    name: str
    folder: Path
    target: str = "."
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What one suite came to; counts are None where its runner tells none."""

    name: str
    code: int
    seconds: float
    counts: dict[str, int] | None = None

    @property
    def passed(self) -> bool:
        return self.code == 0


def suites(root: Path = project.ROOT) -> list[Suite]:
    """Every suite: of each package, the repository, the examples, the tools and the crates."""
    found = [
        Suite(package.name, root, f"packages/{package.folder.name}/tests")
        for package in project.packages(root).values()
    ]
    found += [
        Suite(f"tests/{folder.name}", root, f"tests/{folder.name}")
        for folder in sorted((root / "tests").iterdir())
        if any(folder.rglob("test_*.py"))
    ]
    found += [
        Suite(f"examples/{manage.parent.name}", manage.parent)
        for manage in sorted((root / "examples").glob("*/manage.py"))
    ]
    found += [Suite(name, root, f"{name}/tests") for name in ("tools", "benchmarks")]
    found.append(Suite("rust", root / "packages/bolt-core", command=cargo_tests()))
    return found


def cargo_tests() -> tuple[str, ...]:
    """cargo-nextest where it is installed, else cargo's own runner, which runs the same tests."""
    if shutil.which("cargo-nextest"):
        return ("cargo", "nextest", "run", "--workspace", "--no-fail-fast")
    print("cargo-nextest is not installed (cargo install cargo-nextest --locked); using cargo test")
    return ("cargo", "test", "--workspace", "--all-targets", "--no-fail-fast")


def run(suite: Suite, arguments: Sequence[str], reports: Path) -> Outcome:
    """Run *suite* with further pytest *arguments*; its JUnit report is left in the folder *reports*."""
    print(f"\n=== {suite.name}", flush=True)
    report = reports / f"{suite.name.replace('/', '-')}.xml"
    report.unlink(missing_ok=True)
    command = suite.command or (
        *(sys.executable, "-m", "pytest", suite.target, "-q", f"--junitxml={report}"),
        *arguments,
    )
    started = time.monotonic()
    # Rust's build scripts must see the interpreter that the packages are built for, or they build all again.
    environment = {**os.environ, "PYO3_PYTHON": sys.executable}
    code = subprocess.run(command, cwd=suite.folder, env=environment, check=False).returncode
    if code == NOTHING_COLLECTED and arguments:
        code = 0  # A selection such as `-k` may leave a suite empty; a suite without tests may not.
    return Outcome(suite.name, code, time.monotonic() - started, counts(report))


def counts(report: Path) -> dict[str, int] | None:
    """Numbers of tests by result from a JUnit report, None where there is none."""
    if not report.is_file():
        return None
    suite = ElementTree.parse(report).getroot().find("testsuite")
    if suite is None:
        return None
    numbers = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
    bad = numbers["failures"] + numbers["errors"]
    return {"passed": numbers["tests"] - bad - numbers["skipped"], "failed": bad, "skipped": numbers["skipped"]}


def summary(outcomes: Sequence[Outcome]) -> str:
    """One line a suite and one for all of them."""
    total = {"passed": 0, "failed": 0, "skipped": 0}
    lines = [f"{'suite':<24}{'passed':>8}{'failed':>8}{'skipped':>8}{'seconds':>9}"]
    for outcome in outcomes:
        numbers = ["-"] * 3
        if outcome.counts is not None:
            numbers = [str(outcome.counts[key]) for key in total]
            total = {key: value + outcome.counts[key] for key, value in total.items()}
        verdict = "" if outcome.passed else "   FAILED"
        lines.append(f"{outcome.name:<24}{''.join(f'{n:>8}' for n in numbers)}{outcome.seconds:>9.1f}{verdict}")
    if len(outcomes) > 1:
        seconds = sum(outcome.seconds for outcome in outcomes)
        lines.append(f"{'together':<24}{''.join(f'{n:>8}' for n in total.values())}{seconds:>9.1f}")
    failed = [outcome.name for outcome in outcomes if not outcome.passed]
    lines.append(f"FAILED: {', '.join(failed)}" if failed else f"all {len(outcomes)} suites passed")
    return "\n".join(lines)


def select(known: Sequence[Suite], arguments: Sequence[str]) -> tuple[list[Suite], list[str]]:
    """Split *arguments* into the suites named first (all when none is) and what is left for pytest.

    Raises ValueError for a word before the first option that names no suite.
    """
    split = next((i for i, word in enumerate(arguments) if word.startswith("-")), len(arguments))
    names = arguments[:split]
    if unknown := set(names) - {suite.name for suite in known}:
        raise ValueError(f"no suite {', '.join(sorted(unknown))}; there are {', '.join(suite.name for suite in known)}")
    chosen = [suite for suite in known if suite.name in names] if names else list(known)
    return chosen, list(arguments[split:])


def main(arguments: Sequence[str] = tuple(sys.argv[1:])) -> int:
    try:
        chosen, rest = select(suites(), arguments)
    except ValueError as error:
        print(error)
        return 2
    reports = project.ROOT / ".nox" / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    outcomes = [run(suite, rest, reports) for suite in chosen]
    print(f"\n{summary(outcomes)}")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
