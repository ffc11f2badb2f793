"""What a run found: samples by case, server and round, reduced to medians."""

import json
import statistics
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

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
    # The latency that one in a hundred requests exceeds; 0 in results of before it was kept.
    p99: float = 0.0


@dataclass
class Results:
    """All samples of a run, and figures that are no loop of requests by extra and server (see benchmarks.extras)."""

    about: dict[str, str] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    extras: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    # One line for each cell that could not be measured.
    failures: list[str] = field(default_factory=list)

    def cpus(self, case: str, server: str) -> list[float]:
        """CPU seconds per request of each round, in order."""
        chosen = [sample for sample in self.samples if (sample.case, sample.server) == (case, server)]
        return [sample.cpu for sample in sorted(chosen, key=lambda sample: sample.round)]

    def cpu(self, case: str, server: str) -> float | None:
        """Median CPU seconds per request over the rounds, None where the cell was not measured."""
        return median(self.cpus(case, server))

    def ratio(self, case: str, server: str) -> float | None:
        """Median over the rounds of the cell's CPU as a multiple of its baseline."""
        chosen = [s for s in self.samples if (s.case, s.server) == (case, server)]
        return median([sample.cpu / sample.baseline for sample in chosen])

    def extra(self, name: str, server: str) -> float | None:
        """Median of an extra figure."""
        return median(self.extras.get(name, {}).get(server, []))

    def save(self, path: Path) -> None:
        """Write everything as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def load(path: Path) -> Results:
    """Read what `save` wrote."""
    data: dict[str, Any] = json.loads(path.read_text())
    return Results(data["about"], [Sample(**sample) for sample in data["samples"]], data["extras"], data["failures"])


def median(values: list[float]) -> float | None:
    """The median of *values*, None where there are none."""
    return statistics.median(values) if values else None
