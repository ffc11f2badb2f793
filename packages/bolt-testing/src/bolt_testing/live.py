"""A real server in the test's process."""

from bolt_core.live import LiveServer

__all__ = ["LiveServer"]
