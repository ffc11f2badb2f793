"""size: budgets are measured as a reader would, and exceptions are earned."""

import pytest

from tools import size

LONG_FUNCTION = "def f(a):\n" + "    a += 1\n" * 40


def test_function_over_its_lines_is_found():
    """A Python function of 41 lines is over the budget of 40 and is named with its path."""
    (found,) = size.excesses("x.py", LONG_FUNCTION)

    assert (found.key, found.measured, found.what) == ("x.py::f", 41, "lines")


def test_function_at_its_budget_passes():
    """Forty lines and six parameters are within the budget."""
    source = "def f(a, b, c, d, e, g):\n" + "    a += 1\n" * 39

    assert list(size.excesses("x.py", source)) == []


@pytest.mark.parametrize(("suffix", "lines"), [(".py", 401), (".rs", 501)])
def test_file_over_its_lines_is_found(suffix, lines):
    """A file one line over the budget of its language is found."""
    (found,) = size.excesses(f"x{suffix}", "\n" * lines)

    assert (found.key, found.measured) == (f"x{suffix}", lines)


def test_own_parameter_of_a_method_does_not_count():
    """`self` and `cls` are free; a static method's first parameter is not."""
    source = (
        "class A:\n"
        "    def m(self, a, b, /, c, *, d, e, f): ...\n"
        "    @classmethod\n    def c(cls, a, b, c, d, e, f): ...\n"
        "    @staticmethod\n    def s(a, b, c, d, e, f): ...\n"
    )

    assert sorted(size.python_functions(source)) == [("A.c", 1, 6), ("A.m", 1, 6), ("A.s", 1, 6)]


def test_starred_parameters_count():
    """`*args` and `**kwargs` are parameters as any."""
    assert list(size.python_functions("def f(*args, a, **kwargs): ...")) == [("f", 1, 3)]


def test_function_inside_a_function_is_measured_alone():
    """A closure is found under its dotted name, also below a condition."""
    names = [name for name, _, _ in size.python_functions("def f():\n    if f:\n        def g(): ...\n")]

    assert names == ["f", "f.g"]


def test_excess_without_an_exception_is_a_problem():
    """What is over its budget and not listed is reported with its figure."""
    found = list(size.excesses("x.py", LONG_FUNCTION))

    assert size.judge(found, {}) == ["x.py::f: 41 lines, the budget is 40"]
    assert size.judge(found, {"x.py::f": "One table, read from top to bottom."}) == []


def test_stale_exception_is_a_problem():
    """An exception for what is within its budget must go."""
    (problem,) = size.judge([], {"x.py::f": "One table, read from top to bottom."})

    assert "remove the exception" in problem


def test_exception_needs_a_reason():
    """An exception without a sentence that says why is refused."""
    (problem,) = size.judge(list(size.excesses("x.py", LONG_FUNCTION)), {"x.py::f": "long"})

    assert "needs its reason" in problem
