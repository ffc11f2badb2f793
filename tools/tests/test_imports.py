"""imports: a package may import what it declares, and the engine crate knows no Python."""

from pathlib import Path

import pytest

from tools import imports, project

PACKAGE = project.Package(
    Path("packages/bolt-a"),
    {
        "project": {
            "name": "bolt-a",
            "version": "0.1.0",
            "dependencies": ["Django>=5.2", "bolt_b"],
            "optional-dependencies": {"dev": ["watchfiles>=1"], "fast": ["uvloop>=1"]},
            "entry-points": {"host": {"a": "bolt_a.plugin:Plugin"}},
        }
    },
)
DISTRIBUTIONS = {"django": ["Django"], "bolt_b": ["bolt-b"], "httpx2": ["httpx2"], "watchfiles": ["watchfiles"]}


def undeclared(source, dotted="bolt_a.module"):
    return list(imports.undeclared(PACKAGE, source, DISTRIBUTIONS, dotted))


@pytest.mark.parametrize(
    "source", ["import os.path", "from django.http import x", "from . import y", "import bolt_a.z", "import bolt_b"]
)
def test_declared_import_passes(source):
    """The standard library, the package itself and its dependencies may be imported."""
    assert undeclared(source) == []


@pytest.mark.parametrize("source", ["import httpx2", "def f():\n    from httpx2 import Client", "import no_such"])
def test_undeclared_import_is_found(source):
    """A module that no declared dependency brings is found wherever it is imported."""
    assert len(undeclared(source)) == 1


def test_extra_is_allowed_only_where_its_absence_is_handled():
    """What an extra brings may be imported in a function or under `try`, not at the top of a module."""
    assert undeclared("import watchfiles") == [(1, "watchfiles")]
    assert undeclared("try:\n    import watchfiles\nexcept ImportError:\n    pass") == []
    assert undeclared("def f():\n    import watchfiles") == []


def test_a_plugin_may_import_its_host():
    """A module that is an entry point is imported by its host alone, which an extra brings."""
    assert undeclared("import watchfiles", "bolt_a.plugin") == []
    assert undeclared("import httpx2", "bolt_a.plugin") == [(1, "httpx2")]


def test_the_subpackage_of_an_extra_may_import_what_it_brings():
    """A subpackage named as an extra imports what that extra brings, and nothing of another's."""
    assert undeclared("import uvloop", "bolt_a.fast.loops") == []
    assert undeclared("import uvloop", "bolt_a.loops") == [(1, "uvloop")]
    assert undeclared("import watchfiles", "bolt_a.fast.loops") == [(1, "watchfiles")]


@pytest.mark.parametrize("source", ["import bolt_a.fast", "from bolt_a import fast", "from bolt_a.fast.loops import x"])
def test_the_subpackage_of_an_extra_is_imported_where_its_absence_is_handled(source):
    """From elsewhere it is imported in a function or under `try`, from its own modules anywhere."""
    assert undeclared(source) == [(1, "bolt_a.fast")]
    assert undeclared(f"def f():\n    {source}") == []
    assert undeclared(source, "bolt_a.fast.more") == []


def test_engine_with_pyo3_or_unsafe_is_a_problem():
    """The engine's manifest may name no pyo3 crate and must forbid unsafe code."""
    problems = imports.engine_problems('[dependencies]\npyo3 = "1"\n[lints.rust]\nunsafe_code = "deny"\n')

    assert len(problems) == 2


def test_engine_without_python_passes():
    """A manifest with neither is fine."""
    assert imports.engine_problems('[dependencies]\nhttparse = "1"\n[lints.rust]\nunsafe_code = "forbid"\n') == []
