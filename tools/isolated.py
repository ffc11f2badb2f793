"""Runs a package's own tests as `pip install` of that package alone would find itself.

Wheels of the package and of the workspace packages that it declares are built and installed with their declared
dependencies into a clean environment; the tests are copied out of the tree. A missing dependency or an import across a
forbidden arrow fails here, whatever the shared environment of the workspace happens to hold.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from tools import project

UV = os.environ.get("UV", "uv")
# What any test may use. A package's further needs stand in its dependency group `test`.
TEST_TOOLS = ("pytest", "pytest-asyncio", "hypothesis", "anyio")


def needed(name: str, known: dict[str, project.Package]) -> list[project.Package]:
    """The workspace packages that *name* reaches, by its own dependencies or by those of its tests."""
    tested = known[name]
    wanted = {project.normalized(line) for line in tested.test_requirements} & known.keys() | {name}
    reached = {package.name for start in wanted for package in project.closure(start, known)}
    return [package for package in known.values() if package.name in reached]


def tools_for(package: project.Package, reached: Iterable[project.Package]) -> list[str]:
    """Requirements of the test run itself."""
    uses_django = any("django" in one.requirements for one in reached)
    return [*TEST_TOOLS, *(["pytest-django"] if uses_django else []), *package.test_requirements]


def build(package: project.Package, into: Path) -> Path:
    """Build the wheel of *package*; a package with crates is built with this environment's maturin, so that cargo finds
    the same interpreter as the editable install did and compiles nothing twice."""
    folder = into / package.name
    command = [UV, "build", "--wheel", "--quiet", "--python", sys.executable, "--out-dir", str(folder)]
    if (package.folder / "Cargo.toml").is_file():
        command.append("--no-build-isolation")
    subprocess.run([*command, str(package.folder)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(python: Path, wheels: dict[str, Path], name: str, tools: Sequence[str], scratch: Path) -> None:
    """Install the wheel of *name* and *tools*; every workspace package comes from *wheels*, versions from uv.lock.

    Overrides say where a package comes from when something requires it; they install nothing by themselves.
    """
    overrides, constraints = scratch / "overrides.txt", scratch / "constraints.txt"
    overrides.write_text("".join(f"{package} @ {wheel.as_uri()}\n" for package, wheel in wheels.items()))
    export = [UV, "export", "--quiet", "--frozen", "--no-hashes", "--no-emit-workspace", "--no-annotate", "--no-header"]
    subprocess.run(
        [*export, "--all-packages", "--all-groups", "--all-extras", "--output-file", str(constraints)],
        cwd=project.ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    versions = ("--overrides", str(overrides), "--constraints", str(constraints))
    wanted = (f"{name} @ {wheels[name].as_uri()}", *tools)
    subprocess.run([UV, "pip", "install", "--quiet", "--python", str(python), *versions, *wanted], check=True)


def lay_out(package: project.Package, scratch: Path) -> Path:
    """Copy the tests and the settings of pytest (not the sources) so that their paths are as in the repository."""
    shutil.copy(project.ROOT / "pyproject.toml", scratch)
    folder = scratch / "packages" / package.folder.name
    ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache")
    shutil.copytree(package.folder / "tests", folder / "tests", ignore=ignored)
    shutil.copy(package.folder / "pyproject.toml", folder)
    return folder / "tests"


def check(name: str, arguments: Sequence[str], known: dict[str, project.Package]) -> int:
    """Build, install and test *name*; the exit code of pytest."""
    package, reached = known[name], needed(name, known)
    if not (package.folder / "tests").is_dir():
        print(f"\n{name} has no tests; write packages/{package.folder.name}/tests")
        return 1
    print(f"\n=== isolated {name} with {', '.join(one.name for one in reached if one is not package) or 'nothing'}")
    with tempfile.TemporaryDirectory(prefix="isolated-") as folder:
        scratch = Path(folder)
        wheels = {one.name: build(one, scratch / "wheels") for one in reached}
        subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, str(scratch / "venv")], check=True)
        python = scratch / "venv" / "bin" / "python"
        install(python, wheels, name, tools_for(package, reached), scratch)
        tests = lay_out(package, scratch).relative_to(scratch)
        # What the caller's environment points at must not reach into the clean one.
        dropped = {"PYTHONPATH", "VIRTUAL_ENV", "DJANGO_SETTINGS_MODULE"}
        environment = {key: value for key, value in os.environ.items() if key not in dropped}
        command = [str(python), "-P", "-m", "pytest", str(tests), "-q", *arguments]
        return subprocess.run(command, cwd=scratch, env=environment, check=False).returncode


def main(arguments: Sequence[str] = tuple(sys.argv[1:])) -> int:
    known = project.packages()
    split = next((i for i, word in enumerate(arguments) if word.startswith("-")), len(arguments))
    names = arguments[:split] or tuple(known)
    if unknown := set(names) - known.keys():
        print(f"no package {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        return 2
    failed = [name for name in names if check(name, arguments[split:], known) != 0]
    print(f"\nisolated: FAILED {', '.join(failed)}" if failed else f"\nisolated: {', '.join(names)} ok")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
