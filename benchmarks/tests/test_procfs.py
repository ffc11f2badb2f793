"""procfs: a process tree's time and memory are those of all its processes."""

import os
import subprocess
import sys

import pytest

from benchmarks import procfs

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")

# A child that spends 0.2 s of CPU, says so, and waits to be ended.
BUSY = """
import subprocess, sys, time
if sys.argv[1:] == ["parent"]:
    child = subprocess.Popen([sys.executable, sys.argv[0], "child"], stdin=subprocess.PIPE)
    sys.stdin.read()
    child.communicate()
else:
    while time.process_time() < 0.2: pass
    print("done", flush=True)
    sys.stdin.read()
"""


def test_time_of_children_counts(tmp_path):
    """CPU spent in a child belongs to its parent's tree, and both are in the tree."""
    script = tmp_path / "busy.py"
    script.write_text(BUSY)
    command = [sys.executable, str(script), "parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"done\n"

        assert len(procfs.tree(process.pid)) == 2
        assert procfs.cpu_seconds(process.pid) >= 0.2


def test_resident_memory_is_in_bytes():
    """A Python process holds some megabytes."""
    assert 4 << 20 < procfs.resident_bytes(os.getpid()) < 4 << 30


def test_peak_memory_stays_after_it_was_given_back():
    """A peak is what a process once held, not what it holds."""
    script = "block = bytearray(200 << 20); del block; print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"\n"

        assert procfs.resident_bytes(process.pid) < 200 << 20 < procfs.peak_bytes(process.pid)
        process.communicate(b"\n")
