"""Response classes."""

from bolt_core.responses import (
    HTML,
    JSON,
    EventSourceResponse,
    FileResponse,
    PlainText,
    Redirect,
    Response,
    ServerSentEvent,
    StreamingResponse,
    last_event_id,
)

__all__ = [
    "HTML",
    "JSON",
    "EventSourceResponse",
    "FileResponse",
    "PlainText",
    "Redirect",
    "Response",
    "ServerSentEvent",
    "StreamingResponse",
    "last_event_id",
]
