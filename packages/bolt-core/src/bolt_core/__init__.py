"""An HTTP API server and framework core: HTTP in Rust, handlers in Python."""

from bolt_core.api import BoltAPI, FrozenApp
from bolt_core.background import BackgroundTask, BackgroundTasks
from bolt_core.encoding import register_encoder
from bolt_core.errors import on_exception, register_exception_adapter, set_error_page
from bolt_core.exceptions import ConfigError, HTTPException, RequestValidationError
from bolt_core.middleware import Middleware, middleware, skip_middleware
from bolt_core.multidict import MultiDict
from bolt_core.outcomes import register_result_adapter
from bolt_core.params import Body, Cookie, Depends, File, Form, Header, Path, Query
from bolt_core.request import (
    Request,
    register_absent_attribute,
    register_request_attribute,
    register_request_method,
    register_request_support,
)
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
    "FileResponse",
    "Form",
    "FrozenApp",
    "HTTPException",
    "Header",
    "Middleware",
    "MultiDict",
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
    "middleware",
    "on_exception",
    "register_absent_attribute",
    "register_encoder",
    "register_exception_adapter",
    "register_request_attribute",
    "register_request_method",
    "register_request_support",
    "register_result_adapter",
    "set_error_page",
    "skip_middleware",
]
