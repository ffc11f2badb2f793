"""`settings.BOLT`: one typed dict, read when it is needed.

Nothing is cached across reads, so `override_settings` and `settings.BOLT = ...` in a test take effect at once.
"""

import difflib
import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Literal, TypedDict, cast

from bolt_core.config import ServerConfig
from bolt_core.error_format import ErrorFormat
from bolt_core.exceptions import ConfigError
from bolt_core.files import StrPath, offload_of
from bolt_core.front import ProxySettings
from bolt_core.reply_format import ReplyFormat
from django.conf import settings
from django.utils.module_loading import import_string

from bolt_django.options import RUN_OPTIONS


class BoltSettings(TypedDict, total=False):
    """Type of `settings.BOLT`; every key is optional."""

    HOST: str
    PORT: int
    UDS: str
    PROCESSES: int
    WORKERS: int
    DEV: bool
    BACKLOG: int
    ACCESS_LOG: bool
    LOG_FORMAT: Literal["short", "combined", "json"]
    SHUTDOWN_TIMEOUT: float
    DATABASE_TIMEOUT: float
    ASYNC_ORM: Literal["greenlets", "threads"]
    SERVER: dict[str, Any]
    SENSITIVE_FIELDS: Collection[str]
    EXPOSED_FIELDS: Collection[str]
    STRICT_JSON: bool
    PROBLEM_DETAILS: bool
    ERROR_FORMATTER: str | None
    MIDDLEWARE: bool | Sequence[str]
    ROLLBACK_ON: Literal["exceptions", "errors"]
    X_ACCEL_REDIRECT: Mapping[StrPath, str]
    X_SENDFILE: Collection[StrPath]
    TRUSTED_PROXIES: Collection[str]
    SECURITY_HEADERS: bool
    REQUEST_ID: bool | Literal["make"]
    TRACE_CONTEXT: bool
    DEFAULT_AUTH: Sequence[Any] | None
    DEFAULT_GUARDS: Sequence[Any] | None
    GET_USER: str | None
    USER_CACHE_SECONDS: float
    PASSWORD_ENDS_TOKENS: bool


def bolt_settings() -> Mapping[str, Any]:
    """The project's `settings.BOLT`, `{}` where it has none or where it is no dict (which is check bolt.E002)."""
    value = getattr(settings, "BOLT", None)
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def names_setting(key: str) -> tuple[str, ...]:
    """A key that lists names, as a tuple; `()` where it is missing."""
    return tuple(bolt_settings().get(key, ()))


def reply_format() -> ReplyFormat:
    """How the project wants data written where an API says nothing itself."""
    return ReplyFormat.checked(strict_json=bolt_settings().get("STRICT_JSON"))


def error_format() -> ErrorFormat:
    """The shape of errors that the project asks for, where an API says nothing itself.

    Raises ConfigError for a formatter that cannot be imported or called.
    """
    value = bolt_settings()
    return _error_format(value.get("PROBLEM_DETAILS"), value.get("ERROR_FORMATTER"))


# Asked with every error; a path means the same function for as long as the process lives.
@functools.lru_cache(maxsize=8)
def _error_format(problem_details: object, formatter: object) -> ErrorFormat:
    try:
        return ErrorFormat.checked(problem_details, import_string(str(formatter)) if formatter else None)
    except (ImportError, AttributeError, ConfigError) as error:
        raise ConfigError(f"settings.BOLT: ERROR_FORMATTER={formatter!r}: {error}") from error


# Seconds that a request waits for a connection where BOLT["DATABASE_TIMEOUT"] says nothing.
DATABASE_TIMEOUT_SECONDS = 5.0


def database_timeout() -> float:
    """`BOLT["DATABASE_TIMEOUT"]`: seconds that a request waits for a free connection at most."""
    return float(bolt_settings().get("DATABASE_TIMEOUT", DATABASE_TIMEOUT_SECONDS))


def async_orm() -> str | None:
    """`BOLT["ASYNC_ORM"]`: where the ORM of `async def` handlers runs, "greenlets" or "threads"; None if unset."""
    return cast("str | None", bolt_settings().get("ASYNC_ORM"))


def user_loader() -> str | None:
    """`BOLT["GET_USER"]`: the dotted path of what finds users by `request.auth`; None for the user model's manager."""
    return cast("str | None", bolt_settings().get("GET_USER"))


def user_cache_seconds() -> float:
    """`BOLT["USER_CACHE_SECONDS"]`: how long a loaded user may be handed out again in this process; 0 for never."""
    value = bolt_settings().get("USER_CACHE_SECONDS", 0)
    # Asked while applications are frozen, which the system checks do as well: what is no number is theirs to tell.
    return float(value) if isinstance(value, int | float) else 0.0


def password_ends_tokens() -> bool:
    """`BOLT["PASSWORD_ENDS_TOKENS"]`: whether tokens are good for the password alone under which they were made."""
    return bool(bolt_settings().get("PASSWORD_ENDS_TOKENS", False))


def api_paths() -> tuple[str, ...]:
    """`settings.BOLT_API`: dotted paths of the explicit root APIs."""
    value: object = getattr(settings, "BOLT_API", ())
    return (value,) if isinstance(value, str) else tuple(cast("Iterable[str]", value))


def names_apis() -> bool:
    """Whether `settings.BOLT_API` can be read: a path or a list of them, or nothing at all."""
    value: object = getattr(settings, "BOLT_API", ())
    return isinstance(value, str | list | tuple) and all(isinstance(path, str) for path in value)


# What runbolt's own options, Django's settings and the fallback decide, and BOLT["SERVER"] therefore does not take.
_DECIDED_ELSEWHERE = frozenset(
    {"pool_size", "access_log", "shutdown_timeout", "allowed_hosts", "proxies", "security", "tracing", "append_slash"}
)


