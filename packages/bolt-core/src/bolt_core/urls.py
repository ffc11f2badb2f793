"""The address of a request, and what is made of it."""

from __future__ import annotations

from urllib.parse import SplitResult, quote, urljoin, urlsplit

__all__ = ["URL", "absolute", "split_host"]

# RFC 3986 §2.2 and §2.3, and the percent sign of what is encoded already: everything else is quoted.
URL_SAFE = "/#%[]=:;$&()+,!?*@'~"

DEFAULT_PORTS = {"http": "80", "https": "443"}


class URL(str):
    """An absolute URL: text whose parts have names, as those of `urllib.parse.urlsplit`."""

    __slots__ = ()

    @property
    def parts(self) -> SplitResult:
        """All parts at once; `parts._replace(query="").geturl()` is a URL with another query."""
        return urlsplit(self)

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        return self.parts.scheme

    @property
    def netloc(self) -> str:
        """The host, with its port where it names one."""
        return self.parts.netloc

    @property
    def host(self) -> str:
        """The host in lower case, without its port and the brackets of an IPv6 address."""
        return self.parts.hostname or ""

    hostname = host

    @property
    def port(self) -> int | None:
        """The port; `None` where the URL names none, so that it is the scheme's own."""
        return self.parts.port

    @property
    def path(self) -> str:
        """The path, percent-encoded."""
        return self.parts.path

    @property
    def query(self) -> str:
        """The query, without its question mark."""
        return self.parts.query

    @property
    def fragment(self) -> str:
        """What follows `#`: nothing in a request's URL, as clients do not send it."""
        return self.parts.fragment

    def __repr__(self) -> str:
        return f"URL({str(self)!r})"


def absolute(base: str, path: str, location: str) -> str:
    """*location* as an absolute URI, seen from the resource *path* of the site *base* (RFC 3986 §5)."""
    parts = urlsplit(location)
    if not (parts.scheme and parts.netloc):
        location = urljoin(base + path, location)
    return quote(location, safe=URL_SAFE)


def split_host(host: str, scheme: str) -> tuple[str, str]:
    """Name and port of a Host field's value; the scheme's own port where it names none."""
    name, port = host, ""
    # The colons of an IPv6 address stand in brackets.
    if ":" in host.rpartition("]")[2]:
        name, _, port = host.rpartition(":")
    return name, port or DEFAULT_PORTS.get(scheme, "80")
