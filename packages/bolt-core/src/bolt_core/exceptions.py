"""Exceptions a handler raises to answer with an error, and the one that reports a mistake in the API's own code."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from bolt_serializers.errors import DeclarationError

from bolt_core.statuses import RetryAfter, retry_after_field
from bolt_core.statuses import reason_phrase as reason_phrase

__all__ = [
    "BadGateway",
    "BadRequest",
    "ClientDisconnect",
    "ConfigError",
    "Conflict",
    "ExpectationFailed",
    "FailedDependency",
    "Forbidden",
    "GatewayTimeout",
    "Gone",
    "HTTPException",
    "HTTPVersionNotSupported",
    "InsufficientStorage",
    "InternalServerError",
    "LengthRequired",
    "Locked",
    "MethodNotAllowed",
    "MisdirectedRequest",
    "NotAcceptable",
    "NotFound",
    "NotImplementedByServer",
    "PayloadTooLarge",
    "PaymentRequired",
    "PreconditionFailed",
    "PreconditionRequired",
    "RangeNotSatisfiable",
    "RequestHeaderFieldsTooLarge",
    "RequestTimeout",
    "RequestValidationError",
    "ServiceUnavailable",
    "TooEarly",
    "TooManyRequests",
    "URITooLong",
    "Unauthorized",
    "UnavailableForLegalReasons",
    "UnprocessableEntity",
    "UnsupportedMediaType",
    "UpgradeRequired",
]


class ConfigError(DeclarationError):
    """The API's own code is at fault: a route, a parameter or an option that cannot work.

    Raised while routes are registered, never while a request is served. The message names the route, the handler
    and the remedy.
    """


class RouteConflict(ConfigError):
    """Two handlers are registered for the same requests."""


class HTTPException(Exception):
    """Answers the request with an error status and `{"detail": …}`.

    *status_code* is 400 to 599. *detail* is what the client reads, by default the status's reason phrase; it may be
    any JSON value, and is sent as it is. *headers* are added to the reply. *extra*, if given, is sent as the member
    `extra` beside `detail`. Raises `ValueError` for a status that is no error.

    Subclasses may set `default_status`, `default_headers`, and what problem details (RFC 9457 §3.1) say:
    `problem_type`, a URI that names the kind of problem, and `title`, a short text for it, by default the status's
    phrase.
    """

    default_status: ClassVar[int] = 500
    default_headers: ClassVar[Mapping[str, str]] = {}
    problem_type: str = "about:blank"
    title: str | None = None

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
        self.status_code = int(status)
        self.detail: Any = reason_phrase(status) if detail is None else detail
        self.headers: dict[str, str] = _joined(self.default_headers, headers) if headers else {**self.default_headers}
        self.extra = extra
        super().__init__(self.status_code, self.detail)

    def __str__(self) -> str:
        return f"{self.status_code} {self.detail}"

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({self.status_code}, {self.detail!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Subclasses take other arguments than `args` holds, which is what copying and pickling would call them with.
        return _restore, (type(self), self.args), self.__dict__


def _joined(defaults: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    # The caller may spell a name in another case; theirs is the one that counts.
    names = {name.lower() for name in given}
    return {name: value for name, value in defaults.items() if name.lower() not in names} | dict(given)


def _restore[E: HTTPException](cls: type[E], args: tuple[Any, ...]) -> E:
    return cls.__new__(cls, *args)


class _FixedStatus(HTTPException):
    """An `HTTPException` whose class says the status, so that *detail* comes first."""

    def __init__(self, detail: Any = None, headers: Mapping[str, str] | None = None, extra: Any = None) -> None:
        super().__init__(None, detail, headers, extra)


class _Temporary(_FixedStatus):
    """A status that passes: *retry_after* is sent as `Retry-After` (RFC 9110 §10.2.3).

    Seconds and durations are rounded up to whole seconds. Raises `ValueError` for a negative one, and for a moment
    without a time zone.
    """

    def __init__(
        self,
        detail: Any = None,
        headers: Mapping[str, str] | None = None,
        extra: Any = None,
        *,
        retry_after: RetryAfter | None = None,
    ) -> None:
        own = {} if retry_after is None else {"Retry-After": retry_after_field(retry_after)}
        super().__init__(detail, own | dict(headers or {}), extra)


class BadRequest(_FixedStatus):
    """400: the request is malformed."""

    default_status = 400


class ClientDisconnect(BadRequest):
    """The client left before the whole of its body was read; raised by `request.stream()`, answered to nobody."""


class Unauthorized(_FixedStatus):
    """401: credentials are missing or wrong. Sends `WWW-Authenticate: Bearer` unless *headers* say otherwise.

    RFC 9110 §15.5.2 requires a challenge with every 401.
    """

    default_status = 401
    default_headers = {"WWW-Authenticate": "Bearer"}


class PaymentRequired(_FixedStatus):
    """402: something has to be paid first."""

    default_status = 402


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


class RequestTimeout(_FixedStatus):
    """408: the request did not arrive in time."""

    default_status = 408


class Conflict(_FixedStatus):
    """409: the resource's state does not allow this."""

    default_status = 409


