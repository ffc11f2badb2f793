"""What was measured as Markdown: targets, and how much longer each library takes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.serializers.cases import CASES, LIBRARIES, METHOD, OURS, Case, Target

type Seconds = Mapping[str, Mapping[str, float]]
"""Of one call, by case and library."""


@dataclass(frozen=True)
class Verdict:
    """A target beside what was measured."""

    case: Case
    target: Target
    measured: float
    method: float | None
    """The same for the methods, where they do it otherwise."""

    @property
    def met(self) -> bool:
        """Judged as it is shown."""
        shown = round(self.measured, 2)
        return shown >= self.target.bound if self.target.at_least else shown <= self.target.bound


def verdicts(seconds: Seconds) -> Iterator[Verdict]:
    """Every target whose figures there are."""
    for case in CASES:
        times = seconds.get(case.key, {})
        for target in case.targets:
            if OURS in times and target.library in times:
                other, method = times[target.library], times.get(METHOD)
                alone = None if method is None else _held(method, other, target)
                yield Verdict(case, target, _held(times[OURS], other, target), alone)


def _held(ours: float, other: float, target: Target) -> float:
    return other / ours if target.at_least else ours / other


def targets(seconds: Seconds) -> str:
    """What was aimed at, met or missed."""
    rows = [["bolt-serializers", "", "measured", "its methods", "target", ""]]
    for verdict in verdicts(seconds):
        library = LIBRARIES[verdict.target.library]
        against = f"times as fast as {library}" if verdict.target.at_least else f"the time of {library}"
        method = "–" if verdict.method is None else f"{verdict.method:.2f}"
        bound = f"{'≥' if verdict.target.at_least else '≤'} {verdict.target.bound:g}"
        word = "met" if verdict.met else "**missed**"
        rows.append([verdict.case.title, against, f"{verdict.measured:.2f}", method, bound, word])
    return _markdown(rows, text=2)


def table(seconds: Seconds) -> str:
    """The time of each library, as a multiple of ours; a dash where it has no such thing."""
    rows = [["time, × bolt-serializers'", *LIBRARIES.values()]]
    for case in CASES:
        times = seconds.get(case.key, {})
        if OURS in times:
            cells = [f"{times[name] / times[OURS]:.2f}" if name in times else "–" for name in LIBRARIES]
            rows.append([case.title, *cells])
    return _markdown(rows)


def page(seconds: Seconds, about: Mapping[str, str]) -> str:
    """Both tables, with how they came about."""
    told = ", ".join(f"{name} {value}" for name, value in about.items())
    return f"Made by `uv run nox -s bench -- serializers`: {told}.\n\n{targets(seconds)}\n\n{table(seconds)}\n"


def _markdown(rows: list[list[str]], text: int = 1) -> str:
    head, *body = rows
    lines = [head, [*("---",) * text, *("--:",) * (len(head) - text)], *body]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
