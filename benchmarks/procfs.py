"""What a process and its descendants used so far, read from /proc (Linux)."""

import os
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# Positions in /proc/PID/stat after the command's closing parenthesis (proc(5) counts from 1 and two fields earlier).
_PARENT, _UTIME, _STIME, _CUTIME, _CSTIME = 1, 11, 12, 13, 14


def cpu_seconds(root: int) -> float:
    """User and system time of process *root* and its descendants, living and reaped."""
    wanted = (_UTIME, _STIME, _CUTIME, _CSTIME)
    return sum(int(_stat(pid)[position]) for pid in tree(root) for position in wanted) / _TICK


def resident_bytes(root: int) -> int:
    """Resident memory of process *root* and its descendants; pages that they share count once for each."""
    return sum(int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE for pid in tree(root))


def peak_bytes(root: int) -> int:
    """The most resident memory that process *root* and its descendants had so far, summed over them."""
    return sum(_kibibytes(pid, "VmHWM") << 10 for pid in tree(root))


def _kibibytes(pid: int, name: str) -> int:
    for line in (_PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0  # A process that has ended has no memory.


def tree(root: int) -> list[int]:
    """*root* and all its descendants."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                yield int(entry.name), int(_stat(int(entry.name))[_PARENT])
            except (FileNotFoundError, ProcessLookupError):
                continue  # Ended since the folder was listed.


def _stat(pid: int) -> list[str]:
    # The command may hold blanks and parentheses; what follows its last parenthesis is regular.
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
