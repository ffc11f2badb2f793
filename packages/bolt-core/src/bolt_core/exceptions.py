"""Exceptions a handler raises to answer with an error, and the one that reports a mistake in the API's own code."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

__all__ = [
    "BadGateway",
    "BadRequest",
    "ConfigError",
    "Conflict",
    "Forbidden",
    "GatewayTimeout",
    "Gone",
    "HTTPException",
    "InternalServerError",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotFound",
    "NotImplementedByServer",
    "PayloadTooLarge",
    "PreconditionFailed",
    "RequestValidationError",
    "ServiceUnavailable",
    "TooManyRequests",
    "Unauthorized",
    "UnprocessableEntity",
    "UnsupportedMediaType",
]


class ConfigError(Exception):
    """The API's own code is at fault: a route, a parameter or an option that cannot work.

    Raised while routes are registered, never while a request is served. The message names the route, the handler
    and the remedy.
    """


class HTTPException(Exception):
    """Answers the request with an error status and `{"detail": …}`.

    *status_code* is 400 to 599. *detail* is what the client reads, by default the status's reason phrase; it may be
    any JSON value. *headers* are added to the reply. *extra*, if given, is sent as the member `extra` beside `detail`.
    Raises `ValueError` for a status that is no error.
    """

    default_status: ClassVar[int] = 500
    default_headers: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self,
        status_code: int | None = None,
        detail: Any = None,
        headers: Mapping[str, str] | None = None,
        extra: Any = None,
    ) -> None:
        status = self.default_status if status_code is None else status_code
        if isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError(f"{type(self).__name__}: status_code must be an int from 400 to 599, not {status!r}")
        self.status_code = status
        self.detail: Any = reason_phrase(status) if detail is None else detail
        self.headers: dict[str, str] = {**self.default_headers, **(headers or {})}
        self.extra = extra
        super().__init__(self.status_code, self.detail)

    def __str__(self) -> str:
        return f"{self.status_code} {self.detail}"


def reason_phrase(status: int) -> str:
    """The registered phrase of *status*, or a plain `Error` for an unregistered one."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


class _FixedStatus(HTTPException):
    """An `HTTPException` whose class says the status, so that *detail* comes first."""

    def __init__(self, detail: Any = None, headers: Mapping[str, str] | None = None, extra: Any = None) -> None:
        super().__init__(None, detail, headers, extra)


class BadRequest(_FixedStatus):
    """400: the request is malformed."""

    default_status = 400


class Unauthorized(_FixedStatus):
    """401: credentials are missing or wrong. Sends `WWW-Authenticate: Bearer` unless *headers* say otherwise.

    RFC 9110 §15.5.2 requires a challenge with every 401.
    """

    default_status = 401
    default_headers = {"WWW-Authenticate": "Bearer"}

    def __init__(self, detail: Any = None, headers: Mapping[str, str] | None = None, extra: Any = None) -> None:
        super().__init__(detail, headers, extra)
        challenges = [name for name in self.headers if name.lower() == "www-authenticate"]
        if len(challenges) > 1:
            # The caller spelt the name in another case; theirs is the one that counts.
            del self.headers["WWW-Authenticate"]


class Forbidden(_FixedStatus):
    """403: the credentials do not allow this."""

    default_status = 403


class NotFound(_FixedStatus):
    """404: nothing is there."""

    default_status = 404


class MethodNotAllowed(_FixedStatus):
    """405: *allow* lists the methods that would work; RFC 9110 §15.5.6 requires them in `Allow`."""

    default_status = 405

    def __init__(
        self,
        allow: Sequence[str] = (),
        detail: Any = None,
        headers: Mapping[str, str] | None = None,
        extra: Any = None,
    ) -> None:
        super().__init__(detail, {"Allow": ", ".join(allow), **(headers or {})}, extra)


class NotAcceptable(_FixedStatus):
    """406: no representation that the client accepts."""

    default_status = 406


class Conflict(_FixedStatus):
    """409: the resource's state does not allow this."""

    default_status = 409


class Gone(_FixedStatus):
    """410: it was there and will not come back."""

    default_status = 410


class PreconditionFailed(_FixedStatus):
    """412: a condition of the request's headers does not hold."""

    default_status = 412


class PayloadTooLarge(_FixedStatus):
    """413: the content is larger than the server takes."""

    default_status = 413


class UnsupportedMediaType(_FixedStatus):
    """415: the content's type is not one that the resource takes."""

    default_status = 415


class UnprocessableEntity(_FixedStatus):
    """422: well-formed content that cannot be processed."""

    default_status = 422


class TooManyRequests(_FixedStatus):
    """429: the client sent too many requests; say when to come back with `headers={"Retry-After": "30"}`."""

    default_status = 429


class InternalServerError(_FixedStatus):
    """500: the server is at fault; logged like an unexpected exception."""

    default_status = 500


class NotImplementedByServer(_FixedStatus):
    """501: the server does not support what the request needs."""

    default_status = 501


class BadGateway(_FixedStatus):
    """502: a server this one depends on gave an invalid answer."""

    default_status = 502


class ServiceUnavailable(_FixedStatus):
    """503: the server cannot serve for now."""

    default_status = 503


class GatewayTimeout(_FixedStatus):
    """504: a server this one depends on did not answer in time."""

    default_status = 504


class RequestValidationError(HTTPException):
    """422 with a list of problems, in the shape of the framework's own: `loc`, `msg` and `type` each.

    Raise it for a check that the parameters' types cannot express, so that clients read one shape.
    """

    default_status = 422

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(422, [dict(error) for error in errors])

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The problems, each a dict with `loc`, `msg` and `type`."""
        listed: list[dict[str, Any]] = self.detail
        return listed
