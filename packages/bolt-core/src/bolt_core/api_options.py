"""What may be said about a whole application besides its routes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from bolt_core.error_format import ErrorFormatter
from bolt_core.exceptions import ConfigError
from bolt_core.files import StrPath
from bolt_core.lifespan import Lifespan
from bolt_core.reply_format import FormatOptions

if TYPE_CHECKING:
    from bolt_core.logging import LoggingConfig


class APIOptions(FormatOptions, total=False):
    """Keyword options of `BoltAPI`, beside those of `Router`."""

    lifespan: Lifespan | None
    """Called with the application in each serving process; returns a context manager, asynchronous or not (then it runs
    on the pool): a function decorated with `contextlib.asynccontextmanager`, most often. It is entered before the
    startup hooks and left after the shutdown hooks; a dict that it yields is in `BoltAPI.state` meanwhile."""
    auth: Iterable[Any] | None
    """Authentication schemes of routes that name none, and whose routers name none."""
    guards: Iterable[Any] | None
    """What callers of such routes must be; see `Router`."""
    namespace: str
    """Put before the names of the routes, with a colon: those of several APIs then differ (`shop:get_item`)."""
    problem_details: bool | None
    """`True` gives every error, the server's own refusals included, the shape of RFC 9457."""
    error_formatter: ErrorFormatter | None
    """Called with (error, request), makes the body of every error instead; see `ErrorFormatter`. This and
    *problem_details* hold for the whole application, so APIs that are included say the same or nothing."""
    x_accel_redirect: Mapping[StrPath, str] | None
    """Folders, and the prefixes of nginx's `internal` locations for them: a `FileResponse` below one is left to the
    proxy. Of several applications served as one, what the outermost says counts."""
    x_sendfile: Iterable[StrPath] | None
    """The same for proxies that read `X-Sendfile`: folders."""
    logging_config: "LoggingConfig | None"
    """A log record for each request; see `bolt_core.logging.LoggingConfig`. An included API's own
    counts for its routes."""
    django_middleware: bool | Sequence[str] | None
    """Of bolt_django: `True` encloses the routes in the project's MIDDLEWARE, a list in those with these paths."""


type CheckExtension = Callable[[Any], Any]

_extensions: dict[str, CheckExtension] = {}
_EXTENSION_OF = {"django_middleware": "bolt_django, in INSTALLED_APPS"}


def register_extension(name: str, check: CheckExtension) -> None:
    """Let integrations read the option *name* of `APIOptions`: *check*(value) returns what is kept, or raises."""
    _extensions[name] = check


def take_extensions(options: APIOptions) -> dict[str, Any]:
    """The options of integrations, taken out of *options*; `ConfigError` where the integration is not there."""
    loose = cast("dict[str, Any]", options)
    found = {name: loose.pop(name) for name in _EXTENSION_OF if name in loose}
    for name in found:
        if name not in _extensions and found[name] is not None:
            raise ConfigError(f"BoltAPI({name}=…) needs {_EXTENSION_OF[name]}; add it, or leave the option out")
    return {name: _extensions[name](value) for name, value in found.items() if value is not None}


def check_api_options(options: APIOptions) -> None:
    """Raise `ConfigError` for an option that does not exist."""
    known = APIOptions.__annotations__
    if unknown := sorted(set(options) - set(known)):
        every = ("prefix", "tags", "middleware", "trailing_slash", *sorted(known))
        raise ConfigError(f"BoltAPI has no option {unknown[0]!r}; it takes {', '.join(every)}")
    namespace: object = options.get("namespace", "")
    if not isinstance(namespace, str) or (namespace and not namespace.isidentifier()):
        raise ConfigError(f"BoltAPI: namespace={namespace!r}; give a name like 'shop', without colons")
