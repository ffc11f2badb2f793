"""Find the Python code of Markdown pages and run it, one namespace a page."""

import asyncio
import inspect
import re
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
    """Execute the page's blocks in order, then each test function that they define."""
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
