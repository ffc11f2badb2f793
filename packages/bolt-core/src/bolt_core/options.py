"""What may be said about a route besides its method and path."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bolt_core.exceptions import ConfigError
from bolt_core.reply_format import FormatOptions
from bolt_core.responses import is_status


class RouteOptions(FormatOptions, total=False):
    """Keyword options of `get()`, `post()`, … and `route()`.

    Those of how data is written are the application's by default.
    """

    response_model: Any
    """The type results are validated against and filtered by; `None` switches the return annotation off."""
    status_code: int
    """Status of a successful result, 200 to 599; 200 by default."""
    stream_body: bool
    """The handler reads the body itself from `request.stream()`."""
    max_body_size: int
    """Bytes; the server's limit by default."""
    default_headers: bool
    """Whether replies get the fields of `ServerConfig.security`, which the server adds to all; `True` by default."""
    cancel_on_disconnect: bool
    """Whether a client that goes away cancels the handler; `True` by default."""
    middleware: Iterable[Callable[..., Any]]
    """Encloses this route inside the middleware of its routers, the first outermost; see `Middleware`."""
    skip_middleware: Iterable[Any]
    """What of that surroundings the route is left out of; see `skip_middleware`."""
    auth: Iterable[Any] | None
    """Authentication schemes, tried in this order, in place of those of routers and the application; `[]` for none."""
    guards: Iterable[Any] | None
    """What callers must be, in place of what routers and the application ask; each must allow. `[]` for nothing."""
    exception_handlers: Mapping[type[Exception], Callable[[Any, Any], Any]]
    """What answers for exceptions of this route, before the handlers of routers and the application."""
    tags: Iterable[str]
    summary: str
    description: str
    name: str
    """What `url_for` and Django's `reverse` call the route, and the operation's id in the documentation; URLs of a
    route without one are made by the name of its function."""
    deprecated: bool
    include_in_schema: bool


_FLAGS = ("stream_body", "default_headers", "cancel_on_disconnect", "deprecated", "include_in_schema")
_TEXTS = ("summary", "description", "name")


def check_options(options: RouteOptions) -> None:
    """Raise `ConfigError` for an unknown option or a value of the wrong kind."""
    known = RouteOptions.__annotations__
    for name, value in options.items():
        if name not in known:
            raise ConfigError(f"has the unknown option {name!r}; a route takes {', '.join(known)}")
        if name in _FLAGS and not isinstance(value, bool):
            raise ConfigError(f"has {name}={value!r}; give True or False")
        if name in _TEXTS and not isinstance(value, str):
            raise ConfigError(f"has {name}={value!r}; give a string")
    if "name" in options and (not options["name"] or ":" in options["name"]):
        raise ConfigError(f"has name={options['name']!r}; give a name without colons, which stand after namespaces")
    status = options.get("status_code", 200)
    if not is_status(status):
        raise ConfigError(f"has status_code={status!r}; give an int from 200 to 599")
    size = options.get("max_body_size", 0)
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise ConfigError(f"has max_body_size={size!r}; give a number of bytes, 0 or more")
    if isinstance(options.get("tags"), str):
        raise ConfigError(f"has tags={options['tags']!r}; give a list of strings")
