"""Logging of requests."""

from bolt_core.logging import LoggingConfig

__all__ = ["LoggingConfig"]
