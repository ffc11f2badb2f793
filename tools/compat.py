"""Runs the suites that Django has a part in with every Django and Python that is promised.

Each Python gets an environment of the workspace with an extension of its own, and each Django is put into it in turn.
`python -m tools.compat` runs all of them, `python -m tools.compat 3.12/5.2 3.13` some; options go to pytest.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import project

UV = os.environ.get("UV") or shutil.which("uv") or "uv"
PYTHONS = ("3.12", "3.13")
DJANGOS = ("5.2", "6.0", "6.1")
SUITES = ("bolt-django", "bolt-testing", "django-bolt", "tests/contract")
FOLDER = project.ROOT / ".nox" / "compat"


@dataclass(frozen=True)
class Pair:
    """One Python with one Django."""

    python: str
    django: str

    def __str__(self) -> str:
        return f"{self.python}/{self.django}"


def pairs(words: Sequence[str]) -> list[Pair]:
    """Those that *words* name, by `python`, `python/django`, or all where there is no word.

    Raises ValueError for a word that names none.
    """
    known = [Pair(python, django) for python in PYTHONS for django in DJANGOS]
    if not words:
        return known
    for word in words:
        if not any(word in (str(pair), pair.python) for pair in known):
            raise ValueError(f"no combination {word}; there are {', '.join(map(str, known))}")
    return [pair for pair in known if str(pair) in words or pair.python in words]


def interpreter(version: str) -> Path | None:
    """A Python of that version, installed if it can be; `None` where there is none to be had."""
    for command in ((UV, "python", "find", version), (UV, "python", "install", version)):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0 and (path := Path(done.stdout.strip())).is_file():
            return path
    found = subprocess.run((UV, "python", "find", version), capture_output=True, text=True, check=False)
    return Path(found.stdout.strip()) if found.returncode == 0 else None


def environment(python: Path, version: str) -> Path:
    """The interpreter of an environment with the workspace, its extension built for that Python."""
    folder = FOLDER / version
    ours = version == ".".join(map(str, sys.version_info[:2]))
    variables = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(folder), "UV_PYTHON": str(python)}
    variables.pop("VIRTUAL_ENV", None)
    command = [UV, "sync", "--quiet", "--frozen"]
    if ours:
        # The extension of this very Python lies in the tree already.
        command += ["--no-install-package", "bolt-core"]
    else:
        variables["CARGO_TARGET_DIR"] = str(FOLDER / f"target-{version}")
        variables.pop("PYO3_PYTHON", None)
    subprocess.run(command, cwd=project.ROOT, env=variables, check=True)
    if ours:
        (packages,) = (folder / "lib").glob("python*/site-packages")
        (packages / "bolt_core_in_tree.pth").write_text(f"{project.ROOT / 'packages/bolt-core/src'}\n")
    return folder / "bin" / "python"


def run(pair: Pair, python: Path, options: Sequence[str]) -> int:
    """The exit code of the suites with *pair*."""
    print(f"\n##### Python {pair.python}, Django {pair.django}", flush=True)
    # The newest of that series; the lock file has the newest of all.
    wanted = f"django=={pair.django}.*"
    subprocess.run([UV, "pip", "install", "--quiet", "--python", str(python), wanted], check=True)
    command = [str(python), "-m", "tools.suites", *SUITES, *options]
    variables = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    return subprocess.run(command, cwd=project.ROOT, env=variables, check=False).returncode


def main(arguments: Sequence[str] = tuple(sys.argv[1:])) -> int:
    split = next((i for i, word in enumerate(arguments) if word.startswith("-")), len(arguments))
    try:
        chosen = pairs(arguments[:split])
    except ValueError as error:
        print(error)
        return 2
    failed, skipped = [], []
    for version in dict.fromkeys(pair.python for pair in chosen):
        python = interpreter(version)
        if python is None:
            skipped.append(version)
            continue
        made = environment(python, version)
        failed += [pair for pair in chosen if pair.python == version and run(pair, made, arguments[split:]) != 0]
    for version in skipped:
        print(f"compat: skipped Python {version}: uv finds none on this machine and cannot install one")
    print(f"compat: FAILED {', '.join(map(str, failed))}" if failed else "compat: all that ran have passed")
    return 1 if failed or len(skipped) == len({pair.python for pair in chosen}) else 0


if __name__ == "__main__":
    sys.exit(main())
