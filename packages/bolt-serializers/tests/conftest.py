"""Fixtures shared by the tests of serialization."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bolt_serializers import encoding

# Modules beside the tests (`schema_models`) are imported by name; importlib mode adds no folder to the path.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def registries() -> Iterator[None]:
    """Puts back after the test what is registered for the whole process."""
    before = encoding._encoders.copy()
    yield
    encoding._encoders.clear()
    encoding._encoders.update(before)
