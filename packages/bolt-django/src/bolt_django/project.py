"""A Django project as an application that the engine serves."""

import contextvars
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bolt_core.api import BoltAPI, FrozenApp
from bolt_core.config import ServerConfig
from bolt_core.exceptions import ConfigError
from bolt_core.pool import Pool
from django.conf import settings
from django.urls import set_script_prefix

from bolt_django import conf, db, files, runtime
from bolt_django.discovery import DiscoveryError, find_apis
from bolt_django.fallback import DjangoFallback
from bolt_django.options import RunOptions
from bolt_django.request import SUPPORT

if TYPE_CHECKING:
    from bolt_core.server import Announce

# What Django allows when DEBUG is on and ALLOWED_HOSTS empty (HttpRequest.get_host).
_DEBUG_HOSTS = (".localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Project:
    """What is served: the frozen application and the handler of everything else."""

    app: FrozenApp
    fallback: DjangoFallback


class ProjectAPI(BoltAPI):
    """The project's APIs as one."""

    def freeze(self) -> FrozenApp:
        """As it is served below FORCE_SCRIPT_NAME."""
        return below_script_name(super().freeze())


def join(apis: Sequence[BoltAPI] | None = None) -> BoltAPI:
    """Find the project's APIs (or take *apis*) and join them into one application.

    Raises DiscoveryError for an API that cannot be loaded, and for a route or a name that two of them have.
    """
    found = find_apis() if apis is None else list(apis)
    # Those that say nothing take what the others say, or else APPEND_SLASH.
    policies = {api.trailing_slash for api in found if api.trailing_slash is not None}
    if len(policies) > 1:
        raise DiscoveryError("the APIs of this project differ in trailing_slash; give all of them the same")
    root = ProjectAPI(trailing_slash=policies.pop() if policies else None)
    try:
        for api in found:
            root.include(api)
        root.offload = files.offload(found)
    except ConfigError as error:
        raise DiscoveryError(str(error)) from error
    return root


def build(apis: Sequence[BoltAPI] | None = None) -> Project:
    """Find the project's APIs (or take *apis*), join them into one application, and freeze it.

    Raises DiscoveryError for an API that cannot be loaded or a route that two of them have.
    """
    root, fallback = api_of(apis)
    return Project(root.freeze(), fallback)


def api_of(apis: Sequence[BoltAPI] | None = None) -> tuple[BoltAPI, DjangoFallback]:
    """As `build`, but what can be frozen anew when settings change; it raises the same."""
    root = join(apis)
    fallback = DjangoFallback()
    try:
        root.set_fallback(fallback.handle)
        # What cannot work should fail here.
        root.freeze()
        return root, fallback
    except ConfigError as error:
        raise DiscoveryError(str(error)) from error


def below_script_name(app: FrozenApp) -> FrozenApp:
    """*app*, whose handlers make links below FORCE_SCRIPT_NAME with Django's `reverse`.

    Django keeps the prefix for each thread, so that it is set where a handler is called, as Django's own handlers do.
    """
    if not settings.FORCE_SCRIPT_NAME:
        return app
    prefix = settings.FORCE_SCRIPT_NAME
    return replace(app, routes=tuple(replace(plan, call=_prefixed(plan.call, prefix)) for plan in app.routes))


def _prefixed(call: Callable[..., Any], prefix: str) -> Callable[..., Any]:
    def within(*args: Any, **kwargs: Any) -> Any:
        set_script_prefix(prefix)
        return call(*args, **kwargs)

    return within


def bridged_config() -> ServerConfig:
    """The engine's settings behind another server, which logs requests and decides when to stop. Raises ConfigError."""
    return ServerConfig(**conf.bolt_settings().get("SERVER", {}), allowed_hosts=allowed_hosts(), shutdown_timeout=5.0)


def serving_context(pool: Pool, config: ServerConfig) -> contextvars.Context:
    """What requests start from that *pool* serves, with its connections cared for."""
    context = contextvars.copy_context()
    runtime.prepare(pool, context, most_lanes=config.pool_size)
    return context


def server_config(options: RunOptions, *, terminal: bool) -> ServerConfig:
    """The engine's settings: run options, Django's own settings and `BOLT["SERVER"]`. Raises ConfigError.

    *terminal*: whether the access log goes to one; it decides the log's format where none is given.
    """
    base: dict[str, Any] = dict(conf.bolt_settings().get("SERVER", {}))
    base["shutdown_timeout"] = options.shutdown_timeout
    base["allowed_hosts"] = allowed_hosts()
    base["access_log"] = None
    if options.access_log:
        base["access_log"] = options.log_format or ("short" if terminal else "combined")
    config = ServerConfig(**base)
    return config if options.workers is None else replace(config, pool_size=options.workers)


def allowed_hosts() -> tuple[str, ...]:
    """The hosts that Django would accept; `*` among them switches the engine's own check off."""
    hosts = tuple(settings.ALLOWED_HOSTS)
    if settings.DEBUG and not hosts:
        return _DEBUG_HOSTS
    return () if "*" in hosts else hosts


def serve(project: Project, sockets: Sequence[Any], config: ServerConfig, announce: "Announce | None" = None) -> None:
    """Serve *project* on listening *sockets* in this process until it is told to stop.

    Raises bolt_core's LifespanError when one of its startup or shutdown hooks fails.
    """
    from bolt_core.server import run

    pool = Pool(config.pool_size)
    context = serving_context(pool, config)
    name = sockets[0].getsockname()
    if isinstance(name, tuple):
        project.fallback.server = SUPPORT.address = (name[0], str(name[1]))
    try:
        run(project.app, sockets=sockets, config=config, announce=announce, base_context=context, pool=pool)
    finally:
        db.close_pools()
