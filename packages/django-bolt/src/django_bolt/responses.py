"""Response classes."""

from bolt_core.responses import HTML, JSON, PlainText, Redirect, Response, StreamingResponse

__all__ = ["HTML", "JSON", "PlainText", "Redirect", "Response", "StreamingResponse"]
