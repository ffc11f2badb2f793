"""An HTTP API server and framework core: HTTP in Rust, handlers in Python."""

from bolt_core.api import BoltAPI, FrozenApp
from bolt_core.background import BackgroundTask, BackgroundTasks
from bolt_core.encoding import register_encoder
from bolt_core.errors import on_exception, register_exception_adapter, set_error_page
from bolt_core.exceptions import ConfigError, HTTPException, RequestValidationError
from bolt_core.outcomes import register_result_adapter
from bolt_core.params import Body, Cookie, Depends, File, Form, Header, Path, Query
from bolt_core.request import Request
from bolt_core.responses import (
    HTML,
    JSON,
    EventSourceResponse,
    PlainText,
    Redirect,
    Response,
    ServerSentEvent,
    StreamingResponse,
)
from bolt_core.routing import Router

__all__ = [
    "HTML",
    "JSON",
    "BackgroundTask",
    "BackgroundTasks",
    "Body",
    "BoltAPI",
    "ConfigError",
    "Cookie",
    "Depends",
    "EventSourceResponse",
    "File",
    "Form",
    "FrozenApp",
    "HTTPException",
    "Header",
    "Path",
    "PlainText",
    "Query",
    "Redirect",
    "Request",
    "RequestValidationError",
    "Response",
    "Router",
    "ServerSentEvent",
    "StreamingResponse",
    "on_exception",
    "register_encoder",
    "register_exception_adapter",
    "register_result_adapter",
    "set_error_page",
]
