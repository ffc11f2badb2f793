"""django-bolt's targets beside what a run measured."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks import cases
from benchmarks.cases import Basis, Case
from benchmarks.results import BASELINE, OURS, Results, median

STARLETTE = "fastapi"


@dataclass(frozen=True)
class Verdict:
    """One target beside what was measured, both in the unit that is part of the text."""

    title: str
    measured: float
    target: float
    unit: str
    note: str = ""
    # Whether the target is the least that is wanted; else it is the most.
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Judged as it is shown."""
        shown = round(self.measured, 2)
        return shown >= self.target if self.at_least else shown <= self.target


def verdicts(results: Results) -> list[Verdict]:
    """Every target whose figures this run has."""
    found = [verdict for case in cases.CASES if (verdict := _of_case(results, case)) is not None]
    if (spin := results.extra("spin", OURS)) is not None:
        found.append(Verdict("hello beside a spinning `def` handler, median latency", spin * 1e3, 2.0, "ms"))
    if (idle := results.extra("idle", OURS)) is not None:
        found.append(Verdict("10,000 idle connections, memory of each", idle / 1024, 4.0, "KiB"))
    if (peak := results.extra("transfers", OURS)) is not None:
        found.append(Verdict("2 GB up and 2 GB down, most memory of the server", peak / 1e6, 150.0, "MB"))
    start, django = results.extra("startup", OURS), results.extra("startup", "django")
    if start is not None and django is not None:
        note = f"{start:.2f} s − {django:.2f} s"
        found.append(Verdict("start-up with 300 routes beyond Django's own", start - django, 0.5, "s", note))
    return found


def _of_case(results: Results, case: Case) -> Verdict | None:
    if case.target is None or not results.cpus(case.key, OURS):
        return None
    return _JUDGES[case.basis](results, case, case.target)


def _times_nginx(results: Results, case: Case, target: float) -> Verdict | None:
    ratio = results.ratio(case.key, OURS)
    return None if ratio is None else Verdict(case.title, ratio, target, "× nginx")


def _absolute(results: Results, case: Case, target: float) -> Verdict | None:
    cpu, ratio = results.cpu(case.key, OURS), results.ratio(case.key, OURS)
    return None if cpu is None else Verdict(case.title, cpu * 1e6, target, "µs", f"{ratio:.2f} × nginx")


def _times_in_process(results: Results, case: Case, target: float) -> Verdict | None:
    alone = results.extras.get("in-process", {}).get(case.key, [])
    ratio = _by_round(results, case, alone, lambda cpu, plain: cpu / plain)
    return None if ratio is None else Verdict(case.title, ratio, target, "× in process", _beside(results, case, alone))


def _beyond_in_process(results: Results, case: Case, target: float) -> Verdict | None:
    alone = results.extras.get("in-process", {}).get(case.key, [])
    more = _by_round(results, case, alone, lambda cpu, plain: cpu - plain)
    if more is None:
        return None
    return Verdict(case.title, more * 1e6, target, "µs beyond in process", _beside(results, case, alone))


def _beside(results: Results, case: Case, alone: list[float]) -> str:
    ours = statistics.median(results.cpus(case.key, OURS))
    return f"{ours * 1e6:.0f} µs, in process {statistics.median(alone) * 1e6:.0f} µs"


def _times_nginx_same(results: Results, case: Case, target: float) -> Verdict | None:
    ratio = _by_round(results, case, results.cpus(case.key, BASELINE), lambda cpu, nginx: cpu / nginx)
    return None if ratio is None else Verdict(case.title, ratio, target, "× nginx with the same")


def _times_starlette(results: Results, case: Case, target: float) -> Verdict | None:
    # Throughput of a busy core: the inverse of the CPU that a request takes.
    ratio = _by_round(results, case, results.cpus(case.key, STARLETTE), lambda cpu, starlette: starlette / cpu)
    if ratio is None:
        return None
    return Verdict(case.title, ratio, target, "× Starlette's throughput", at_least=True)


def _by_round(
    results: Results, case: Case, others: list[float], compare: Callable[[float, float], float]
) -> float | None:
    """The median over the rounds: both are measured one after the other in each, so they are compared by round."""
    ours = results.cpus(case.key, OURS)
    return median([compare(cpu, other) for cpu, other in zip(ours, others, strict=False)])


_JUDGES: Mapping[Basis, Callable[[Results, Case, float], Verdict | None]] = {
    "nginx": _times_nginx,
    "nginx-one": _times_nginx,
    "in-process": _times_in_process,
    "beyond-in-process": _beyond_in_process,
    "nginx-same": _times_nginx_same,
    "starlette": _times_starlette,
    "cpu": _absolute,
}
