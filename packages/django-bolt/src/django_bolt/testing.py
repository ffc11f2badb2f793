"""Test clients."""

from bolt_testing import AsyncTestClient, EventStream, TestClient, TestResponse

__all__ = ["AsyncTestClient", "EventStream", "TestClient", "TestResponse"]
