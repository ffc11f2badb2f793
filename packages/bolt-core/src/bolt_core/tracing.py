"""What a request is found by in logs: its identifier, and the trace that it is part of.

The server puts both into context variables before anything of a request runs in Python, so handlers, middleware,
Django's views and log records of all of them have them, and so has what a handler starts.
"""

import dataclasses
import logging
import re
from contextvars import ContextVar
from typing import Literal

from bolt_core.exceptions import ConfigError

__all__ = ["RequestIDFilter", "TraceContext", "TracingSettings", "current_request_id", "current_trace"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TracingSettings:
    """What `ServerConfig.tracing` says; by default nothing is done. Raises `ConfigError` for another value."""

    request_id: bool | Literal["make"] = False
    """`True`: each request has an identifier, its `X-Request-ID` where that is one field of 1 to 128 letters, digits
    and `. _ ~ - + / = : @`, else a new one of 32 hexadecimal digits. `"make"`: always a new one, whatever the client
    says. The request's headers have it in place of what was sent, and every reply returns it, refusals included."""
    trace_context: bool = False
    """Read `traceparent` and `tracestate` (W3C Trace Context, level 1)."""

    def __post_init__(self) -> None:
        if not isinstance(self.request_id, bool) and self.request_id != "make":
            raise ConfigError(f"TracingSettings.request_id is {self.request_id!r}; give True, False or 'make'")
        if not isinstance(self.trace_context, bool):
            raise ConfigError(f"TracingSettings.trace_context is {self.trace_context!r}; give True or False")

    def to_wire(self) -> dict[str, object]:
        """The settings as Rust reads them."""
        source = "make" if self.request_id == "make" else "take" if self.request_id else None
        return {"request_id": source, "trace_context": self.trace_context}


@dataclasses.dataclass(frozen=True, slots=True)
class TraceContext:
    """The caller's place in a trace, as its `traceparent` says (W3C Trace Context, level 1, §3.2)."""

    trace_id: str
    """32 hexadecimal digits, the whole trace's."""
    parent_id: str
    """16 hexadecimal digits: the caller's span."""
    flags: int
    """0 to 255."""
    state: str = ""
    """`tracestate` as it was sent, for whoever calls further; empty where there is none."""

    @property
    def sampled(self) -> bool:
        """Whether the caller may have recorded its part (§3.2.2.5)."""
        return bool(self.flags & 1)

    @property
    def traceparent(self) -> str:
        """The header's value again, of version 00: for calls that add no span of their own."""
        return f"00-{self.trace_id}-{self.parent_id}-{self.flags:02x}"


_request_id: ContextVar[str | None] = ContextVar("bolt_request_id", default=None)
_trace: ContextVar[TraceContext | None] = ContextVar("bolt_trace", default=None)


def current_request_id() -> str | None:
    """The identifier of the request that is being answered; `None` outside of one, or where requests have none."""
    return _request_id.get()


def current_trace() -> TraceContext | None:
    """The trace that the request is part of; `None` where its client named none, or traces are not read."""
    return _trace.get()


class RequestIDFilter(logging.Filter):
    """Gives log records the attributes `request_id` and `trace_id`, `-` where there is none; lets all records pass.

    For `LOGGING`: a filter of the handlers whose formatter names them. A record made with such an `extra=` keeps it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Always `True`."""
        if not hasattr(record, "request_id"):
            record.request_id = _request_id.get() or "-"
        if not hasattr(record, "trace_id"):
            trace = _trace.get()
            record.trace_id = "-" if trace is None else trace.trace_id
        return True


# Lower case only; what follows a fourth hyphen is for versions above 00 (§3.2.4), and ff is no version (§3.2.2.1).
_PARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


def parse(traceparent: str | None, tracestate: str | None = None) -> TraceContext | None:
    """What the two header fields say; `None` for a `traceparent` that is missing or malformed (§3.2.2)."""
    found = None if traceparent is None else _PARENT.fullmatch(traceparent)
    if found is None:
        return None
    version, trace_id, parent_id, flags, more = found.groups()
    if version == "00" and more is not None:
        return None
    return TraceContext(trace_id, parent_id, int(flags, 16), tracestate or "")


def enter(request_id: str | None, traceparent: str | None, tracestate: str | None) -> None:
    """Called by the server in the new context of each request, with what its settings ask for."""
    if request_id is not None:
        _request_id.set(request_id)
    if traceparent is not None and (trace := parse(traceparent, tracestate)) is not None:
        _trace.set(trace)
