"""A request as the WSGI environ that Django's own request class reads (PEP 3333)."""

import sys
from typing import IO

from bolt_core.cgi import cgi_variables
from bolt_core.request import Request


def make_environ(request: Request, body: IO[bytes], length: int | None, server: tuple[str, str]) -> dict[str, object]:
    """The environ of *request* with its spooled *body* of *length* bytes (None: it has none).

    *server* is SERVER_NAME and SERVER_PORT.
    """
    environ = cgi_variables(request, server)
    environ |= {
        "wsgi.version": (1, 0),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if length is not None:
        # A chunked body has no length of its own; Django reads no further than this.
        environ["CONTENT_LENGTH"] = str(length)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ
