"""Routers: where routes are declared, nested and checked against each other."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Unpack

from bolt_core.access import Access, RouteAccess, default_access, route_access
from bolt_core.around import OwnLayer, enclosed
from bolt_core.binding import Declaration, compile_handler
from bolt_core.binding.callables import name_of
from bolt_core.error_format import UNSAID, ErrorFormat
from bolt_core.exception_handlers import ExceptionHandler, compile_exception_handler
from bolt_core.exceptions import ConfigError, RouteConflict
from bolt_core.files import Offload
from bolt_core.lifespan import Hooked, Stage, stages_of
from bolt_core.markers import Source
from bolt_core.middleware import MiddlewareFactory, check_middleware
from bolt_core.options import RouteOptions
from bolt_core.paths import check_method, check_prefix, parse_path, parse_prefix
from bolt_core.plan import ExceptionCall, HandlerPlan
from bolt_core.reply_format import UNSAID_FORMAT, with_format
from bolt_core.reversing import Named, Names, Query, failure
from bolt_core.types import Hooks

type Handler = Callable[..., Any]
type TrailingSlash = Literal["append", "strict"]


@dataclass(frozen=True, slots=True)
class FrozenApp:
    """An application that no longer changes: what a server runs."""

    routes: tuple[HandlerPlan, ...]
    fallback: HandlerPlan | None
    """Answers everything that no route matches; `None` means 404."""
    trailing_slash: TrailingSlash | None
    """`None`: as the server's configuration says."""
    hooks: Hooks
    errors: ErrorFormat = UNSAID
    """The shape of every error, the engine's own refusals included."""
    offload: Offload | None = None
    """Which files the proxy sends in the server's place."""
    stages: tuple[Stage, ...] = ()
    """Startup and shutdown, in the order of startup."""
    unrouted: HandlerPlan | None = None
    """What encloses the application, around requests that no route matches; `None` where nothing does."""
    names: Names = field(default_factory=Names)
    """The routes by their names."""


class _Route:
    """A declaration with its plan at this router's depth."""

    __slots__ = ("declared", "key", "plan", "routers")

    def __init__(self, declared: Declaration, plan: HandlerPlan, routers: tuple["Router", ...]) -> None:
        self.declared = declared
        self.plan = plan
        self.key = (plan.method, parse_path(plan.path).shape)
        self.routers = routers
        """From the one it was declared on outwards."""

    def below(self, prefix: str, router: "Router") -> "_Route":
        """The same route below *prefix* of *router*; compiled anew only where the prefix brings parameters."""
        declared = replace(self.declared, path=prefix + self.declared.path)
        routers = (*self.routers, router)
        if "{" not in prefix:
            return _Route(declared, replace(self.plan, path=parse_path(declared.path or "/").path), routers)
        return _Route(declared, _plan_of(declared), routers)

    @property
    def named(self) -> Named:
        """The name by which URLs of the route are made, below the namespaces of all its routers."""
        given = self.declared.options.get("name")
        own = given or name_of(self.declared.handler).rpartition(".")[2]
        spaces = [router.namespace for router in reversed(self.routers) if router.namespace]
        readers = {param.wire_name: param for param in self.plan.params if param.source is Source.PATH}
        origin = f"{self.plan.name}() ({self.plan.origin})"
        return Named(":".join([*spaces, own]), self.plan.path, origin, given is not None, readers)

    def frozen(self, errors: ErrorFormat) -> HandlerPlan:
        """The plan with what all its routers say: exception handlers, the nearer before the outer, and middleware."""
        handlers: dict[type[Exception], ExceptionCall] = {}
        for router in reversed(self.routers):
            handlers |= router.exception_handlers
        plan = replace(self.plan, exception_handlers={**handlers, **self.plan.exception_handlers}, errors=errors)
        plan = replace(plan, access=self._access())
        said = plan.format or UNSAID_FORMAT
        for router in self.routers:
            said = said.or_else(router.format)
        own = [layer for router in reversed(self.routers) for layer in router.middleware]
        return enclosed(with_format(plan, said), own, self._extensions())

    def _access(self) -> RouteAccess | None:
        """Who may call the route: what it says itself, else what its routers do, the nearer first."""
        said = self.plan.own_access
        for router in self.routers:
            said = said.or_else(router.access)
        try:
            return route_access(said.or_else(default_access()))
        except ConfigError as error:
            raise ConfigError(f"{self.plan.method} {self.plan.path}: handler {self.plan.name}() {error}") from None

    def _extensions(self) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for router in reversed(self.routers):
            found |= router.extensions
        return found


