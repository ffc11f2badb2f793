"""The request that handlers get, in Django's terms; and as Django's own class, for code that takes no other."""

import io
from collections.abc import Iterable
from typing import Any, cast

from bolt_core.multidict import MultiMapping
from bolt_core.origins import origin_of
from bolt_core.request import (
    Request,
    RequestSupport,
    register_absent_attribute,
    register_request_attribute,
    register_request_method,
    register_request_support,
)
from django.apps import apps
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict

from bolt_django.fallback.environ import make_environ
from bolt_django.users import reading


class _Origin(HttpRequest):
    """What Django's own rules read of a request to tell whom it was sent to, and how."""

    def __init__(self, request: Request) -> None:
        # Not the base class's, which makes everything that a request may have.
        self.META = request.META

    def _get_scheme(self) -> str:
        return str(self.META["wsgi.url_scheme"])


class DjangoSupport(RequestSupport):
    """Django's classes and settings: QueryDict, ALLOWED_HOSTS, USE_X_FORWARDED_HOST, SECURE_PROXY_SSL_HEADER.

    *address* is SERVER_NAME and SERVER_PORT of all requests.
    """

    def __init__(self) -> None:
        self.address = ("localhost", "80")

    def query(self, text: str) -> MultiMapping[str]:
        """An immutable QueryDict; `TooManyFieldsSent` beyond DATA_UPLOAD_MAX_NUMBER_FIELDS."""
        return cast("MultiMapping[str]", QueryDict(text))

    def fields(self, pairs: Iterable[tuple[str, str]]) -> MultiMapping[str]:
        """An immutable QueryDict."""
        fields = QueryDict(mutable=True)
        for name, value in pairs:
            fields.appendlist(name, value)
        fields._mutable = False
        return cast("MultiMapping[str]", fields)

    def files(self, pairs: Iterable[tuple[str, Any]]) -> MultiMapping[Any]:
        """A MultiValueDict."""
        files: MultiValueDict[str, Any] = MultiValueDict()
        for name, value in pairs:
            files.appendlist(name, value)
        return cast("MultiMapping[Any]", files)

    def server(self, request: Request) -> tuple[str, str]:
        """Where the server listens, or the one in front of it in this process."""
        return origin_of(request._number).server or self.address

    def scheme(self, request: Request) -> str:
        """`https` where SECURE_PROXY_SSL_HEADER says so."""
        return str(_Origin(request).scheme)

    def host(self, request: Request) -> str:
        """The host, that of a proxy's header with USE_X_FORWARDED_HOST; `DisallowedHost` outside ALLOWED_HOSTS."""
        return _Origin(request).get_host()

    def port(self, request: Request) -> str:
        """The port, that of a proxy's header with USE_X_FORWARDED_PORT."""
        return str(_Origin(request).get_port())


SUPPORT = DjangoSupport()


def register() -> None:
    """Teach bolt_core's request Django's terms, for the whole process."""
    register_request_support(SUPPORT)
    register_request_attribute("user", reading.user_of)
    register_request_method("auser", reading.auser)
    register_request_method("as_django", as_django)
    register_request_method("get_signed_cookie", HttpRequest.get_signed_cookie)
    register_absent_attribute(
        "session", "Django's middleware does not run for API routes by itself; add SessionMiddleware to the API's own"
    )


def as_django(request: Request) -> WSGIRequest:
    """*request* as Django's own class, for code that insists on it; each call makes a new one.

    It has what has been set on *request* so far, as `user` and `session`; what is set on it later stays its own. It has
    the body, unless the route streams it; of a form that was parsed while it arrived it has fields and files.
    """
    body = b"" if request._streams or request._body_is_form else request.body
    made = WSGIRequest(make_environ(request, io.BytesIO(body), len(body), SUPPORT.address))
    made.META.update(request.META)
    made.META["CONTENT_LENGTH"] = str(len(body))
    if request._body_is_form:
        # What its own parser would set.
        vars(made).update(_post=request.POST, _files=request.FILES)
    for name, value in request.state.items():
        if name.isidentifier() and not hasattr(HttpRequest, name):
            setattr(made, name, value)
    if not hasattr(made, "user") and apps.is_installed("django.contrib.auth"):
        made.user = reading.later(request)
    return made
