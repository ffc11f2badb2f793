"""The project's files say nothing of the machine they were written on: no absolute path of a home or work folder."""

import re
import sys
from collections.abc import Iterator

from tools import project

_SUFFIXES = (".md", ".py", ".pyi", ".rs", ".toml", ".html", ".txt", ".yml", ".yaml", ".svg", ".json", ".sh", ".ini")
# A path segment must follow: a URL that is just `/root/` is no machine path.
_EVERYWHERE = re.compile(r"(?<![\w.~/-])/(?:root|work|home/\w+|Users/\w+)/[\w.]+")
# Code may name the temporary folder; a page that tells its reader what to type may not assume one.
_IN_PAGES = re.compile(r"(?<![\w.~/-])/(?:tmp|var/tmp)/[\w.]+")


def machine_paths(suffix: str, text: str) -> Iterator[tuple[int, str]]:
    """Line and text of each machine path in a file with *suffix*."""
    patterns = [_EVERYWHERE, _IN_PAGES] if suffix == ".md" else [_EVERYWHERE]
    for number, line in enumerate(text.splitlines(), 1):
        for pattern in patterns:
            yield from ((number, match.group()) for match in pattern.finditer(line))


def main() -> int:
    problems = []
    for path in project.files(_SUFFIXES):
        where = path.relative_to(project.ROOT)
        if where.parts[0] == "tools":
            continue  # The patterns themselves and their tests.
        for line, text in machine_paths(path.suffix, path.read_text(errors="replace")):
            problems.append(f"{where.as_posix()}:{line}: {text} is a path of one machine; use a relative one")
    return project.report("words", problems)


if __name__ == "__main__":
    sys.exit(main())
