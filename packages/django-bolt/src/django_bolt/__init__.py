"""A Rust-powered API framework for Django: the whole family under one name.

Nothing lives here; each name is the one of the package that makes it. With `"django_bolt"` in `INSTALLED_APPS`,
`manage.py runbolt` serves the project.
"""

from bolt_core import (
    HTML,
    JSON,
    BackgroundTask,
    BackgroundTasks,
    BoltAPI,
    ConfigError,
    Depends,
    EventSourceResponse,
    FileResponse,
    PlainText,
    Redirect,
    Request,
    Response,
    Router,
    ServerSentEvent,
    StreamingResponse,
)
from bolt_django.uploads import UploadFile

__all__ = [
    "HTML",
    "JSON",
    "BackgroundTask",
    "BackgroundTasks",
    "BoltAPI",
    "ConfigError",
    "Depends",
    "EventSourceResponse",
    "FileResponse",
    "PlainText",
    "Redirect",
    "Request",
    "Response",
    "Router",
    "ServerSentEvent",
    "StreamingResponse",
    "UploadFile",
]
