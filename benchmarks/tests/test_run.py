"""run: the command line says what is measured, and only whole runs are published."""

import json

import pytest

from benchmarks import cases, run, servers
from benchmarks.apps import payloads


def test_default_is_everything():
    """Without arguments all servers and cases are measured, and the tables may be published."""
    assert run.plan([]).full


@pytest.mark.parametrize("arguments", [["--only", "bolt"], ["--case", "hello"], ["--rounds", "1"], ["--seconds", "1"]])
def test_part_of_a_run_is_not_published(arguments):
    """Fewer servers, cases or rounds, or shorter cells, leave the published figures alone."""
    assert not run.plan(arguments).full


def test_nginx_is_always_measured():
    """Ratios need their baseline, named or not."""
    assert [server.key for server in run.plan(["--only", "bolt"]).servers] == ["nginx", "bolt"]


@pytest.mark.parametrize("arguments", [["--only", "apache"], ["--case", "hallo"]])
def test_unknown_name_is_refused(arguments, capsys):
    """A mistyped server or case ends with a line that names it."""
    with pytest.raises(SystemExit):
        run.plan(arguments)

    assert f"unknown: {arguments[1]}" in capsys.readouterr().err


def test_payloads_have_the_sizes_that_the_cases_name():
    """The 11 KB body and the 14 KB reply are that large."""
    assert len(payloads.encoded(payloads.DOCUMENT)) == pytest.approx(11_000, rel=0.03)
    assert len(payloads.encoded(payloads.REPORT)) == pytest.approx(14_000, rel=0.03)


def test_lacking_cases_exist():
    """What a server is said to lack is a case or an extra."""
    known = {*cases.BY_KEY, *cases.EXTRAS}

    assert all(server.lacks <= known for server in servers.SERVERS)


def test_every_answer_can_be_compared():
    """The expected answer of each case is text, bytes, or what JSON gives back."""
    for case in cases.CASES:
        assert isinstance(case.answer, str | bytes) or json.loads(payloads.encoded(case.answer)) == case.answer


def test_multipart_holds_the_file_once():
    """The boundary stands in no file, and what lies between the boundaries is all of it."""
    head, file, tail = payloads.multipart().partition(payloads.FILE)

    assert len(file) == 1 << 20
    assert payloads.BOUNDARY.encode() not in file
    assert head.endswith(b"\r\n\r\n")
    assert tail.endswith(b"--\r\n")
