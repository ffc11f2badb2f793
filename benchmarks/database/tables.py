"""What was measured as Markdown: targets, then the figures of every server."""

from collections.abc import Callable, Mapping
from itertools import pairwise

from benchmarks.apps.middleware import ALL, MIDDLEWARE, MORE, name
from benchmarks.cases import Case
from benchmarks.database.groups import (
    ADMIN,
    DATABASES,
    GET_ASYNC,
    GUNICORN,
    GUNICORN_FULL,
    HOPS,
    KINDS,
    LABELS,
    LIST_ASYNC,
    ORM,
    POSTGRES,
    SLEEP,
    THREADS,
    UVICORN,
    UVICORN_FULL,
    cell,
    unpinned,
)
from benchmarks.database.verdicts import added, alone, verdicts
from benchmarks.report import markdown, targets
from benchmarks.results import OURS, Results, median

# Case and server, or None where there is no figure.
type Show = Callable[[str, str], str | None]
NOTHING = "–"


def page(results: Results) -> str:
    """All tables, with how they came about."""
    about = ", ".join(f"{name} {value}" for name, value in results.about.items())
    parts = [f"Made by `uv run nox -s bench -- database`: {about}.", targets(verdicts(results))]
    parts += [_cpu(results), _latency(results), _unpinned(results), _sleep(results), _admin(results)]
    parts.append(middleware(results))
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(head: list[str], rows: list[list[str]]) -> str:
    """A table of the rows that show anything, or nothing."""
    shown = [row for row in rows if any(text != NOTHING for text in row[1:])]
    return markdown([head, *shown]) if shown else ""


def _by_server(head: str, cases: tuple[Case, ...], servers: Mapping[str, str], show: Show) -> str:
    """*cases* over each database, and what *show* tells of each of *servers*."""
    rows = [
        [f"{case.title}, {label}", *(show(cell(case, database), server) or NOTHING for server in servers)]
        for case in cases
        for database, label in DATABASES.items()
    ]
    return _table([head, *servers.values()], rows)


def _cpu(results: Results) -> str:
    def show(case: str, server: str) -> str | None:
        if server == "in-process":
            plain = alone(results, case)
            return None if plain is None else f"{plain * 1e6:.0f}"
        cpu, ratio = results.cpu(case, server), results.ratio(case, server)
        return None if cpu is None else f"{cpu * 1e6:.0f} ({ratio:.2f})"

    head = "µs of server CPU per request (× in process)"
    return _by_server(head, ORM, {"in-process": "in process", **LABELS}, show)


def _latency(results: Results) -> str:
    def show(case: str, server: str) -> str | None:
        chosen = [sample for sample in results.samples if (sample.case, sample.server) == (case, server)]
        middle, tail = median([s.latency for s in chosen]), median([s.p99 for s in chosen])
        return None if middle is None or tail is None else f"{middle * 1e3:.1f} / {tail * 1e3:.1f}"

    return _by_server("latency under 64 clients in ms, median / p99", ORM, LABELS, show)


def _unpinned(results: Results) -> str:
    def shown(case: Case, server: str) -> str:
        cpu = results.cpu(unpinned(case, POSTGRES), server)
        return NOTHING if cpu is None else f"{cpu * 1e6:.0f}"

    rows = []
    for case in (GET_ASYNC, LIST_ASYNC):
        rows += [[f"{case.title}, {LABELS[server]}", shown(case, server)] for server in (OURS, THREADS)]
        rows += [[hop.title, shown(hop, OURS)] for hop in HOPS if hop.key.startswith(f"{case.key}-")]
    return _table(["PostgreSQL, server and load on all cores", "µs of server CPU per request"], rows)


def _sleep(results: Results) -> str:
    def shown(server: str) -> str:
        took, connections = results.extra(SLEEP, server), results.extra("connections", server)
        return NOTHING if took is None or connections is None else f"{took:.2f} ({connections:.0f})"

    row = ["seconds of 64 × `pg_sleep(0.2)` (connections)", *map(shown, LABELS)]
    return _table(["", *LABELS.values()], [row])


def _admin(results: Results) -> str:
    def show(case: str, server: str) -> str | None:
        cpu = results.cpu(case, server)
        return None if cpu is None else f"{cpu * 1e6:.0f}"

    servers = {OURS: LABELS[OURS], GUNICORN_FULL: LABELS[GUNICORN]}
    return _by_server("µs of server CPU per request", (ADMIN,), servers, show)


def middleware(results: Results) -> str:
    """What Django's middleware adds: one after the other, all of them, and some alone."""

    def ours(less: str, more: str) -> list[str]:
        return [_more(added(results, kind, (less, OURS), (more, OURS))) for kind in KINDS]

    # Django's own are measured with none and with all.
    django = [
        _more(added(results, "def", ("none", GUNICORN), (ALL, GUNICORN_FULL))),
        _more(added(results, "async", ("none", UVICORN), (ALL, UVICORN_FULL))),
    ]
    one_by_one = ["empty", *map(name, MIDDLEWARE)]
    rows = [["one that does nothing", *ours("none", "empty"), NOTHING, NOTHING]]
    rows += [[f"+ `{more}`", *ours(less, more), NOTHING, NOTHING] for less, more in pairwise(one_by_one)]
    rows.append(["all seven, beside none", *ours("none", ALL), *django])
    rows += [[f"`{name(path)}` alone, beside none", *ours("none", name(path)), NOTHING, NOTHING] for path in MORE]
    head = [f"{LABELS[OURS]}, {written}" for written in KINDS.values()]
    head += [f"{LABELS[GUNICORN]}, {KINDS['def']}", f"{LABELS[UVICORN]}, {KINDS['async']}"]
    return _table(["µs of server CPU that middleware adds to a request", *head], rows)


def _more(microseconds: float | None) -> str:
    return NOTHING if microseconds is None else f"{microseconds:.1f}"
