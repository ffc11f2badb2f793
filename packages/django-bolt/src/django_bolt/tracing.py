"""What a request is found by in logs: its identifier, and the trace that it is part of."""

from bolt_core.tracing import RequestIDFilter, TraceContext, TracingSettings, current_request_id, current_trace

__all__ = ["RequestIDFilter", "TraceContext", "TracingSettings", "current_request_id", "current_trace"]
