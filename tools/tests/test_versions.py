"""versions: the places that tell a version agree with the one that declares it."""

import pytest

from tools import project, versions


@pytest.fixture
def package(tmp_path):
    """Builds a package of the name, version and dependencies asked for."""

    def build(name, version="0.2.1", dependencies=()):
        folder = tmp_path / name
        folder.mkdir()
        return project.Package(folder, {"project": {"name": name, "version": version, "dependencies": dependencies}})

    return build


def test_newest_heading_passes_over_unreleased():
    """The first heading with a number is the newest version."""
    assert versions.newest_heading("# Changes\n\n## Unreleased\n\n## 0.2.1 (2026-01-01)\n\n## 0.2.0\n") == "0.2.1"


def test_changelog_behind_the_version_is_a_problem(package):
    """A version without its heading in the changelog is reported with both."""
    bolt = package("bolt-a")
    (bolt.folder / "CHANGELOG.md").write_text("# Changelog\n\n## 0.2.0\n")

    (problem,) = versions.changelog_problems(bolt)

    assert "0.2.1" in problem
    assert "0.2.0" in problem


def test_changelog_with_the_version_passes(package):
    """The newest heading names the version of pyproject.toml."""
    bolt = package("bolt-a")
    (bolt.folder / "CHANGELOG.md").write_text("# Changelog\n\n## [0.2.1]\n")

    assert versions.changelog_problems(bolt) == []


def test_cargo_version_must_agree(package):
    """The crates of a package carry the package's version."""
    bolt = package("bolt-a")
    (bolt.folder / "Cargo.toml").write_text('[workspace.package]\nversion = "0.2.0"\n')

    assert versions.cargo_problems(bolt) == ["bolt-a: version is 0.2.1, its Cargo.toml has 0.2.0"]


@pytest.mark.parametrize("written", [[], ["bolt-a>=0.1"], ["bolt-a"]])
def test_meta_package_requires_every_package_from_its_minor_on(package, written):
    """A missing, unbounded or older requirement of the meta-package is a problem."""
    bolt, meta = package("bolt-a"), package("django-bolt", dependencies=written)

    (problem,) = versions.meta_problems({p.name: p for p in (bolt, meta)})

    assert "bolt-a>=0.2" in problem


def test_meta_package_with_every_package_passes(package):
    """The current minor version of each package is required."""
    bolt, meta = package("bolt-a"), package("django-bolt", dependencies=["bolt-a>=0.2"])

    assert versions.meta_problems({p.name: p for p in (bolt, meta)}) == []
