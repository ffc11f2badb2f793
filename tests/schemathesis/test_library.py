"""schemathesis sends the library what its description allows, and what it forbids."""

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from serving import Served, serving

HERE = Path(__file__).parent
# Where all tests run, a few examples for each operation; `nox -s schemathesis` tells for how long to go on.
SECONDS = int(os.environ.get("SCHEMATHESIS_SECONDS", "0"))
EXAMPLES = 100 if SECONDS else 5
# Formats bind nobody in JSON Schema, and a book has no cover at first: these two find what is no mistake.
EXCLUDED = "positive_data_acceptance,ensure_resource_availability"
PATIENCE_SECONDS = 600


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """The library, served by one process."""
    with serving(HERE) as served:
        yield served


def run(served: Served, document: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Let schemathesis loose on the library as *document*, a path or a URL, describes it."""
    program = shutil.which("schemathesis", path=sysconfig.get_path("scripts"))
    assert program is not None, "schemathesis is not installed; `uv sync` installs it"
    command = [program, "--no-color", "run", document, "--url", served.url]
    command += ["--max-examples", str(EXAMPLES), "--request-timeout", "10", "--exclude-checks", EXCLUDED]
    if SECONDS:
        command += ["--max-time", str(SECONDS)]
    # The same requests every time: a failure can be looked into, and a change of luck fails nobody's commit.
    command += ["--seed", "1", "--report", "junit", "--report-dir", str(folder)]
    # It keeps what it learned below its working directory.
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)


def check(served: Served, document: str, folder: Path) -> None:
    """Run schemathesis; neither it nor the server's log may have found a failure."""
    done = run(served, document, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    with served.client() as client:
        assert client.get("/books").status_code == HTTPStatus.OK


def test_library_keeps_to_what_is_written_about_it(served: Served, tmp_path: Path) -> None:
    """No request of any kind makes a 5xx; statuses, types and bodies of the replies are those of `openapi.yaml`."""
    check(served, str(HERE / "library" / "openapi.yaml"), tmp_path)


def test_library_keeps_to_what_it_says_of_itself(served: Served, tmp_path: Path) -> None:
    """The same for the description that the server gives of itself."""
    url = f"{served.url}/schema/openapi.json"
    with served.client() as client:
        if client.get(url).status_code == HTTPStatus.NOT_FOUND:
            pytest.skip("the server gives no description of itself at /schema/openapi.json")
    check(served, url, tmp_path)
