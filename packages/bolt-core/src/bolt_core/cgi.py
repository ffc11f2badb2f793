"""A request as CGI meta-variables (RFC 3875 §4.1), as Django's `request.META` and WSGI have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .origins import origin_of

if TYPE_CHECKING:
    from ._native import Request

__all__ = ["cgi_variables"]


def cgi_variables(request: Request, server: tuple[str, str]) -> dict[str, Any]:
    """The variables of *request*; *server* is SERVER_NAME and SERVER_PORT.

    Bytes beyond ASCII stand as Latin-1 characters, as WSGI has them (PEP 3333). Repeated header fields are joined by a
    comma, cookies by `; `; a name with an underscore is dropped, as it would pass for the name with a hyphen.
    `REMOTE_ADDR` is empty where the peer has no address, and there is no `REMOTE_PORT` where none is known.
    `wsgi.url_scheme` is that of this connection: a proxy in front may have been spoken to otherwise.
    """
    number = request._number
    if number is None:
        return request._cgi(server, request._client, "http")
    origin = origin_of(number)
    return request._cgi(server, origin.client, origin.scheme)