def _plan_of(declared: Declaration) -> HandlerPlan:
    # An empty path is its prefix; without a prefix it is the root.
    return compile_handler(
        declared.handler, declared.path or "/", declared.method, declared.options, declared.namespace
    )


def conflict(plan: HandlerPlan, rival: HandlerPlan) -> RouteConflict:
    """What is wrong with *plan*, where *rival* has its requests already."""
    return RouteConflict(
        f"{plan.method} {plan.path}: handler {plan.name}() ({plan.origin}) would never run, because "
        f"{rival.method} {rival.path} of {rival.name}() ({rival.origin}) matches the same requests; "
        "change one path or method, or remove one route"
    )


def _name_clash(named: Named, rival: Named) -> ConfigError:
    return ConfigError(
        f"two routes are named {named.name!r} and take the same parameters: {named.path} of {named.origin} and "
        f"{rival.path} of {rival.origin}; rename one by name='…', or give one BoltAPI a namespace='…'"
    )


class Router(Hooked):
    """A group of routes below *prefix*, to be included in a `BoltAPI` or another router.

    *prefix* starts with `/` and does not end with it; empty means none. It may hold parameters (`/shops/{shop_id}`)
    that every handler below then takes. *tags* are added to those of each route. *middleware* encloses each route, the
    first outermost (see `Middleware`). *auth* are the authentication schemes of routes that name none, *guards* what
    their callers must be; a nearer router, and the route itself, says it anew.
    """

    def __init__(
        self,
        prefix: str = "",
        *,
        tags: Iterable[str] = (),
        middleware: Iterable[MiddlewareFactory] = (),
        auth: Iterable[Any] | None = None,
        guards: Iterable[Any] | None = None,
    ) -> None:
        super().__init__()
        try:
            self.prefix = check_prefix(prefix)
        except ValueError as error:
            raise ConfigError(f"{type(self).__name__}: {error}") from error
        self.tags = tuple(tags)
        self.middleware = [OwnLayer(one) for one in check_middleware(middleware, f"{type(self).__name__}(middleware=)")]
        self.access = Access.checked(auth, guards, f"{type(self).__name__}: ")
        self.extensions: dict[str, Any] = {}
        """Options of integrations, for the routes below."""
        self._routes: dict[tuple[str, str], _Route] = {}
        self._mounts: list[tuple[Router, str]] = []
        self._included: list[Router] = []
        self.exception_handlers: dict[type[Exception], ExceptionCall] = {}
        self.format = UNSAID_FORMAT
        self.namespace = ""
        self._chosen_names: dict[tuple[str, frozenset[str]], Named] = {}

    @property
    def routes(self) -> tuple[HandlerPlan, ...]:
        """The plans of all routes, included ones among them, in the order they were declared."""
        return tuple(route.plan for route in self._routes.values())

    def route[F: Handler](
        self, path: str, *, methods: Iterable[str], **options: Unpack[RouteOptions]
    ) -> Callable[[F], F]:
        """Register the decorated handler for *path* and each of *methods*, custom verbs included.

        The handler itself is returned unchanged, so decorators stack. Raises `ConfigError` for anything that cannot
        work: see `compile_handler`, and for a route that another one already answers.
        """
        if isinstance(methods, str):
            raise ConfigError(f"route({path!r}): methods must be a list; write methods=[{methods!r}]")
        try:
            verbs = list(dict.fromkeys(check_method(method) for method in methods))
        except ValueError as error:
            raise ConfigError(f"route({path!r}): {error}") from error
        if not verbs:
            raise ConfigError(f"route({path!r}): methods is empty; name at least one")

        def register(handler: F) -> F:
            frame = sys._getframe(1)
            for verb in verbs:
                self.add_route(verb, path, handler, options, lambda: frame.f_locals)
            return handler

        return register

    def add_route(
        self,
        method: str,
        path: str,
        handler: Callable[..., Any],
        options: RouteOptions | None = None,
        namespace: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        """Register *handler* without a decorator; *namespace* gives names that its hints may use."""
        if isinstance(path, str) and path and not path.startswith("/"):
            raise ConfigError(f"{method} {path}: the path {path!r} must start with '/'; write {'/' + path!r}")
        merged = RouteOptions(**(options or {}))
        if self.tags and not isinstance(merged.get("tags"), str):
            merged["tags"] = (*self.tags, *merged.get("tags", ()))
        full = self.prefix + path if isinstance(path, str) else path
        used: dict[str, Any] = {}

        def remember() -> Mapping[str, Any]:
            # Only what a hint needs is kept for compiling below a prefix; else the declaring frame would live on.
            used.update(namespace())
            return used

        plan = _plan_of(Declaration(handler, method, full, merged, remember))
        self._adopt([_Route(Declaration(handler, method, full, merged, lambda: used), plan, (self,))])

    def include(self, other: "Router", prefix: str = "") -> None:
        """Add every route of *other* below this router's prefix and *prefix*, also those it gets later.

        Raises `ConfigError` for a route that both would answer, and for a router that would include itself.
        """
        if not isinstance(other, Router):
            raise ConfigError(f"include() takes a Router or BoltAPI, not {type(other).__qualname__}")
        if other is self or other.reaches(self):
            raise ConfigError(f"include(): {type(other).__name__} would include itself; break the circle")
        try:
            inner = self.prefix + check_prefix(prefix)
        except ValueError as error:
            raise ConfigError(f"include(): {error}") from error
        self._adopt([route.below(inner, self) for route in other._routes.values()])
        other._mounts.append((self, inner))
        self._included.append(other)

    def reaches(self, other: "Router") -> bool:
        """Whether *other* is included in this router, directly or not."""
        return any(parent is self or self.reaches(parent) for parent, _ in other._mounts)

    def _adopt(self, routes: list[_Route]) -> None:
        """Add *routes* here and in every router that includes this one, or nowhere if one of them clashes."""
        additions: dict[Router, dict[tuple[str, str], _Route]] = {}
        chosen: dict[Router, dict[tuple[str, frozenset[str]], Named]] = {}
        for router, batch in self._spread(routes):
            router._check_open()
            fresh = additions.setdefault(router, {})
            for route in batch:
                if rival := fresh.get(route.key) or router._routes.get(route.key):
                    raise conflict(route.plan, rival.plan)
                fresh[route.key] = route
                router._check_name(route, chosen.setdefault(router, {}))
        for router, fresh in additions.items():
            router._routes.update(fresh)
            router._chosen_names.update(chosen.get(router, {}))

    def _check_name(self, route: _Route, fresh: dict[tuple[str, frozenset[str]], Named]) -> None:
        """Note a name that the author chose in *fresh*; raise `ConfigError` where another path has it."""
        if route.declared.options.get("name") is None:
            return
        named = route.named
        key = (named.name, frozenset(named.parameters))
        rival = fresh.get(key) or self._chosen_names.get(key)
        if rival is not None and rival.path != named.path:
            raise _name_clash(named, rival)
        fresh[key] = named

    def _spread(self, routes: list[_Route]) -> Iterable[tuple["Router", list[_Route]]]:
        yield self, routes
        for parent, prefix in self._mounts:
            yield from parent._spread([route.below(prefix, parent) for route in routes])

    @property
    def names(self) -> Names:
        """The routes as they stand, by their names."""
        return Names((route.named for route in self._routes.values()), self.namespace)

    def url_for(self, name: str, /, *, query: Query | None = None, **params: Any) -> str:
        """The path of the route *name*, percent-encoded, where the outermost application serves it.

        *name* is the route's `name=`, else its function's name, with the namespaces between: `shop:get_item`. *params*
        are the path's parameters, checked by the handler's types; *query* is a mapping, pairs or a string. Raises
        `NoReverseMatch` for an unknown name, for other parameters than the path's and for values that do not fit.
        """
        prefixes = self._prefixes()
        if len(prefixes) > 1:
            raise failure(
                f"{name!r}: this {type(self).__name__} is included below {' and '.join(sorted(prefixes))}; "
                "ask the application that includes it"
            )
        return self.names.url(name, query, params, prefixes.pop())

    def _prefixes(self) -> set[str]:
        """The prefixes, encoded, that outer routers put before this one's."""
        found = {outer + parse_prefix(inner) for parent, inner in self._mounts for outer in parent._prefixes()}
        return found or {""}

    def exception_handler[F: ExceptionHandler](self, exc_type: type[Exception]) -> Callable[[F], F]:
        """Let the decorated function answer for exceptions of *exc_type* and its subclasses, of every route below.

        It takes `(request, exc)`, is `async def` or `def`, and returns what a route's handler may, by default with
        status 500, or that of an `HTTPException` that it answers for. The nearest class wins; for the same class a
        route's own handler comes first, then that of the nearer router. Returns the function unchanged. Raises
        `ConfigError` for what is no class of exceptions, a class that has a handler here already, and another
        signature.
        """

        def register(handler: F) -> F:
            self.add_exception_handler(exc_type, handler)
            return handler

        return register

    def add_exception_handler(self, exc_type: type[Exception], handler: ExceptionHandler) -> None:
        """Register *handler* without a decorator; see `exception_handler`."""
        self._check_all_open()
        call = compile_exception_handler(exc_type, handler)
        if exc_type in self.exception_handlers:
            raise ConfigError(
                f"exception_handler: {exc_type.__qualname__} has a handler on this {type(self).__name__} already; "
                "keep one"
            )
        self.exception_handlers[exc_type] = call

    def _check_open(self) -> None:
        """Raise `ConfigError` if nothing more can be registered."""

    def _check_all_open(self) -> None:
        self._check_open()
        for parent, _ in self._mounts:
            parent._check_all_open()

    def _with_included(self) -> Iterable["Router"]:
        """This router and every one below it, each before those that it includes."""
        yield self
        for router in self._included:
            yield from router._with_included()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Startup and shutdown of this router and then of those that it includes, each once."""
        return stages_of(self._with_included())

    def get[F: Handler](self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Register a handler for GET; it answers HEAD too, unless the path has a HEAD route of its own. See `route`."""
        return self.route(path, methods=("GET",), **options)

    def post[F: Handler](self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Register a handler for POST. See `route`."""
        return self.route(path, methods=("POST",), **options)

    def put[F: Handler](self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Register a handler for PUT. See `route`."""
        return self.route(path, methods=("PUT",), **options)

    def patch[F: Handler](self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Register a handler for PATCH. See `route`."""
        return self.route(path, methods=("PATCH",), **options)

    def delete[F: Handler](self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Register a handler for DELETE. See `route`."""
        return self.route(path, methods=("DELETE",), **options)

    def head[F: Handler](self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Register a handler for HEAD; only where it must differ from GET's. See `route`."""
        return self.route(path, methods=("HEAD",), **options)

    def options[F: Handler](self, path: str, **options: Unpack[RouteOptions]) -> Callable[[F], F]:
        """Register a handler for OPTIONS; without one, the server answers with `Allow`. See `route`."""
        return self.route(path, methods=("OPTIONS",), **options)
