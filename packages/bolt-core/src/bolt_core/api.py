"""`BoltAPI`: the routes of an application, and the frozen form that a server runs."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Unpack, cast

from bolt_core import dispatch, logging
from bolt_core.api_options import APIOptions, check_api_options, take_extensions
from bolt_core.around import Generation, enclosed
from bolt_core.binding import compile_handler
from bolt_core.error_format import UNSAID, ErrorFormat
from bolt_core.exceptions import ConfigError
from bolt_core.files import offload_of
from bolt_core.lifespan import Stage, check_lifespan, described
from bolt_core.middleware import MiddlewareFactory
from bolt_core.options import RouteOptions
from bolt_core.plan import HandlerPlan
from bolt_core.refusals import unrouted_plan
from bolt_core.reply_format import FormatOptions, ReplyFormat
from bolt_core.routing import FrozenApp, Router, TrailingSlash

__all__ = ["BoltAPI", "FrozenApp"]


class BoltAPI(Router):
    """An application: register handlers on it, then serve it.

    *prefix*, *tags* and *middleware* are those of `Router`; middleware also sees the requests that no route matches.
    *trailing_slash* decides what a path gets that only lacks its last `/` to match a route: `"append"` redirects to
    the path with the slash, as Django does; `"strict"` answers 404. By default `ServerConfig.append_slash` decides,
    which in a Django project is `APPEND_SLASH`.
    Everything else is told by `APIOptions`. Raises `ConfigError` for what cannot work.
    """

    def __init__(
        self,
        *,
        prefix: str = "",
        tags: Iterable[str] = (),
        middleware: Iterable[MiddlewareFactory] = (),
        trailing_slash: TrailingSlash | None = None,
        **options: Unpack[APIOptions],
    ) -> None:
        check_api_options(options)
        auth, guards = options.pop("auth", None), options.pop("guards", None)
        super().__init__(prefix, tags=tags, middleware=middleware, auth=auth, guards=guards)
        self.namespace = options.pop("namespace", "")
        self._lifespan = options.pop("lifespan", None)
        if self._lifespan is not None:
            check_lifespan(self._lifespan)
        self._errors = ErrorFormat.checked(options.pop("problem_details", None), options.pop("error_formatter", None))
        self.offload = offload_of(options.pop("x_accel_redirect", None), options.pop("x_sendfile", None))
        self.extensions = take_extensions(options)
        if (logging_config := options.pop("logging_config", None)) is not None:
            self.extensions["logging_config"] = logging.check_logging(logging_config)
        # What is left says how data is written.
        self.format = ReplyFormat.checked(**cast(FormatOptions, options))
        self.state: dict[str, Any] = {}
        """What belongs to the running application, such as its connection pools; the process's, not a request's."""
        if trailing_slash not in (None, "append", "strict"):
            raise ConfigError(f"BoltAPI: trailing_slash={trailing_slash!r}; use 'append' or 'strict'")
        self.trailing_slash = trailing_slash
        self._fallback: HandlerPlan | None = None
        self._frozen: FrozenApp | None = None
        self._generation = 0

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
        """The application as it stands; registering a route after this is a `ConfigError`.

        It is always the same, unless the settings of an integration have changed meanwhile, as tests do.
        """
        if self._frozen is None or self._generation != Generation.number:
            self._generation = Generation.number
            errors = error_format_of(self)
            # What cannot work should fail here, not with the first error.
            errors.resolved()
            routes = tuple(route.frozen(errors) for route in self._routes.values())
            fallback = self._fallback and replace(
                self._fallback, exception_handlers=self.exception_handlers, errors=errors
            )
            # With a fallback there is nothing that goes nowhere.
            unrouted = None
            if fallback is None:
                unrouted = enclosed(unrouted_plan(errors), self.middleware, self.extensions)
            self._frozen = FrozenApp(
                *(routes, fallback, self.trailing_slash, dispatch, errors, self.offload, self.stages),
                unrouted=unrouted if unrouted is not None and unrouted.around is not None else None,
                names=self.names,
            )
        return self._frozen

    def stage(self) -> Stage:
        """The hooks as they stand, and the lifespan around them."""
        if self._lifespan is None:
            return super().stage()
        return Stage(
            tuple(self._startup),
            tuple(self._shutdown),
            functools.partial(self._lifespan, self),
            described(self._lifespan),
            self.state,
        )

    def _check_open(self) -> None:
        if self._frozen is not None:
            raise ConfigError(
                "the application is frozen, because it is being served or tested; register every route and hook "
                "and include every router before that"
            )


def error_format_of(router: Router) -> ErrorFormat:
    """What *router* and the APIs below it say about the shape of errors; raises `ConfigError` for a contradiction."""
    said = router._errors if isinstance(router, BoltAPI) else UNSAID
    for included in router._included:
        said = said.joined(error_format_of(included))
    return said
