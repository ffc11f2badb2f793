"""suites: what is chosen runs, and the summary tells failures apart from successes."""

import sys

import pytest

from tools import suites


@pytest.fixture
def suite(tmp_path):
    """Builds a suite that runs one test module with the given source."""

    def build(source, name="examples/a"):
        (tmp_path / "test_a.py").write_text(source)
        return suites.Suite(name, tmp_path)

    return build


PASSING = 'def test_a():\n    """x"""\n'
FAILING = "import pytest\ndef test_a():\n    assert 0\n@pytest.mark.skip\ndef test_b(): ...\n"


def test_every_package_and_folder_is_a_suite():
    """Packages, repository tests, examples, tools and the crates are all found."""
    names = {suite.name for suite in suites.suites()}

    assert {
        "bolt-serializers",
        "bolt-auth",
        "bolt-core",
        "bolt-testing",
        "bolt-django",
        "django-bolt",
        "examples/shop",
        "tools",
        "rust",
    } <= names


def test_counts_come_from_the_run(suite, tmp_path):
    """A failing suite has its exit code and its numbers by result."""
    outcome = suites.run(suite(FAILING), [], tmp_path)

    assert not outcome.passed
    assert outcome.counts == {"passed": 0, "failed": 1, "skipped": 1}


def test_suite_without_tests_fails(suite, tmp_path):
    """A suite in which nothing is collected is a mistake, unless a selection emptied it."""
    empty = suite("")

    assert not suites.run(empty, [], tmp_path).passed
    assert suites.run(empty, ["-k", "nothing"], tmp_path).passed


def test_command_other_than_pytest_has_no_counts(tmp_path):
    """A suite with a command of its own passes by its exit code."""
    outcome = suites.run(suites.Suite("rust", tmp_path, command=(sys.executable, "-c", "")), [], tmp_path)

    assert outcome.passed
    assert outcome.counts is None


def test_summary_names_what_failed():
    """The last line of the summary says what failed, or that all passed."""
    good = suites.Outcome("a", 0, 1.0, {"passed": 2, "failed": 0, "skipped": 0})
    bad = suites.Outcome("b", 1, 1.0, {"passed": 1, "failed": 1, "skipped": 0})

    assert suites.summary([good]).endswith("all 1 suites passed")
    assert suites.summary([good, bad]).endswith("FAILED: b")


def test_words_before_the_first_option_name_suites(tmp_path):
    """Names select suites, what follows goes to pytest; without names all run."""
    known = [suites.Suite(name, tmp_path) for name in ("a", "b")]

    assert suites.select(known, ["b", "-k", "x"]) == ([known[1]], ["-k", "x"])
    assert suites.select(known, ["-x"]) == (known, ["-x"])


def test_unknown_suite_is_an_error_that_lists_the_known(tmp_path):
    """A mistyped suite does not pass silently."""
    with pytest.raises(ValueError, match=r"no suite c; there are a"):
        suites.select([suites.Suite("a", tmp_path)], ["c"])
