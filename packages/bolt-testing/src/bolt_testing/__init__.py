"""Test clients for bolt-core applications: in process, through the real HTTP pipeline."""

from bolt_testing.async_client import AsyncTestClient
from bolt_testing.client import TestClient
from bolt_testing.events import EventStream
from bolt_testing.response import TestResponse

__all__ = ["AsyncTestClient", "EventStream", "TestClient", "TestResponse"]
