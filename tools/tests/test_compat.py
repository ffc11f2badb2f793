"""Combinations of Python and Django."""

import pytest

from tools import compat


def test_all_are_run_unless_some_are_named() -> None:
    """By a Python, or by both."""
    assert len(compat.pairs([])) == len(compat.PYTHONS) * len(compat.DJANGOS)
    assert [str(pair) for pair in compat.pairs(["3.12/5.2"])] == ["3.12/5.2"]
    assert [pair.django for pair in compat.pairs(["3.13"])] == list(compat.DJANGOS)


def test_a_combination_that_is_not_promised_is_told() -> None:
    """With those that are."""
    with pytest.raises(ValueError, match=r"no combination 2\.7; there are 3\.12/5\.2"):
        compat.pairs(["2.7"])


def test_a_python_that_cannot_be_had_is_skipped_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where none could be had at all, nothing was tested, which is no success."""
    monkeypatch.setattr(compat, "interpreter", lambda version: None)

    assert compat.main(["3.12"]) == 1
    assert "skipped Python 3.12: uv finds none" in capsys.readouterr().out
