"""load: wrk gets a script of the case, and its report is read strictly."""

import pytest

from benchmarks import cases, load
from benchmarks.apps import payloads

LINE = 'RESULT {"requests": 2000, "microseconds": 1000000, "median": 400, "p99": 900, "refused": 0, "errors": 0}'


def test_result_line_is_read():
    """Counts and latencies come from the script's own line, in seconds."""
    seen = load.parse(f"Running 1s test\n\n{LINE}\n")

    assert (seen.requests, seen.rate, seen.median, seen.p99) == (2000, 2000.0, 0.0004, 0.0009)


@pytest.mark.parametrize(
    "output",
    ["unable to connect", LINE.replace('"errors": 0', '"errors": 3'), LINE.replace('"refused": 0', '"refused": 1')],
)
def test_errors_are_no_measurement(output):
    """A run with errors, or without a result, is an error and never a figure."""
    with pytest.raises(load.LoadError):
        load.parse(output)


def test_refusals_are_measured_where_the_case_asks_for_them():
    """Where 422 is the right answer, every request must have been refused, not just some."""
    assert load.parse(LINE.replace('"refused": 0', '"refused": 2000'), refused=True).requests == 2000
    with pytest.raises(load.LoadError, match="1 errors"):
        load.parse(LINE.replace('"refused": 0', '"refused": 1999'), refused=True)


def test_script_sends_the_request_of_the_case(tmp_path):
    """Method, header fields and the body's file stand in the script, quoted."""
    script = load.script(cases.BY_KEY["upload-1m"], tmp_path / "a.body")

    assert 'wrk.method = "POST"' in script
    assert f'wrk.headers["Content-Type"] = "multipart/form-data; boundary={payloads.BOUNDARY}"' in script
    assert f'io.open("{tmp_path}/a.body", "rb")' in script


def test_script_of_a_request_without_a_body_names_no_file(tmp_path):
    """A GET sends its own header fields and nothing else."""
    script = load.script(cases.BY_KEY["sources"], tmp_path / "a.body")

    assert 'wrk.headers["Cookie"] = "session=2b4ad1; theme=dark"' in script
    assert "wrk.body" not in script
    assert "Content-Type" not in script
