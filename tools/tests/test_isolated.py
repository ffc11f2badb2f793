"""isolated: what is installed follows from what is declared."""

from pathlib import Path

import pytest

from tools import isolated, project


def package(name, dependencies=(), tests=()):
    data = {"project": {"name": name, "version": "1.0", "dependencies": list(dependencies)}}
    return project.Package(Path(name), data | {"dependency-groups": {"test": list(tests)}})


KNOWN = {
    one.name: one
    for one in (
        package("core"),
        package("testing", ["core>=1"]),
        package("web", ["core>=1", "django>=5"], tests=["testing", "psycopg"]),
        package("meta", ["web", "testing"]),
    )
}


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("core", ["core"]),
        ("testing", ["core", "testing"]),
        ("web", ["core", "testing", "web"]),
        ("meta", ["core", "testing", "web", "meta"]),
    ],
)
def test_needed_packages_follow_declarations(name, reached):
    """A package brings what it and its tests declare, and nothing above it."""
    assert [one.name for one in isolated.needed(name, KNOWN)] == reached


def test_django_tools_come_with_django_only():
    """pytest-django is there where a package reaches Django, and nowhere else."""
    assert "pytest-django" not in isolated.tools_for(KNOWN["core"], [KNOWN["core"]])
    assert {"pytest-django", "psycopg"} <= set(isolated.tools_for(KNOWN["web"], KNOWN.values()))


def test_package_without_tests_fails(capsys):
    """A package that has no tests is told so, and is not taken as passing."""
    assert isolated.check("core", [], KNOWN) == 1
    assert "core has no tests" in capsys.readouterr().out


def test_unknown_package_is_refused(capsys):
    """A mistyped package is exit code 2 and the known ones are listed."""
    assert isolated.main(["bolt-cor"]) == 2
    assert "there are bolt-auth, bolt-serializers, bolt-core" in capsys.readouterr().out