def server_keys() -> frozenset[str]:
    """The keys that `BOLT["SERVER"]` takes: the limits and timeouts of bolt_core.ServerConfig, in lower case."""
    return frozenset(field.name for field in fields(ServerConfig)) - _DECIDED_ELSEWHERE


def _names(value: object) -> None:
    if isinstance(value, str) or not isinstance(value, Collection) or not all(isinstance(v, str) for v in value):
        raise ValueError("a list of names")


def _listed(value: object) -> None:
    if value is not None and (isinstance(value, str) or not isinstance(value, Sequence)):
        raise ValueError("a list of objects, or of dotted paths of their classes")


def _server(value: object) -> None:
    if not isinstance(value, dict):
        raise ValueError("a dict of server limits")
    for key in value:
        if key not in server_keys():
            raise ValueError("a dict of server limits; " + unknown(str(key), server_keys()))


def _flag(value: object) -> None:
    if not isinstance(value, bool):
        raise ValueError("True or False")


def _formatter(value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str) or "." not in value:
        raise ValueError("the dotted path of a function, 'package.module.function'")
    try:
        _error_format(None, value)
    except ConfigError as error:
        raise ValueError(f"the dotted path of a function that takes (error, request): {error.__cause__}") from error


def _get_user(value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str) or "." not in value:
        raise ValueError("the dotted path of a function, 'package.module.function'")
    try:
        found = import_string(value)
    except ImportError as error:
        raise ValueError(f"the dotted path of a function that takes request.auth: {error}") from error
    if not callable(found):
        raise ValueError("the dotted path of a function that takes request.auth; this one cannot be called")


def _middleware(value: object) -> None:
    if isinstance(value, bool):
        return
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(v, str) for v in value):
        raise ValueError("True for the project's MIDDLEWARE, False for none, or a list of dotted paths")
    for path in value:
        try:
            import_string(path)
        except ImportError as error:
            raise ValueError(f"a list of dotted paths of middleware: {error}") from error


def _rollback_on(value: object) -> None:
    if value not in ("exceptions", "errors"):
        raise ValueError('"exceptions", or "errors" for replies of status 400 and above that are returned, too')


def _x_accel_redirect(value: object) -> None:
    try:
        offload_of(cast("Any", value), None)
    except ConfigError as error:
        raise ValueError(f"a dict of folders and the prefixes of nginx's locations for them: {error}") from error


def _x_sendfile(value: object) -> None:
    try:
        offload_of(None, cast("Any", value))
    except ConfigError as error:
        raise ValueError(f"a list of folders: {error}") from error


def _trusted_proxies(value: object) -> None:
    _names(value)
    try:
        ProxySettings(trusted=tuple(cast("Iterable[str]", value)))
    except ConfigError as error:
        raise ValueError(f"a list of addresses, networks and 'unix': {error}") from error


def _request_id(value: object) -> None:
    if not isinstance(value, bool) and value != "make":
        raise ValueError('True, False, or "make" for identifiers that clients have no say in')


def _async_orm(value: object) -> None:
    if value not in ("greenlets", "threads"):
        raise ValueError('"greenlets" or "threads"')


def _duration(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise ValueError("a number of seconds, 0 or more")


_OTHER_KEYS: dict[str, Callable[[object], None]] = {
    "DATABASE_TIMEOUT": _duration,
    "ASYNC_ORM": _async_orm,
    "SERVER": _server,
    "SENSITIVE_FIELDS": _names,
    "EXPOSED_FIELDS": _names,
    "STRICT_JSON": _flag,
    "PROBLEM_DETAILS": _flag,
    "ERROR_FORMATTER": _formatter,
    "MIDDLEWARE": _middleware,
    "ROLLBACK_ON": _rollback_on,
    "X_ACCEL_REDIRECT": _x_accel_redirect,
    "X_SENDFILE": _x_sendfile,
    "TRUSTED_PROXIES": _trusted_proxies,
    "SECURITY_HEADERS": _flag,
    "REQUEST_ID": _request_id,
    "TRACE_CONTEXT": _flag,
    "DEFAULT_AUTH": _listed,
    "DEFAULT_GUARDS": _listed,
    "GET_USER": _get_user,
    "USER_CACHE_SECONDS": _duration,
    "PASSWORD_ENDS_TOKENS": _flag,
}


def unknown(key: str, known: Collection[str]) -> str:
    """The words for an unknown key, with the nearest known one where there is one."""
    near = difflib.get_close_matches(key, sorted(known), n=1)
    return f"unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def problems() -> list[tuple[str, str]]:
    """What is wrong in `settings.BOLT`: pairs of check id and message."""
    value = getattr(settings, "BOLT", {})
    if not isinstance(value, dict):
        return [("bolt.E002", f"settings.BOLT must be a dict, not {type(value).__name__}")]
    parsers: dict[str, Callable[[object], object]] = {option.key: option.parse for option in RUN_OPTIONS} | _OTHER_KEYS
    found = []
    for key, item in value.items():
        if key not in parsers:
            found.append(("bolt.E001", "settings.BOLT: " + unknown(str(key), parsers)))
        elif item is not None or key in _OTHER_KEYS:
            try:
                parsers[key](item)
            except ValueError as error:
                found.append(("bolt.E002", f'settings.BOLT["{key}"] is {item!r}; it must be {error}'))
    return found


def is_usable(key: str) -> bool:
    """Whether *key* of `settings.BOLT` is missing or has a value that can be used."""
    return not any(message.startswith(f'settings.BOLT["{key}"]') for _, message in problems())
