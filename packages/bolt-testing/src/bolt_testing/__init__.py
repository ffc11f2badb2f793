"""Test clients for bolt-core applications: in process, through the real HTTP pipeline.

The names are imported when they are first used: pytest loads the plugin of this package in every run of every project
that has it installed, and one that uses no fixture of it must not pay for a client.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bolt_testing.async_client import AsyncTestClient
    from bolt_testing.client import TestClient
    from bolt_testing.events import EventStream
    from bolt_testing.live import LiveServer
    from bolt_testing.response import TestResponse

__all__ = ["AsyncTestClient", "EventStream", "LiveServer", "TestClient", "TestResponse"]

_MODULES = {
    "AsyncTestClient": "async_client",
    "EventStream": "events",
    "LiveServer": "live",
    "TestClient": "client",
    "TestResponse": "response",
}


def __getattr__(name: str) -> Any:
    """Import a public name (PEP 562) and keep it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
