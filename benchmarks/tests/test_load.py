"""load: wrk gets a script of the case, and its report is read strictly."""

import pytest

from benchmarks import cases, load

LINE = 'RESULT {"requests": 2000, "microseconds": 1000000, "median": 400, "p99": 900, "errors": 0}'


def test_result_line_is_read():
    """Counts and latencies come from the script's own line, in seconds."""
    seen = load.parse(f"Running 1s test\n\n{LINE}\n")

    assert (seen.requests, seen.rate, seen.median, seen.p99) == (2000, 2000.0, 0.0004, 0.0009)


@pytest.mark.parametrize("output", ["unable to connect", LINE.replace('"errors": 0', '"errors": 3')])
def test_errors_are_no_measurement(output):
    """A run with errors, or without a result, is an error and never a figure."""
    with pytest.raises(load.LoadError):
        load.parse(output)


def test_script_sends_the_body_of_the_case():
    """Method, header and body stand in the script with their quotes escaped."""
    script = load.script(cases.BY_KEY["body"])

    assert 'wrk.method = "POST"' in script
    assert 'wrk.headers["Content-Type"] = "application/json"' in script
    assert r'wrk.body = "{\"name\":\"Ann Example\"' in script
