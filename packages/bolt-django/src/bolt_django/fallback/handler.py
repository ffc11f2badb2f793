"""The handler of everything that no route matches."""

import io
from typing import IO, Any

from bolt_core.responses import Response
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest, get_path_info
from django.http import HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import is_valid_path
from django.utils.http import escape_leading_slashes

from bolt_django.fallback.body import has_body, spool
from bolt_django.fallback.environ import make_environ
from bolt_django.fallback.exchange import Exchange


class DjangoFallback:
    """Runs Django's own handler, middleware and all, for a request.

    *server* is SERVER_NAME and SERVER_PORT of the requests. Loads the middleware when made, so that a mistake in
    `MIDDLEWARE` shows before the server starts.
    """

    def __init__(self, server: tuple[str, str] = ("localhost", "80")) -> None:
        self.server = server
        self._django = WSGIHandler()
        self._static = StaticFilesHandler(self._django) if apps.is_installed("django.contrib.staticfiles") else None

    async def handle(self, request: Any) -> Response:
        """Answer *request* with Django's response."""
        body: IO[bytes] = io.BytesIO()
        length = None
        if has_body(request.headers):
            body, length = await spool(request.stream())
        environ = make_environ(request, body, length, self.server)
        exchange = Exchange(environ, self._add_slash if request.slash_redirect else self._respond)
        return await exchange.answer()

    def _respond(self, request: WSGIRequest) -> HttpResponseBase:
        if self._static is not None and settings.DEBUG and self._static._should_handle(get_path_info(request.environ)):
            return self._static.get_response(request)
        return self._django.get_response(request)

    def _add_slash(self, request: WSGIRequest) -> HttpResponseBase:
        """Redirect to the route that only lacks the slash, unless the path is one of Django's own."""
        if not settings.APPEND_SLASH or is_valid_path(request.path_info, getattr(request, "urlconf", None)):
            return self._respond(request)
        # A path that began with two slashes would name another host.
        target = escape_leading_slashes(request.get_full_path(force_append_slash=True))
        # 308 keeps method and body; 301 is what Django itself sends where there is none to lose.
        keeps = request.method not in ("GET", "HEAD")
        return HttpResponsePermanentRedirect(target, preserve_request=keeps)
