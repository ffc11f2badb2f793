"""Fixtures shared by the tests of the Python core."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from bolt_core import BoltAPI, access, error_format, errors, outcomes
from bolt_core.config import ServerConfig
from bolt_serializers import encoding

# Helper modules beside the tests (`raw_client`) are imported by name; importlib mode adds no folder to the path.
sys.path.insert(0, str(Path(__file__).parent))

from raw_client import Served, serve


@dataclass
class FakeRequest:
    """A request without a server: what the slow paths ask of one."""

    method: str = "GET"
    path: str = "/"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def make_request() -> Callable[..., FakeRequest]:
    """Makes a request without a server."""
    return FakeRequest


@pytest.fixture
def registries() -> Iterator[None]:
    """Empties what is registered for the whole process, by other packages in it too; puts it back after the test."""
    places: list[Any] = [
        outcomes._adapters,
        errors._adapters,
        errors._callbacks,
        errors._error_pages,
        error_format._defaults,
        access._defaults,
    ]
    before = [place.copy() for place in (*places, encoding._encoders)]
    for place in places:
        place.clear()
    yield
    for place, content in zip((*places, encoding._encoders), before, strict=True):
        place.clear()
        (place.extend if isinstance(place, list) else place.update)(content)


@pytest.fixture
def served() -> Iterator[Callable[..., Served]]:
    """Serve an application in process; closed after the test."""
    opened: list[Served] = []

    def open_it(api: BoltAPI, config: ServerConfig | None = None) -> Served:
        opened.append(serve(api, config))
        return opened[-1]

    yield open_it
    for server in opened:
        server.close()
