"""What a run found: samples by case, server and round, reduced to medians and compared with the targets."""

import json
import statistics
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import cases

BASELINE = "nginx"
OURS = "bolt"


@dataclass(frozen=True)
class Sample:
    """One measured cell of one round: CPU seconds of the server per request, requests per second, median latency.

    `baseline` is the CPU of nginx's `return 200` under as many connections, measured just before.
    """

    case: str
    server: str
    round: int
    cpu: float
    rate: float
    latency: float
    baseline: float


@dataclass(frozen=True)
class Verdict:
    """One target of django-bolt beside what was measured, both in the unit that is part of the text."""

    title: str
    measured: float
    target: float
    unit: str
    note: str = ""

    @property
    def met(self) -> bool:
        # Judged as it is shown.
        return round(self.measured, 2) <= self.target


@dataclass
class Results:
    """All samples of a run, and figures that are no loop of requests by extra and server (see benchmarks.extras)."""

    about: dict[str, str] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    extras: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    # One line for each cell that could not be measured.
    failures: list[str] = field(default_factory=list)

    def cpu(self, case: str, server: str) -> float | None:
        """Median CPU seconds per request over the rounds, None where the cell was not measured."""
        return _median([sample.cpu for sample in self.samples if (sample.case, sample.server) == (case, server)])

    def ratio(self, case: str, server: str) -> float | None:
        """Median over the rounds of the cell's CPU as a multiple of its baseline."""
        chosen = [s for s in self.samples if (s.case, s.server) == (case, server)]
        return _median([sample.cpu / sample.baseline for sample in chosen])

    def extra(self, name: str, server: str) -> float | None:
        """Median of an extra figure."""
        return _median(self.extras.get(name, {}).get(server, []))

    def verdicts(self) -> list[Verdict]:
        """Every target whose figures this run has."""
        found = [verdict for case in cases.CASES if (verdict := self._of_case(case)) is not None]
        if (spin := self.extra("spin", OURS)) is not None:
            found.append(Verdict("hello beside a spinning `def` handler, median latency", spin * 1e3, 2.0, "ms"))
        if (idle := self.extra("idle", OURS)) is not None:
            found.append(Verdict("10,000 idle connections, memory of each", idle / 1024, 4.0, "KiB"))
        start, django = self.extra("startup", OURS), self.extra("startup", "django")
        if start is not None and django is not None:
            note = f"{start:.2f} s − {django:.2f} s"
            found.append(Verdict("start-up with 300 routes beyond Django's own", start - django, 0.5, "s", note))
        return found

    def _of_case(self, case: cases.Case) -> Verdict | None:
        if case.target is None:
            return None
        if case.basis != "in-process":
            ratio = self.ratio(case.key, OURS)
            return None if ratio is None else Verdict(case.title, ratio, case.target, "× nginx")
        alone = self.extras.get("in-process", {}).get(case.key, [])
        ours = [s.cpu for s in self.samples if (s.case, s.server) == (case.key, OURS)]
        # Both are measured one after the other in each round, so they are compared by round.
        ratio = _median([cpu / plain for cpu, plain in zip(ours, alone, strict=False)])
        if ratio is None:
            return None
        note = f"{statistics.median(ours) * 1e6:.0f} µs, in process {statistics.median(alone) * 1e6:.0f} µs"
        return Verdict(case.title, ratio, case.target, "× in process", note)

    def save(self, path: Path) -> None:
        """Write everything as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def load(path: Path) -> Results:
    """Read what `save` wrote."""
    data: dict[str, Any] = json.loads(path.read_text())
    return Results(data["about"], [Sample(**sample) for sample in data["samples"]], data["extras"], data["failures"])


def _median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None
