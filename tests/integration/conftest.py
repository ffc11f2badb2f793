"""Servers to test against, and the lab as this process's own Django project."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE)]
os.environ["DJANGO_SETTINGS_MODULE"] = "lab.settings"
# Test modules import models, and pytest-django has looked for settings before it came to this file.
django.setup()

from serving import SHOP, Served, databases, manage, serving  # noqa: E402  the path must be set first


@pytest.fixture(scope="module")
def lab() -> Iterator[Served]:
    """The lab, served by one process."""
    with serving(HERE) as served:
        yield served


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The example shop, seeded and served by one process, on each database."""
    with databases(request.param, tmp_path_factory.mktemp("shop")) as url:
        environment = {"DATABASE_URL": url}
        manage(SHOP, "migrate", "--verbosity", "0", **environment)
        manage(SHOP, "seed", "--admin-password", "test-password", **environment)
        with serving(SHOP, **environment) as served:
            yield served
