"""Each version stands in one place and is told in others: pyproject, CHANGELOG, Cargo, the meta-package must agree."""

import re
import sys
import tomllib
from pathlib import Path

from tools import project

_HEADING = re.compile(r"^## \[?v?(?P<version>\d+(?:\.\w+)+)\]?", re.MULTILINE)
META = "django-bolt"


def newest_heading(changelog: str) -> str | None:
    """The version of the first `## X.Y.Z` heading of a changelog; an `## Unreleased` above it is passed over."""
    match = _HEADING.search(changelog)
    return match["version"] if match else None


def changelog_problems(package: project.Package) -> list[str]:
    """The newest changelog heading is the version of the package."""
    path = package.folder / "CHANGELOG.md"
    if not path.is_file():
        return [f"{package.name}: has no CHANGELOG.md"]
    newest = newest_heading(path.read_text())
    if newest != package.version:
        return [f"{package.name}: version is {package.version}, the newest heading of its CHANGELOG.md is {newest}"]
    return []


def cargo_problems(package: project.Package) -> list[str]:
    """A package with crates carries one version for both worlds."""
    path = package.folder / "Cargo.toml"
    if not path.is_file():
        return []
    version = tomllib.loads(path.read_text())["workspace"]["package"]["version"]
    if version != package.version:
        return [f"{package.name}: version is {package.version}, its Cargo.toml has {version}"]
    return []


def meta_problems(known: dict[str, project.Package]) -> list[str]:
    """The meta-package requires every other package, from its current minor version on."""
    problems = []
    meta = known[META]
    for package in known.values():
        if package.name == META:
            continue
        minor = ".".join(package.version.split(".")[:2])
        written = meta.requirements.get(package.name)
        if written is None or not written.replace(" ", "").startswith(f"{package.name}>={minor}"):
            problems.append(f"{META}: must require '{package.name}>={minor}', has {written!r}")
    return problems


def main(root: Path = project.ROOT) -> int:
    known = project.packages(root)
    problems = [line for package in known.values() for line in changelog_problems(package) + cargo_problems(package)]
    return project.report("versions", problems + meta_problems(known))


if __name__ == "__main__":
    sys.exit(main())
