"""Types that say more than `str` or `int`: ready to annotate fields with, each after the standard that it names.

Values stay what they are: `Email` is a `str`, `Port` is an `int`, and nothing is rewritten. Where a standard has lists
behind it (countries, currencies, languages), the shape is checked and not whether the list has the value.
"""

import ipaddress
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from bolt_serializers.metadata import Check

# No pattern here repeats what repeats itself: a hostile text of any length is gone through once.
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_LABEL = re.compile(r"[A-Za-z0-9-]{1,63}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_URL_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNICODE_SLUG = re.compile(r"[-\w]+")

# RFC 5321 §4.5.3.1.1, and §4.5.3.1.3 without its angle brackets.
_MOST_LOCAL_PART, _MOST_EMAIL = 64, 254
# RFC 1035 §2.3.4: 255 octets, of which the written form lacks the first length and the root.
_MOST_HOSTNAME = 253
# RFC 9110 §4.1: what every recipient should take at the least.
_MOST_URL = 8000


def _is_hostname(text: str) -> bool:
    labels = text.split(".")
    return (
        len(text) <= _MOST_HOSTNAME
        and all(_LABEL.fullmatch(label) and label[0] != "-" != label[-1] for label in labels)
        # RFC 1123 §2.1: so that no name is taken for an address.
        and not labels[-1].isdigit()
    )


def _check_hostname(value: str) -> None:
    if not _is_hostname(value):
        raise ValueError("Must be a host name")


def _check_email(value: str) -> None:
    local, _, domain = value.rpartition("@")
    whole = (
        len(value) <= _MOST_EMAIL
        and len(local) <= _MOST_LOCAL_PART
        and _LOCAL_PART.fullmatch(local)
        # RFC 5322 §3.2.3: dots stand between other characters.
        and not (local.startswith(".") or local.endswith(".") or ".." in local)
        and "." in domain
        and _is_hostname(domain)
    )
    if not whole:
        raise ValueError("Must be an email address")


def _is_url(value: str) -> bool:
    if len(value) > _MOST_URL or not _URL_CHARACTERS.fullmatch(value) or _BROKEN_ESCAPE.search(value):
        return False
    try:
        parts = urlsplit(value)
        # Raises ValueError for one that is no number up to 65535.
        _ = parts.port
    except ValueError:
        return False
    rest = parts.path + parts.query + parts.fragment
    return (
        bool(_SCHEME.fullmatch(parts.scheme))
        and value[len(parts.scheme) :].startswith("://")
        # RFC 3986 §3.2.2: brackets stand around an address of IPv6 alone.
        and not any(character in rest for character in "[]")
        and "#" not in parts.fragment
        and _is_host(parts.netloc.rpartition("@")[2])
    )


def _is_host(text: str) -> bool:
    """Whether *text* is a host, with or without a port."""
    if text.startswith("["):
        address, closing, port = text[1:].partition("]")
        return bool(closing) and _is_address(address, ipaddress.IPv6Address) and port[:1] in ("", ":")
    host = text.partition(":")[0]
    return _is_hostname(host) or _is_address(host, ipaddress.IPv4Address)


def _check_url(value: str) -> None:
    if not _is_url(value):
        raise ValueError("Must be a URL")


def _check_http_url(value: str) -> None:
    # RFC 9110 §4.2.4: a user's name in front of the host is an error, as it serves to disguise the host.
    if not _is_url(value) or urlsplit(value).scheme not in ("http", "https") or "@" in urlsplit(value).netloc:
        raise ValueError("Must be a URL that begins with http:// or https://")


def _is_address(text: str, *kinds: Any) -> bool:
    # A zone (RFC 4007 §11) names an interface of one machine, and is no part of the address.
    if "%" in text:
        return False
    for kind in kinds:
        try:
            kind(text)
        except ValueError:
            continue
        return True
    return False


def _check_ipv4(value: str) -> None:
    if not _is_address(value, ipaddress.IPv4Address):
        raise ValueError("Must be an IPv4 address")


def _check_ipv6(value: str) -> None:
    if not _is_address(value, ipaddress.IPv6Address):
        raise ValueError("Must be an IPv6 address")


def _check_ip(value: str) -> None:
    if not _is_address(value, ipaddress.IPv4Address, ipaddress.IPv6Address):
        raise ValueError("Must be an IPv4 or IPv6 address")


def _check_unicode_slug(value: str) -> None:
    if not _UNICODE_SLUG.fullmatch(value):
        raise ValueError("Must consist of letters, digits, underscores and hyphens")


def _check_not_blank(value: str) -> None:
    if not value.strip():
        raise ValueError("Must not be blank")


def _check_json(value: str) -> None:
    try:
        msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError("Must be JSON") from error


# Text.

NonEmptyStr = Annotated[str, Check(_check_not_blank, schema={"minLength": 1, "pattern": r"\S"}, type="blank")]
"""Text with at least one character that is no white space."""

Slug = Annotated[str, Meta(pattern=r"^[-a-zA-Z0-9_]+\Z")]
"""ASCII letters, digits, underscores and hyphens: Django's `SlugField`."""

UnicodeSlug = Annotated[str, Check(_check_unicode_slug, schema={"pattern": r"^[-_\p{L}\p{N}]+$"}, type="slug")]
"""Like `Slug`, with letters and digits of any script: Django's `SlugField(allow_unicode=True)`."""

JsonStr = Annotated[str, Check(_check_json, schema={"contentMediaType": "application/json"}, type="json")]
"""Text that is JSON (RFC 8259)."""

# On the net.

Email = Annotated[str, Check(_check_email, schema={"format": "email", "maxLength": _MOST_EMAIL}, type="email")]
"""An address that mail is sent to: the dot-atom form of RFC 5322 §3.4.1, with the lengths of RFC 5321 §4.5.3.1.

In ASCII; a domain of another script stands in its `xn--` form (RFC 5891). The domain has a dot. Quoted local parts,
comments and addresses in brackets, which the RFC has as well, are refused: no one is reached that way.
"""

Url = Annotated[str, Check(_check_url, schema={"format": "uri", "maxLength": _MOST_URL}, type="url")]
"""A URL of any scheme that has a host (RFC 3986 §3), of at most 8000 characters (RFC 9110 §4.1)."""

HttpUrl = Annotated[
    str,
    Check(
        _check_http_url,
        schema={"format": "uri", "maxLength": _MOST_URL, "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"},
        type="url",
    ),
]
"""A URL of http or https (RFC 9110 §4.2), without a user's name. Whether it is safe to ask for is another question."""

Hostname = Annotated[str, Check(_check_hostname, schema={"format": "hostname", "maxLength": 253}, type="hostname")]
"""A host name (RFC 1123 §2.1): labels of up to 63 letters, digits and hyphens, at most 253 characters; no address."""

IPv4 = Annotated[str, Check(_check_ipv4, schema={"format": "ipv4"}, type="ipv4")]
"""Four decimal numbers (RFC 791), without leading zeros (RFC 6943 §3.1.1)."""

IPv6 = Annotated[str, Check(_check_ipv6, schema={"format": "ipv6"}, type="ipv6")]
"""An address in any of the forms of RFC 4291 §2.2, without a zone."""

IPAddress = Annotated[
    str, Check(_check_ip, schema={"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}, type="ip_address")
]
"""`IPv4` or `IPv6`."""

Port = Annotated[int, Meta(ge=1, le=65535)]
"""The port of a service (RFC 6335 §6); 0 is none."""

# Codes.

Phone = Annotated[str, Meta(pattern=r"^\+[1-9][0-9]{6,14}\Z")]
"""A telephone number in the international form of ITU-T E.164: `+`, country code, at most 15 digits in all."""

HexColor = Annotated[str, Meta(pattern=r"^#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\Z")]
"""A color as in CSS Color 4 §5.2: `#` and 3, 4, 6 or 8 hexadecimal digits."""

CountryCode = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
"""The shape of an ISO 3166-1 alpha-2 code: two capital letters. Whether there is such a country is not checked."""

CurrencyCode = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
"""The shape of an ISO 4217 code: three capital letters. Whether there is such a currency is not checked."""

LanguageTag = Annotated[str, Meta(pattern=r"^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*\Z")]
"""The shape of a language tag (BCP 47; RFC 5646 §2.1): `de`, `pt-BR`, `zh-Hant-TW`. Subtags are not looked up."""

# Numbers.

PositiveInt = Annotated[int, Meta(gt=0)]
NonNegativeInt = Annotated[int, Meta(ge=0)]
NegativeInt = Annotated[int, Meta(lt=0)]
PositiveFloat = Annotated[float, Meta(gt=0)]
NonNegativeFloat = Annotated[float, Meta(ge=0)]
NegativeFloat = Annotated[float, Meta(lt=0)]

Percentage = Annotated[float, Meta(ge=0, le=100)]
"""From 0 to 100."""

Int8 = Annotated[int, Meta(ge=-(2**7), le=2**7 - 1)]
Int16 = Annotated[int, Meta(ge=-(2**15), le=2**15 - 1)]
Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
# Without one of 64 bits: no database of Django holds it, and MessagePack readers differ about it.
UInt8 = Annotated[int, Meta(ge=0, le=2**8 - 1)]
UInt16 = Annotated[int, Meta(ge=0, le=2**16 - 1)]
UInt32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]

__all__ = [
    "CountryCode",
    "CurrencyCode",
    "Email",
    "HexColor",
    "Hostname",
    "HttpUrl",
    "IPAddress",
    "IPv4",
    "IPv6",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "JsonStr",
    "LanguageTag",
    "NegativeFloat",
    "NegativeInt",
    "NonEmptyStr",
    "NonNegativeFloat",
    "NonNegativeInt",
    "Percentage",
    "Phone",
    "Port",
    "PositiveFloat",
    "PositiveInt",
    "Slug",
    "UInt8",
    "UInt16",
    "UInt32",
    "UnicodeSlug",
    "Url",
]