class Gone(_FixedStatus):
    """410: it was there and will not come back."""

    default_status = 410


class LengthRequired(_FixedStatus):
    """411: the content needs a `Content-Length`."""

    default_status = 411


class PreconditionFailed(_FixedStatus):
    """412: a condition of the request's headers does not hold."""

    default_status = 412


class PayloadTooLarge(_FixedStatus):
    """413: the content is larger than the server takes."""

    default_status = 413


class URITooLong(_FixedStatus):
    """414: the request's target is longer than the server takes."""

    default_status = 414


class UnsupportedMediaType(_FixedStatus):
    """415: the content's type is not one that the resource takes."""

    default_status = 415


class RangeNotSatisfiable(_FixedStatus):
    """416: none of the ranges asked for exists; say the size with `headers={"Content-Range": "bytes */123"}`."""

    default_status = 416


class ExpectationFailed(_FixedStatus):
    """417: the server cannot do what `Expect` asks."""

    default_status = 417


class MisdirectedRequest(_FixedStatus):
    """421: the request is for another server."""

    default_status = 421


class UnprocessableEntity(_FixedStatus):
    """422: well-formed content that cannot be processed."""

    default_status = 422


class Locked(_FixedStatus):
    """423: the resource is locked (RFC 4918 §11.3)."""

    default_status = 423


class FailedDependency(_FixedStatus):
    """424: what this depends on failed (RFC 4918 §11.4)."""

    default_status = 424


class TooEarly(_FixedStatus):
    """425: the request may be a replay (RFC 8470 §5.2)."""

    default_status = 425


class UpgradeRequired(_FixedStatus):
    """426: another protocol is needed; name it in `headers`, as RFC 9110 §15.5.22 asks."""

    default_status = 426


class PreconditionRequired(_FixedStatus):
    """428: the request must be conditional, with `If-Match` or the like (RFC 6585 §3)."""

    default_status = 428


class TooManyRequests(_Temporary):
    """429: the client sent too many requests; *retry_after* says when to come again."""

    default_status = 429


class RequestHeaderFieldsTooLarge(_FixedStatus):
    """431: the header fields are larger than the server takes (RFC 6585 §5)."""

    default_status = 431


class UnavailableForLegalReasons(_FixedStatus):
    """451: the law forbids it (RFC 7725)."""

    default_status = 451


class InternalServerError(_FixedStatus):
    """500: the server is at fault; logged like an unexpected exception."""

    default_status = 500


class NotImplementedByServer(_FixedStatus):
    """501: the server does not support what the request needs."""

    default_status = 501


class BadGateway(_FixedStatus):
    """502: a server this one depends on gave an invalid answer."""

    default_status = 502


class ServiceUnavailable(_Temporary):
    """503: the server cannot serve for now; *retry_after* says when it will."""

    default_status = 503


class GatewayTimeout(_FixedStatus):
    """504: a server this one depends on did not answer in time."""

    default_status = 504


class HTTPVersionNotSupported(_FixedStatus):
    """505: not in this version of HTTP."""

    default_status = 505


class InsufficientStorage(_FixedStatus):
    """507: there is no room to store it (RFC 4918 §11.5)."""

    default_status = 507


class RequestValidationError(HTTPException):
    """422 with a list of problems, in the shape of the framework's own.

    Raise it for a check that the parameters' types cannot express, so that clients read one shape. Each of *errors* is
    a dict with `loc` (a list of str and int: where), `msg` (a text for people) and `type` (a word for programs), and if
    it likes a `ctx`. Raises `ValueError` for one without.
    """

    default_status = 422

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(422, [_checked(error) for error in errors])

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The problems, each a dict with `loc`, `msg` and `type`."""
        listed: list[dict[str, Any]] = self.detail
        return listed

    def __str__(self) -> str:
        return "422 " + "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in self.errors)


def _checked(error: Mapping[str, Any]) -> dict[str, Any]:
    loc = error.get("loc")
    if not isinstance(loc, list | tuple) or not all(isinstance(part, str | int) for part in loc):
        raise ValueError(f"RequestValidationError: loc must be a list of str and int, not {loc!r}")
    for key in ("msg", "type"):
        if not isinstance(error.get(key), str):
            raise ValueError(f"RequestValidationError: {key} must be a str, not {error.get(key)!r}")
    return {**error, "loc": list(loc)}
