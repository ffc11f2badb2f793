"""The request that Django's middleware gets: one of Django's class that shares its attributes with the handler's."""

import functools
import io
from collections.abc import Callable, Sequence
from typing import Any

from bolt_core.request import Request
from django.http import HttpRequest, QueryDict
from django.http.request import HttpHeaders, RawPostDataException
from django.urls import ResolverMatch
from django.utils.datastructures import MultiValueDict

_KEY = "django_request"


class _Shown:
    """Reads an attribute from the handler's request; one that middleware sets stands before it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, shared: "SharedRequest | None", owner: type) -> Any:
        return self if shared is None else getattr(shared.bolt, self._name)


class _OfForm(_Shown):
    """One that is read from the body: of a body that the handler streams it is empty, as Django's are once it is read.

    The CSRF token of such a request is looked for in its header then.
    """

    def __init__(self, name: str, empty: Callable[[], Any]) -> None:
        super().__init__(name)
        self._empty = empty

    def __get__(self, shared: "SharedRequest | None", owner: type) -> Any:
        return self._empty() if shared is not None and shared.bolt._streams else super().__get__(shared, owner)


class SharedRequest(HttpRequest):
    """Django's view of a request.

    What is set on it is set on the handler's request and the other way round, as both keep it in one dict: `user`,
    `session` and whatever else middleware leaves. Path, method and headers are what the client sent; a middleware that
    changes them changes what Django's code sees, not which route runs.
    """

    # Not in the shared dict, which would then hold itself.
    __slots__ = ("_file", "_header_fields", "bolt", "inner", "takes_django", "templates")
    bolt: Request
    inner: Any
    """What goes on with the request inside Django's middleware."""
    takes_django: bool
    """Whether a Django response of the handler comes out of *inner* as it is."""
    templates: Sequence[Callable[..., Any]]
    """`process_template_response` of the middleware, as a thread calls it."""
    _file: io.BytesIO
    _header_fields: HttpHeaders
    _read_started = False

    def __init__(self, request: Request) -> None:
        # Not the base class's, which makes empty ones of what is shown here.
        self.bolt = request
        self.takes_django = False
        self.templates = ()
        self.__dict__ = request.state

    META = _Shown("META")
    COOKIES = _Shown("COOKIES")
    GET = _Shown("GET")
    POST = _OfForm("POST", functools.partial(QueryDict, ""))
    FILES = _OfForm("FILES", MultiValueDict)
    path = _Shown("path")
    path_info = _Shown("path_info")
    method = _Shown("method")
    content_type = _Shown("content_type")
    content_params = _Shown("content_params")
    environ = _Shown("META")

    @property
    def headers(self) -> HttpHeaders:
        """The header fields as Django has them."""
        if not hasattr(self, "_header_fields"):
            self._header_fields = HttpHeaders(self.META)
        return self._header_fields

    @property
    def resolver_match(self) -> ResolverMatch | None:
        """The route, as Django would have resolved it; `None` where there is none."""
        return vars(self).get("resolver_match") or match_of(self.bolt)

    @resolver_match.setter
    def resolver_match(self, match: ResolverMatch | None) -> None:
        vars(self)["resolver_match"] = match

    @property
    def body(self) -> bytes:
        """The body; `RawPostDataException` where it was parsed as a form or is the handler's to stream."""
        try:
            return self.bolt.body
        except RuntimeError as error:
            raise RawPostDataException(str(error)) from error

    @property
    def _stream(self) -> io.BytesIO:  # type: ignore[override]
        if not hasattr(self, "_file"):
            self._file = io.BytesIO(self.body)
        return self._file


def match_of(request: Request) -> ResolverMatch | None:
    """How Django would describe the route of *request*."""
    plan = request.plan
    if plan.method == "*":
        return None
    name = plan.info.operation_id or getattr(plan.handler, "__name__", None)
    return ResolverMatch(plan.handler, (), dict(request.path_params), url_name=name, route=plan.path.lstrip("/"))


def shared(request: Request) -> SharedRequest:
    """Django's view of *request*, one object for as long as its middleware runs."""
    kept: dict[str, Any] = request._lazy
    found: SharedRequest | None = kept.get(_KEY)
    if found is None:
        found = kept[_KEY] = SharedRequest(request)
    return found


def active(request: Any) -> SharedRequest | None:
    """Django's view of *request* while its middleware runs."""
    kept: dict[str, Any] | None = getattr(request, "_lazy", None)
    return None if kept is None else kept.get(_KEY)


def forget(request: Request) -> None:
    """Part the two, which know each other, so that no collector has to."""
    request._lazy.pop(_KEY, None)
