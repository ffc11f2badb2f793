"""report and chart: figures reach the reader, and the README is rewritten between its marks only."""

import xml.etree.ElementTree as ElementTree

import pytest

from benchmarks import chart, report
from benchmarks.results import Results, Sample
from benchmarks.verdicts import verdicts


@pytest.fixture
def results():
    """One round of nginx and bolt."""
    return Results(
        {"rounds": "1 of 1 s"},
        [
            Sample("hello", "nginx", 1, 10e-6, rate=1e5, latency=0.001, baseline=10e-6),
            Sample("hello", "bolt", 1, 12e-6, rate=8e4, latency=0.001, baseline=10e-6),
        ],
    )


def test_table_has_figures_and_multiples(results):
    """A cell tells microseconds and the multiple of nginx."""
    assert "| hello, `async def` | 10.0 (1.00) | 12.0 (1.20) |" in report.table(results)


def test_missed_target_is_said_loudly(results):
    """1.20 where 1.15 was aimed at is a miss in bold."""
    assert "| hello, `async def` | 1.20 × nginx | ≤ 1.15 × nginx | **missed** |" in report.targets(verdicts(results))


def test_lower_bound_is_shown_as_one(results):
    """Where more is better the target reads so."""
    results.samples += [
        Sample("upload-1m", "fastapi", 1, 1000e-6, rate=1e3, latency=0.001, baseline=10e-6),
        Sample("upload-1m", "bolt", 1, 400e-6, rate=1e3, latency=0.001, baseline=10e-6),
    ]

    assert "| 2.50 × Starlette's throughput | ≥ 2 × Starlette's throughput | met |" in report.targets(verdicts(results))


def test_publish_replaces_between_the_marks(tmp_path):
    """What stands around the marks is kept, what stands between them is replaced; twice is as once."""
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")

    for _ in range(2):
        report.publish(readme, "new\n")

    assert readme.read_text() == f"before\n{report.BEGIN}\nnew\n{report.END}\nafter\n"


def test_publish_without_marks_is_an_error(tmp_path):
    """A page without marks is left alone."""
    readme = tmp_path / "README.md"
    readme.write_text("text")

    with pytest.raises(ValueError, match="lacks the marks"):
        report.publish(readme, "new")

    assert readme.read_text() == "text"


def test_chart_is_well_formed_and_shows_requests_per_cpu_second(results):
    """12 µs a request are 83,333 requests a second of CPU, and the longest bar is the fastest server's."""
    root = ElementTree.fromstring(chart.chart(results))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    bars = [float(e.get("width")) for e in root.iter("{http://www.w3.org/2000/svg}rect") if e.get("fill") != "#fff"]

    assert "83,333" in texts
    assert bars[0] > bars[1] > bars[0] * 0.8
