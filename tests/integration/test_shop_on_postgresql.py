"""The shop's own tests, once more on PostgreSQL."""

import subprocess
import sys
from pathlib import Path

from serving import SHOP, databases, environment_of


def test_the_shops_tests_pass_on_postgresql(tmp_path: Path) -> None:
    """Whatever passes on SQLite passes there too."""
    with databases("postgresql", tmp_path) as url:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
            cwd=SHOP,
            env=environment_of(DATABASE_URL=url),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
