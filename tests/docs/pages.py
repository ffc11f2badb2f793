"""Find the Python code of Markdown pages and run it, one namespace a page."""

import asyncio
import inspect
import os
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# An opening fence at the start of a line, its info string, and all up to the closing fence (CommonMark §4.5).
_FENCE = re.compile(r"^```python(?P<info>[^\n]*)\n(?P<code>.*?)^```\s*$", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Every Markdown page whose code readers may copy."""
    found = [ROOT / "README.md", *ROOT.glob("packages/*/README.md"), *ROOT.glob("docs/**/*.md")]
    return sorted(page for page in found if page.is_file() and any(blocks(page)))


def blocks(page: Path) -> Iterator[tuple[int, str]]:
    """Yield the line number and the code of each block that runs; those marked ``no-run`` are fragments."""
    text = page.read_text()
    for match in _FENCE.finditer(text):
        if "no-run" not in match["info"].split():
            yield text.count("\n", 0, match.start("code")) + 1, match["code"]


def run(page: Path) -> None:
    """Execute the page's blocks in order, then each test function that they define.

    A page that configures Django does so in a process of its own: there is one configuration in each.
    """
    if any("settings.configure(" in code for _, code in blocks(page)):
        run_alone(page)
    else:
        run_here(page)


def run_alone(page: Path) -> None:
    """Run *page* in a new interpreter, where warnings are errors, too."""
    code = "import pathlib, pages, sys; pages.run_here(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-W", "error", "-c", code, str(page)]
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(command, cwd=Path(__file__).parent, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def run_here(page: Path) -> None:
    """Run *page* in this interpreter."""
    module = types.ModuleType("docs_" + re.sub(r"\W", "_", str(page.relative_to(ROOT))))
    # Annotations are resolved through the module of the function or class that bears them.
    sys.modules[module.__name__] = module
    try:
        for line, code in blocks(page):
            # Blank lines in front keep a traceback's line numbers those of the page.
            exec(compile("\n" * (line - 1) + code, page, "exec"), module.__dict__)
        for test in [value for name, value in vars(module).items() if name.startswith("test_")]:
            if inspect.iscoroutinefunction(test):
                asyncio.run(test())
            else:
                test()
    finally:
        del sys.modules[module.__name__]
