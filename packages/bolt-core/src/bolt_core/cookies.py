"""`Set-Cookie` fields (RFC 6265bis), checked so that none is split, ignored by browsers or misread."""

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime, parsedate_to_datetime
from http.cookies import SimpleCookie
from typing import Literal, TypedDict

from bolt_core.headers import TOKEN

type SameSite = Literal["strict", "lax", "none"]

_PATH = re.compile(r"/[\x20-\x3a\x3c-\x7e]*")
_DOMAIN = re.compile(r"\.?[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?)*")
_SAME_SITE: Mapping[str, str] = {"strict": "Strict", "lax": "Lax", "none": "None"}

# RFC 6265bis §5.7: browsers ignore a longer cookie, and a longer attribute.
_MOST_BYTES = 4096
_MOST_ATTRIBUTE_BYTES = 1024

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class DeleteCookieOptions(TypedDict, total=False):
    """What `Response.delete_cookie` takes beside the name."""

    path: str | None
    domain: str | None
    secure: bool
    samesite: SameSite | None
    partitioned: bool


class SetCookieOptions(DeleteCookieOptions, total=False):
    """What `Response.set_cookie` takes beside name, value and age."""

    expires: dt.datetime | str | None
    httponly: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieOptions:
    """The attributes of a cookie; see `Response.set_cookie`."""

    max_age: int | dt.timedelta | None = None
    expires: dt.datetime | str | None = None
    path: str | None = "/"
    domain: str | None = None
    secure: bool = False
    httponly: bool = False
    samesite: SameSite | None = "lax"
    partitioned: bool = False


def cookie_field(key: str, value: str, options: CookieOptions) -> str:
    """The value of a `Set-Cookie` field; raises `ValueError` for what a browser would ignore or misread."""
    name = _name(key)
    coded = _value(name, value)
    if len(name) + len(coded) > _MOST_BYTES:
        raise ValueError(f"cookie {name!r}: name and value take {len(name) + len(coded)} bytes; browsers take 4096")
    _check_prefix(name, options)
    parts = [f"{name}={coded}"]
    if options.expires is not None:
        parts.append(f"Expires={_date(name, options.expires)}")
    if options.max_age is not None:
        parts.append(f"Max-Age={_seconds(name, options.max_age)}")
    if options.domain is not None:
        parts.append(f"Domain={_checked(name, 'domain', options.domain, _DOMAIN)}")
    if options.path is not None:
        parts.append(f"Path={_checked(name, 'path', options.path, _PATH)}")
    parts += _flags(name, options)
    return "; ".join(parts)


def _name(key: str) -> str:
    if not isinstance(key, str) or TOKEN.fullmatch(key) is None:
        raise ValueError(
            f"cookie name {key!r} is no token: use letters, digits and !#$%&'*+-.^_`|~ (RFC 6265bis §4.1.1)"
        )
    return key


def _value(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"cookie {name!r}: the value must be str, not {type(value).__qualname__}")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"cookie {name!r}: the value holds characters beyond ISO 8859-1, which cookies cannot express; encode it, "
            "with urllib.parse.quote() for example"
        ) from error
    # Quoted, where it must be, in the manner that Django and http.cookies read: "\\351" stands for U+00E9.
    return SimpleCookie().value_encode(value)[1]


def _check_prefix(name: str, options: CookieOptions) -> None:
    """RFC 6265bis §4.1.3: names that promise something, which browsers hold them to in any case of letters."""
    lower = name.lower()
    if lower.startswith(("__secure-", "__host-", "__http-")) and not options.secure:
        raise ValueError(f"cookie {name!r}: its prefix asks for secure=True")
    if lower.startswith("__host-") and (options.domain is not None or options.path != "/"):
        raise ValueError(f"cookie {name!r}: its prefix asks for path='/' and no domain")
    if lower.startswith(("__http-", "__host-http-")) and not options.httponly:
        raise ValueError(f"cookie {name!r}: its prefix asks for httponly=True")


def _flags(name: str, options: CookieOptions) -> list[str]:
    flags = []
    if options.secure:
        flags.append("Secure")
    if options.httponly:
        flags.append("HttpOnly")
    if options.samesite is not None:
        same_site = _SAME_SITE.get(str(options.samesite).lower())
        if same_site is None:
            raise ValueError(f"cookie {name!r}: samesite must be 'strict', 'lax', 'none' or None")
        if same_site == "None" and not options.secure:
            raise ValueError(f"cookie {name!r}: samesite='none' needs secure=True, or browsers ignore the cookie")
        flags.append(f"SameSite={same_site}")
    if options.partitioned:
        if not options.secure:
            raise ValueError(f"cookie {name!r}: partitioned=True needs secure=True, or browsers ignore the cookie")
        flags.append("Partitioned")
    return flags


def _seconds(name: str, max_age: int | dt.timedelta) -> int:
    seconds = max_age.total_seconds() if isinstance(max_age, dt.timedelta) else max_age
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"cookie {name!r}: max_age must be seconds or a timedelta, not {max_age!r}")
    if not math.isfinite(seconds):
        raise ValueError(f"cookie {name!r}: max_age={max_age!r} is no finite number of seconds; None sends none")
    return int(seconds)


def _date(name: str, expires: dt.datetime | str) -> str:
    """As RFC 9110 §5.6.7 writes dates; a datetime without time zone is UTC, as Django has it."""
    if isinstance(expires, str):
        try:
            expires = parsedate_to_datetime(expires)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"cookie {name!r}: expires={expires!r} is no HTTP date; give a datetime") from error
    if not isinstance(expires, dt.datetime):
        raise TypeError(f"cookie {name!r}: expires must be a datetime or an HTTP date, not {expires!r}")
    try:
        aware = expires.replace(tzinfo=dt.UTC) if expires.tzinfo is None else expires.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError(f"cookie {name!r}: expires={expires!r} is beyond the years that UTC can express") from error
    return format_datetime(max(aware, _EPOCH), usegmt=True)


def _checked(name: str, attribute: str, value: str, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        hint = "start with '/' and hold no ';' nor control character" if attribute == "path" else "be a host name"
        raise ValueError(f"cookie {name!r}: {attribute}={value!r} must {hint}, in ASCII")
    if len(value) > _MOST_ATTRIBUTE_BYTES:
        raise ValueError(f"cookie {name!r}: {attribute} is longer than the 1024 bytes that browsers take")
    return value
