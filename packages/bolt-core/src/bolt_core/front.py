"""What stands in front of an application: proxies that speak for clients, and the site's rules for every reply."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from urllib.parse import quote

from ._native import check_front
from .exceptions import ConfigError
from .headers import TOKEN

type HeaderFields = Mapping[str, str] | tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProxySettings:
    """Whose word about a client is taken. Raises `ConfigError` for a value that cannot work.

    By default nobody's: the peer is the client, and its connection says whether it is secure.
    """

    trusted: tuple[str, ...] = ()
    """Addresses, networks (`"10.0.0.0/8"`), and `"unix"` for the peers of Unix-domain sockets. Theirs is the
    `X-Forwarded-For` that tells the client. With a list, what other peers send of `X-Forwarded-*`, `Forwarded`,
    `X-Real-IP` and *https_header* is taken out of their requests; without one, the other settings here hold for
    everyone's."""
    https_header: tuple[str, str] | None = None
    """A field, and its value where the client used https: `("x-forwarded-proto", "https")`."""
    forwarded_host: bool = False
    """Check the host of `X-Forwarded-Host` where a request has that field."""
    script_name: str = ""
    """The path below which the application stands, whether the proxy takes it off or not: `"/shop"`."""

    def __post_init__(self) -> None:
        if isinstance(self.trusted, str):
            raise ConfigError(f"ProxySettings.trusted is {self.trusted!r}; give a list of addresses")
        if self.https_header is not None and not TOKEN.fullmatch(self.https_header[0]):
            raise ConfigError(f"ProxySettings.https_header: {self.https_header[0]!r} is no name of a header field")
        if self.script_name.rstrip("/") and not self.script_name.startswith("/"):
            raise ConfigError(f"ProxySettings.script_name is {self.script_name!r}; it must start with '/'")
        _check("ProxySettings", self.to_wire(), _NO_RULES)

    def to_wire(self) -> dict[str, object]:
        """The settings as Rust reads them."""
        return {
            "trusted": list(self.trusted),
            "https_header": self.https_header,
            "forwarded_host": self.forwarded_host,
            "script_name": quote(self.script_name.rstrip("/"), safe="/%:@!$&'()*+,;=~"),
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SecuritySettings:
    """Header fields that every reply has, and the way to https. Raises `ConfigError` for a value that cannot work."""

    headers: HeaderFields = ()
    """Fields of every reply, refusals included, that does not bring its own of that name."""
    https_headers: HeaderFields = ()
    """The same for replies to requests that came by https (`ProxySettings.https_header`)."""
    https_redirect: bool = False
    """Redirect what did not: 301 for GET and HEAD, 308 for other methods. The fallback decides for itself."""
    https_host: str | None = None
    """The host to redirect to; by default the one that was asked for."""
    redirect_exempt: tuple[str, ...] = ()
    """Regular expressions that are searched for in the path, without its first slash; those found stay."""

    def __post_init__(self) -> None:
        for pattern in self.redirect_exempt:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ConfigError(f"SecuritySettings.redirect_exempt: {pattern!r}: {error}") from error
        _check("SecuritySettings", _NO_PROXIES, self.to_wire())

    def to_wire(self) -> dict[str, object]:
        """The settings as Rust reads them."""
        return {
            "headers": _pairs(self.headers),
            "https_headers": _pairs(self.https_headers),
            "https_redirect": self.https_redirect,
            "https_host": self.https_host,
            "redirect_exempt": list(self.redirect_exempt),
        }


def _pairs(fields: HeaderFields) -> list[tuple[str, str]]:
    return list(fields.items() if isinstance(fields, Mapping) else fields)


_NO_PROXIES: dict[str, object] = {"trusted": [], "https_header": None, "forwarded_host": False, "script_name": ""}
_NO_RULES: dict[str, object] = {
    "headers": [],
    "https_headers": [],
    "https_redirect": False,
    "https_host": None,
    "redirect_exempt": [],
}


def _check(owner: str, proxies: dict[str, object], security: dict[str, object]) -> None:
    """What only the engine can tell: networks, fields, and patterns as it reads them."""
    try:
        check_front(proxies, security)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{owner}: {error}") from error
