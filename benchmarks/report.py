"""Results as Markdown: what every server needs per request, and django-bolt's targets."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks import cases
from benchmarks.results import Results
from benchmarks.servers import SERVERS
from benchmarks.verdicts import Verdict, verdicts

BEGIN, END = "<!-- benchmarks:begin -->", "<!-- benchmarks:end -->"


def table(results: Results) -> str:
    """CPU microseconds per request and, in parentheses, the multiple of nginx's `return 200`; a dash for no figure."""
    measured = {sample.server for sample in results.samples}
    shown = [server for server in SERVERS if server.key in measured]
    rows = [["µs of server CPU per request (× nginx)", *(server.label for server in shown)]]
    for case in cases.CASES:
        row = [_cell(results, case.key, server.key) for server in shown]
        if any(cell != "–" for cell in row):
            rows.append([case.title, *row])
    return markdown(rows) if len(rows) > 1 else ""


def _cell(results: Results, case: str, server: str) -> str:
    cpu, ratio = results.cpu(case, server), results.ratio(case, server)
    if cpu is None:
        return "–"
    text = f"{cpu * 1e6:.1f}" if cpu < 1e-4 else f"{cpu * 1e6:.0f}"
    return text if ratio is None else f"{text} ({ratio:.2f})"


def targets(found: Iterable[Verdict]) -> str:
    """django-bolt's targets: what was measured, what was aimed at, met or missed."""
    rows = [["django-bolt", "measured", "target", ""]]
    for verdict in found:
        measured = f"{verdict.measured:.2f} {verdict.unit}" + (f" ({verdict.note})" if verdict.note else "")
        bound = f"{'≥' if verdict.at_least else '≤'} {verdict.target:g} {verdict.unit}"
        rows.append([verdict.title, measured, bound, _word(met=verdict.met)])
    return markdown(rows) if len(rows) > 1 else ""


def _word(*, met: bool) -> str:
    return "met" if met else "**missed**"


_EXTRAS = (
    ("spin", "hello beside a spinning `def` handler, median latency in ms", 1e3),
    ("idle", "memory of an idle connection in KiB", 1 / 1024),
    ("transfers", "most memory of the server in MB, with 2 GB up and 2 GB down", 1e-6),
)


def others(results: Results) -> str:
    """The figures that are no CPU per request, for every server that has them."""
    rows = [["", *(server.label for server in SERVERS)]]
    for name, title, factor in _EXTRAS:
        values = [results.extra(name, server.key) for server in SERVERS]
        if any(value is not None for value in values):
            rows.append([title, *("–" if value is None else f"{value * factor:.2f}" for value in values)])
    return markdown(rows) if len(rows) > 1 else ""


def page(results: Results) -> str:
    """All tables, with how they came about."""
    about = ", ".join(f"{name} {value}" for name, value in results.about.items())
    parts = [f"Made by `uv run nox -s bench`: {about}.", targets(verdicts(results)), table(results), others(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def publish(readme: Path, text: str) -> None:
    """Replace what stands between the marks in *readme* by *text*; raises ValueError where there are no marks."""
    before, begin, rest = readme.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{readme.name} lacks the marks {BEGIN} and {END}")
    readme.write_text(f"{before}{BEGIN}\n{text.strip()}\n{END}{after}")


def markdown(rows: list[list[str]]) -> str:
    """A table of *rows*, the first its head; all columns but the first hold figures."""
    head, *body = rows
    lines = [head, ["---", *("--:" for _ in head[1:])], *body]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
