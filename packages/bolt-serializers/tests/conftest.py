"""Fixtures shared by the tests of serialization."""

from collections.abc import Iterator

import pytest
from bolt_serializers import encoding


@pytest.fixture
def registries() -> Iterator[None]:
    """Puts back after the test what is registered for the whole process."""
    before = encoding._encoders.copy()
    yield
    encoding._encoders.clear()
    encoding._encoders.update(before)
