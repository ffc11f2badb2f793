"""Servers to test against."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import SHOP, Served, databases, manage, serving

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def lab() -> Iterator[Served]:
    """The lab, served by one process."""
    with serving(HERE) as served:
        yield served


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The example shop, seeded and served by one process, on each database."""
    folder = tmp_path_factory.mktemp("shop")
    with databases(request.param, folder) as url:
        environment = {"DATABASE_URL": url, "MEDIA_ROOT": str(folder / "media")}
        manage(SHOP, "migrate", "--verbosity", "0", **environment)
        manage(SHOP, "seed", "--admin-password", "test-password", **environment)
        with serving(SHOP, **environment) as served:
            yield served
