"""Test clients."""

from bolt_testing import TestClient

__all__ = ["TestClient"]
