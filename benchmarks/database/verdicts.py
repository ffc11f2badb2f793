"""django-bolt's targets beside what a run measured."""

from collections.abc import Callable, Iterator
from itertools import chain

from benchmarks.apps.middleware import ALL
from benchmarks.cases import Case
from benchmarks.database.groups import (
    ADMIN,
    ADMIN_TARGET,
    DATABASES,
    GET_ASYNC,
    GUNICORN_FULL,
    HELLO_DEF,
    HOP_TARGET,
    KINDS,
    LIST_ASYNC,
    ORM,
    P99_TARGET,
    POSTGRES,
    SLEEP,
    SLEEP_TARGET,
    SLEEPERS,
    SQLITE,
    STACK_TARGET,
    THREADS,
    WAYS,
    behind,
    cell,
    hop,
    unpinned,
)
from benchmarks.results import OURS, Results, Sample, median
from benchmarks.verdicts import Verdict


def verdicts(results: Results) -> Iterator[Verdict]:
    """Every target whose figures this run has."""
    return chain(_orm(results), _p99(results), _hops(results), _sleep(results), _admin(results), _others(results))


def by_round(
    results: Results,
    ours: tuple[str, str],
    other: tuple[str, str],
    compare: Callable[[float, float], float],
) -> float | None:
    """The median over the rounds that have both cells, each a case and a server."""
    first, second = (
        {sample.round: sample.cpu for sample in results.samples if (sample.case, sample.server) == key}
        for key in (ours, other)
    )
    return median([compare(first[number], second[number]) for number in first.keys() & second.keys()])


def ratio(cpu: float, other: float) -> float:
    """How many times *other* *cpu* is."""
    return cpu / other


def microseconds_more(cpu: float, other: float) -> float:
    """How many µs *cpu* is above *other*."""
    return (cpu - other) * 1e6


def alone(results: Results, case: str) -> float | None:
    """Median CPU seconds of the work of *case* in process."""
    return median([sample.baseline for sample in results.samples if (sample.case, sample.server) == (case, OURS)])


def _orm(results: Results) -> Iterator[Verdict]:
    for case in ORM:
        for database, name in DATABASES.items():
            key = cell(case, database)
            if case.target and (measured := results.ratio(key, OURS)) is not None:
                cpu, plain = results.cpu(key, OURS) or 0, alone(results, key) or 0
                note = f"{cpu * 1e6:.0f} µs, in process {plain * 1e6:.0f} µs"
                yield Verdict(f"{case.title}, {name}", measured, case.target, "× in process", note)


def tails(results: Results, case: Case, database: str) -> float | None:
    """How many times its median the p99 of django-bolt's latency is."""
    chosen: list[Sample] = [s for s in results.samples if (s.case, s.server) == (cell(case, database), OURS)]
    return median([sample.p99 / sample.latency for sample in chosen])


def _p99(results: Results) -> Iterator[Verdict]:
    found = {
        f"{case.title}, {name}": tail
        for case in ORM
        for database, name in DATABASES.items()
        if (tail := tails(results, case, database)) is not None
    }
    if found:
        worst = max(found, key=lambda title: found[title])
        yield Verdict("p99 of the latency, the worst of the ORM's", found[worst], P99_TARGET, "× the median", worst)


def _hops(results: Results) -> Iterator[Verdict]:
    for case in (GET_ASYNC, LIST_ASYNC):
        key, title = unpinned(case, POSTGRES), f"{case.title}, unpinned, PostgreSQL"
        pairs = {way: ((key, OURS), (unpinned(hop(case, name), POSTGRES), OURS)) for name, way in WAYS.items()}
        pairs['`ASYNC_ORM="threads"`'] = (key, OURS), (key, THREADS)
        for way, (cell_of, other) in pairs.items():
            if (measured := by_round(results, cell_of, other, ratio)) is not None:
                yield Verdict(title, measured, HOP_TARGET, f"× {way}")


def _sleep(results: Results) -> Iterator[Verdict]:
    measured, connections = results.extra(SLEEP, OURS), results.extra("connections", OURS)
    if measured is not None and connections is not None:
        title = f"{SLEEPERS} × `pg_sleep(0.2)`, `async def`"
        yield Verdict(title, measured, SLEEP_TARGET, "s", f"{connections:.0f} connections")


def _admin(results: Results) -> Iterator[Verdict]:
    for database, name in DATABASES.items():
        key = cell(ADMIN, database)
        measured = by_round(results, (key, OURS), (key, GUNICORN_FULL), ratio)
        if measured is not None:
            yield Verdict(f"{ADMIN.title}, {name}", measured, ADMIN_TARGET, "× gunicorn")


def _others(results: Results) -> Iterator[Verdict]:
    for kind, written in KINDS.items():
        measured = added(results, kind, ("none", OURS), (ALL, OURS))
        if measured is not None:
            title = f"Django's seven middleware around a route, {written}"
            yield Verdict(title, measured, STACK_TARGET, "µs")
    for database, name in DATABASES.items():
        measured = results.ratio(cell(HELLO_DEF, database), OURS)
        if measured is not None and HELLO_DEF.target:
            title = f"{HELLO_DEF.title}, on threads that hold connections, {name}"
            yield Verdict(title, measured, HELLO_DEF.target, "× nginx")


def added(results: Results, kind: str, less: tuple[str, str], more: tuple[str, str]) -> float | None:
    """µs by which a handler of *kind* costs more behind *more* than behind *less*, each a stack and a server."""
    (few, bare), (many, full) = less, more
    ours, other = cell(behind(many, kind), SQLITE), cell(behind(few, kind), SQLITE)
    return by_round(results, (ours, full), (other, bare), microseconds_more)
