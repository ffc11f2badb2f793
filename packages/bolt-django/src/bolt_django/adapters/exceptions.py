"""Django's exceptions as error replies, its signal on a 500, and its debug page."""

import logging
import traceback
from typing import Any

from bolt_core.error_format import register_error_defaults
from bolt_core.errors import on_exception, register_exception_adapter, set_error_page
from bolt_core.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    InternalServerError,
    NotFound,
    PayloadTooLarge,
    RequestValidationError,
    ServiceUnavailable,
)
from bolt_core.responses import HTML, Response
from bolt_core.shorten import shorten
from django.conf import settings
from django.core import signals
from django.core.exceptions import (
    NON_FIELD_ERRORS,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.core.exceptions import BadRequest as DjangoBadRequest
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.http.multipartparser import MultiPartParserError

from bolt_django import conf, db
from bolt_django.middleware.requests import active
from bolt_django.request import as_django

_TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def register() -> None:
    """Register every adapter of this module."""
    # Their texts name models, paths and reasons; the client reads the plain phrase of the status.
    register_exception_adapter(Http404, lambda exc, request: NotFound())
    register_exception_adapter(ObjectDoesNotExist, lambda exc, request: NotFound())
    register_exception_adapter(PermissionDenied, lambda exc, request: Forbidden())
    register_exception_adapter(DjangoBadRequest, lambda exc, request: BadRequest())
    register_exception_adapter(MultiPartParserError, lambda exc, request: BadRequest())
    register_exception_adapter(SuspiciousOperation, suspicious)
    register_exception_adapter(ValidationError, invalid)
    register_exception_adapter(OperationalError, unreachable)
    register_exception_adapter(InterfaceError, unreachable)
    on_exception(signal)
    set_error_page(debug_page)
    register_error_defaults(conf.error_format)


def suspicious(exc: SuspiciousOperation, request: Any) -> HTTPException:
    """400, or 413 for a request beyond Django's upload limits; noted in Django's security log, as Django does."""
    logging.getLogger(f"django.security.{type(exc).__name__}").error(
        "%s", exc, exc_info=exc, extra={"status_code": 400, "request": request}
    )
    return PayloadTooLarge() if isinstance(exc, _TOO_LARGE) else BadRequest()


def invalid(exc: ValidationError, request: Any) -> RequestValidationError:
    """422 with every message of the error, in the shape of the framework's own."""
    fields = exc.error_dict if hasattr(exc, "error_dict") else {NON_FIELD_ERRORS: exc.error_list}
    return RequestValidationError(
        [
            {
                "loc": ["body"] if field == NON_FIELD_ERRORS else ["body", field],
                # A message may quote the value that it is about.
                "msg": shorten("; ".join(map(str, error.messages))),
                "type": error.code or "invalid",
            }
            for field, errors in fields.items()
            for error in errors
        ]
    )


# Seconds after which a client may ask again: a server that restarts, or a crowd at its connections, takes about this.
_RETRY_AFTER_SECONDS = 5


def unreachable(exc: OperationalError | InterfaceError, request: Any) -> HTTPException | None:
    """503 if the database could not be reached, or no connection became free; else as unexpected as any error."""
    return ServiceUnavailable(retry_after=_RETRY_AFTER_SECONDS) if db.is_unreachable(exc) else None


def signal(exc: BaseException, request: Any) -> None:
    """Send `got_request_exception`; inside an except block, as error trackers read `sys.exc_info()`."""
    made = exc.__traceback__
    try:
        raise exc
    except BaseException:
        exc.__traceback__ = made  # without this function's own frame
        # That which middleware has, if any runs: an error tracker's may have left something on it.
        signals.got_request_exception.send(sender=None, request=active(request) or as_django(request))


def debug_page(exc: BaseException, request: Any) -> HTTPException | Response | None:
    """With DEBUG, Django's technical page where the client prefers HTML, else the traceback in the application's shape.

    The page is made by the project's own exception reporter, which hides what its filter calls sensitive.
    """
    # Whoever wants exceptions to propagate reads them in the log, not on a page.
    if not settings.DEBUG or settings.DEBUG_PROPAGATE_EXCEPTIONS:
        return None
    # Imported when needed, as it brings Django's template engine.
    from django.views.debug import technical_500_response

    asked = as_django(request)
    if asked.get_preferred_type(["application/json", "text/html"]) == "text/html":
        page = technical_500_response(asked, type(exc), exc, exc.__traceback__)
        # Django's middleware sends no policy with this page either; its styles stand in it.
        return HTML(page.content, status_code=500, headers={"content-security-policy": "style-src 'unsafe-inline'"})
    lines = traceback.format_exception(exc)
    return InternalServerError(lines[-1].strip(), extra={"traceback": lines})
