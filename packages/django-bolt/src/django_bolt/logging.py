"""Logging of requests, and what they are found by in logs."""

from bolt_core.logging import LoggingConfig
from bolt_core.tracing import RequestIDFilter, TraceContext, current_request_id, current_trace

__all__ = ["LoggingConfig", "RequestIDFilter", "TraceContext", "current_request_id", "current_trace"]
