"""What the checks and nox need to know of the workspace: its files, its packages and what each of them declares."""

import os
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Folders that hold output or foreign files; only read where git cannot tell (a source archive).
_SKIPPED = frozenset({".git", ".venv", ".nox", "target", "dist", "node_modules", "__pycache__"})


def normalized(requirement: str) -> str:
    """The distribution name at the start of *requirement*, normalized as PEP 503 does (lower case, dashes)."""
    match = _NAME.match(requirement.strip())
    if match is None:
        raise ValueError(f"{requirement!r} is no requirement; it must start with a distribution name")
    return re.sub(r"[-_.]+", "-", match.group()).lower()


@dataclass(frozen=True)
class Package:
    """One distribution of the workspace, seen through its pyproject.toml."""

    folder: Path
    data: dict[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        return str(self.data["project"]["name"])

    @property
    def version(self) -> str:
        return str(self.data["project"]["version"])

    @property
    def module(self) -> str:
        return self.name.replace("-", "_")

    @property
    def source(self) -> Path:
        return self.folder / "src" / self.module

    @cached_property
    def requirements(self) -> dict[str, str]:
        """Declared dependencies: normalized name to the requirement as written."""
        return {normalized(line): line for line in self.data["project"].get("dependencies", [])}

    @cached_property
    def extras(self) -> frozenset[str]:
        """Normalized names of everything an optional extra brings."""
        return frozenset(name for brought in self.brought_by_extra.values() for name in brought)

    @cached_property
    def brought_by_extra(self) -> dict[str, frozenset[str]]:
        """Each optional extra: its name to the normalized names of what it brings."""
        groups: dict[str, list[str]] = self.data["project"].get("optional-dependencies", {})
        return {extra: frozenset(normalized(line) for line in lines) for extra, lines in groups.items()}

    @cached_property
    def plugins(self) -> frozenset[str]:
        """Modules that only the host of an entry point imports."""
        groups: dict[str, dict[str, str]] = self.data["project"].get("entry-points", {})
        return frozenset(target.partition(":")[0] for group in groups.values() for target in group.values())

    @cached_property
    def test_requirements(self) -> tuple[str, ...]:
        """What the package's own tests need beyond pytest: its dependency group `test`."""
        return tuple(self.data.get("dependency-groups", {}).get("test", ()))


def packages(root: Path = ROOT) -> dict[str, Package]:
    """Every package of the workspace by name, lowest layer first (a package follows all that it requires)."""
    found = {}
    for path in sorted((root / "packages").glob("*/pyproject.toml")):
        package = Package(path.parent, tomllib.loads(path.read_text()))
        found[package.name] = package
    ordered: dict[str, Package] = {}
    for name in found:
        _visit(name, found, ordered, ())
    return ordered


def _visit(name: str, found: dict[str, Package], ordered: dict[str, Package], path: tuple[str, ...]) -> None:
    if name in path:
        raise ValueError(f"packages require each other in a circle: {' → '.join((*path, name))}")
    if name in ordered:
        return
    for requirement in found[name].requirements:
        if requirement in found:
            _visit(requirement, found, ordered, (*path, name))
    ordered[name] = found[name]


def closure(name: str, known: dict[str, Package]) -> list[Package]:
    """*name* and every workspace package it reaches by declared dependencies, lowest layer first."""
    wanted = {name}
    for package in reversed(list(known.values())):
        if package.name in wanted:
            wanted |= package.requirements.keys() & known.keys()
    return [package for package in known.values() if package.name in wanted]


def files(suffixes: Iterable[str], root: Path = ROOT) -> Iterator[Path]:
    """Files of the project with one of *suffixes* (tracked ones and new ones that git does not ignore)."""
    wanted = tuple(suffixes)
    for path in sorted(_listed(root)):
        if path.suffix in wanted and path.is_file():
            yield path


def _listed(root: Path) -> Iterable[Path]:
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        out = subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return _walked(root)
    return [root / os.fsdecode(name) for name in out.split(b"\0") if name]


def _walked(root: Path) -> Iterator[Path]:
    for folder, folders, names in root.walk():
        folders[:] = [name for name in folders if name not in _SKIPPED]
        yield from (folder / name for name in names)


def report(what: str, problems: list[str]) -> int:
    """Print *problems*, or one line saying that *what* holds; the process's exit code."""
    for problem in problems:
        print(problem)
    print(f"{what}: {len(problems)} problem(s)" if problems else f"{what}: ok")
    return 1 if problems else 0
