"""`BoltAPI`: the routes of an application, and the frozen form that a server runs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Unpack

from bolt_core import dispatch
from bolt_core.binding import compile_handler
from bolt_core.error_format import UNSAID, ErrorFormat, ErrorFormatter
from bolt_core.exceptions import ConfigError
from bolt_core.files import StrPath, offload_of
from bolt_core.options import RouteOptions
from bolt_core.plan import HandlerPlan
from bolt_core.reply_format import FormatOptions, ReplyFormat
from bolt_core.routing import FrozenApp, Router, TrailingSlash

__all__ = ["BoltAPI", "FrozenApp"]


class BoltAPI(Router):
    """An application: register handlers on it, then serve it.

    *prefix* and *tags* are those of `Router`. *trailing_slash* decides what a path gets that only lacks its last `/`
    to match a route: `"append"` redirects to the path with the slash, as Django does; `"strict"` answers 404.
    *x_accel_redirect* (folders and the prefixes of nginx's `internal` locations for them) or *x_sendfile* (folders)
    leaves a `FileResponse` below one of these folders to the proxy. Of several applications served as one, that of the
    outermost counts.

    *problem_details* `True` gives every error, the server's own refusals included, the shape of RFC 9457.
    *error_formatter*(error, request) makes the body of every error instead; see `ErrorFormatter`. Both hold for the
    whole application, so APIs that are included say the same or nothing.

    *strict_json* `True` makes NaN and the infinities in a reply an error; without it they are sent as `null`.
    *media_types* are what data is written in as the client's `Accept` prefers, JSON alone by default; *strict_accept*
    `True` answers 406 where it accepts none of them. Routes and included APIs may say otherwise for themselves.

    Raises `ConfigError` for what cannot work.
    """

    def __init__(
        self,
        *,
        prefix: str = "",
        tags: Iterable[str] = (),
        trailing_slash: TrailingSlash = "append",
        x_accel_redirect: Mapping[StrPath, str] | None = None,
        x_sendfile: Iterable[StrPath] | None = None,
        problem_details: bool | None = None,
        error_formatter: ErrorFormatter | None = None,
        **format: Unpack[FormatOptions],
    ) -> None:
        super().__init__(prefix, tags=tags)
        self.format = ReplyFormat.checked(**format)
        self._errors = ErrorFormat.checked(problem_details, error_formatter)
        if trailing_slash not in ("append", "strict"):
            raise ConfigError(f"BoltAPI: trailing_slash={trailing_slash!r}; use 'append' or 'strict'")
        self.trailing_slash = trailing_slash
        self.offload = offload_of(x_accel_redirect, x_sendfile)
        self._fallback: HandlerPlan | None = None
        self._frozen: FrozenApp | None = None

    def set_fallback(self, handler: Callable[..., Any]) -> None:
        """Let *handler*, which takes the request alone, answer whatever no route matches; it may stream the body.

        Raises `ConfigError` once the application is frozen, or where the handler takes more than the request.
        """
        self._check_open()
        plan = compile_handler(handler, "/{path:path}", "*", RouteOptions(stream_body=True, response_model=None))
        if len(plan.params) != 1:
            raise ConfigError(f"the fallback {plan.name}() must take the request and nothing else")
        self._fallback = plan

    def freeze(self) -> FrozenApp:
        """The application as it stands, always the same; registering a route after this is a `ConfigError`."""
        if self._frozen is None:
            errors = error_format_of(self)
            # What cannot work should fail here, not with the first error.
            errors.resolved()
            routes = tuple(route.frozen(errors) for route in self._routes.values())
            fallback = self._fallback and replace(
                self._fallback, exception_handlers=self.exception_handlers, errors=errors
            )
            self._frozen = FrozenApp(routes, fallback, self.trailing_slash, dispatch, errors, self.offload)
        return self._frozen

    def _check_open(self) -> None:
        if self._frozen is not None:
            raise ConfigError(
                "the application is frozen, because it is being served or tested; register every route and include "
                "every router before that"
            )


def error_format_of(router: Router) -> ErrorFormat:
    """What *router* and the APIs below it say about the shape of errors; raises `ConfigError` for a contradiction."""
    said = router._errors if isinstance(router, BoltAPI) else UNSAID
    for included in router._included:
        said = said.joined(error_format_of(included))
    return said
