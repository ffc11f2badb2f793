"""Test clients and a live server."""

from bolt_testing import AsyncTestClient, EventStream, LiveServer, TestClient, TestResponse

__all__ = ["AsyncTestClient", "EventStream", "LiveServer", "TestClient", "TestResponse"]
