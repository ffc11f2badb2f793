"""Response classes."""

from bolt_core.responses import HTML, JSON, FileResponse, PlainText, Redirect, Response, StreamingResponse

__all__ = ["HTML", "JSON", "FileResponse", "PlainText", "Redirect", "Response", "StreamingResponse"]
