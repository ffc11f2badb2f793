"""A request as the WSGI environ that Django's own request class reads (PEP 3333)."""

import sys
from typing import IO, Protocol
from urllib.parse import unquote_to_bytes


class RawRequest(Protocol):
    """What the environ is made of; bolt_core's request has it."""

    @property
    def method(self) -> str: ...
    @property
    def raw_path(self) -> str: ...
    @property
    def query_string(self) -> str: ...
    @property
    def http_version(self) -> str: ...
    @property
    def scheme(self) -> str: ...
    @property
    def client(self) -> tuple[str, int] | None: ...
    @property
    def raw_headers(self) -> list[tuple[str, str]]: ...


def make_environ(
    request: RawRequest, body: IO[bytes], length: int | None, server: tuple[str, str]
) -> dict[str, object]:
    """The environ of *request* with its spooled *body* of *length* bytes (None: it has none).

    *server* is SERVER_NAME and SERVER_PORT. Bytes beyond ASCII stand as Latin-1 characters, as WSGI has them.
    """
    environ: dict[str, object] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.raw_path).decode("latin-1"),
        "QUERY_STRING": request.query_string.encode().decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{request.http_version}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": server[1],
        # Empty on a Unix-domain socket, where the peer has no address.
        "REMOTE_ADDR": request.client[0] if request.client else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if request.client:
        environ["REMOTE_PORT"] = str(request.client[1])
    environ.update(header_variables(request.raw_headers))
    if length is not None:
        # A chunked body has no length of its own; Django reads no further than this.
        environ["CONTENT_LENGTH"] = str(length)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ


def header_variables(fields: list[tuple[str, str]]) -> dict[str, str]:
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
