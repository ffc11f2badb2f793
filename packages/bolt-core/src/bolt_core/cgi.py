"""A request as CGI meta-variables (RFC 3875 §4.1), as Django's `request.META` and WSGI have them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol
from urllib.parse import unquote_to_bytes

from .origins import origin_of

__all__ = ["cgi_variables", "header_variables"]


class RawRequest(Protocol):
    """What the variables are made of; a `Request` has it."""

    @property
    def method(self) -> str: ...
    @property
    def raw_path(self) -> str: ...
    @property
    def _script_name(self) -> str: ...
    @property
    def query_string(self) -> str: ...
    @property
    def http_version(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def client(self) -> tuple[str, int] | None: ...
    @property
    def _number(self) -> int | None: ...
    @property
    def raw_headers(self) -> list[tuple[str, str]]: ...


def cgi_variables(request: RawRequest, server: tuple[str, str]) -> dict[str, object]:
    """The variables of *request*; *server* is SERVER_NAME and SERVER_PORT.

    Bytes beyond ASCII stand as Latin-1 characters, as WSGI has them (PEP 3333).
    """
    client, script = request.client, request._script_name
    variables: dict[str, object] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": unquote_to_bytes(script).decode("latin-1"),
        "PATH_INFO": unquote_to_bytes(request.raw_path[len(script) :] or "/").decode("latin-1"),
        "QUERY_STRING": request.query_string.encode().decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{request.http_version}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": server[1],
        # Empty on a Unix-domain socket, where the peer has no address.
        "REMOTE_ADDR": client[0] if client else "",
        # Of this connection: a proxy in front may have been spoken to otherwise.
        "wsgi.url_scheme": origin_of(request._number).scheme,
    }
    if client and client[1]:
        variables["REMOTE_PORT"] = str(client[1])
    variables.update(header_variables(request.raw_headers))
    if request.host:
        # The host of an absolute target counts, whatever the field says (RFC 9112 §3.2.2).
        variables["HTTP_HOST"] = request.host
    return variables


def header_variables(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Header fields as CGI variables: repeated ones joined by a comma, cookies by `; `.

    A name with an underscore is dropped, as nginx and Django's own servers do: it would pass for the name with a
    hyphen, which a proxy in front may have checked or set.
    """
    found: dict[str, str] = {}
    for name, value in fields:
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = "HTTP_" + key
        if key not in found:
            found[key] = value
        elif key == "HTTP_COOKIE":
            found[key] = found[key].rstrip("; ") + "; " + value
        elif key != "CONTENT_LENGTH":
            found[key] = f"{found[key]},{value}"
    return found
