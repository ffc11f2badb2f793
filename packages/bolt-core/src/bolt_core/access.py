"""Who may call a route and how they show who they are: what routes, routers and applications say of it.

Schemes and guards are known by their shape; `bolt_auth` has them. What is decided here, once, is who asks them: the
engine where each can be told it as plain data, else `bolt_core.authentication`.
"""

import inspect
import types
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from bolt_core.exceptions import ConfigError

__all__ = ["UNSAID_ACCESS", "Access", "Guard", "RouteAccess", "Scheme", "register_access_defaults"]


@runtime_checkable
class Scheme(Protocol):
    """Finds out who sends a request. May also have:

    `challenge`, what a 401 says in `WWW-Authenticate`; `is_native`, whether `to_wire()` tells the engine all that it
    needs and `identity(bytes)` makes `request.auth` of what it found; `may_be_undecided`, whether the engine may have
    to ask `authenticate` all the same.
    """

    async def authenticate(self, request: Any) -> Mapping[str, Any] | None:
        """What becomes `request.auth`, `None` without a credential of this scheme; raises for one that is no good."""
        ...


type Run = Callable[..., Awaitable[Any]]
"""Calls a function that may block where it may, and gives its result."""


@runtime_checkable
class Guard(Protocol):
    """Decides whether a request may go on. May also have:

    `is_native` and `to_wire()`, of one that `request.auth` alone decides; `is_async`, whether `check_sync` cannot be
    used; `missing_scopes(request)`, the scopes that a refusal names; `check_object(request, obj, run)`.
    """

    async def check(self, request: Any, run: Run) -> bool:
        """Whether the request may go on; *run* calls what may block."""
        ...

    def check_sync(self, request: Any) -> bool:
        """The same on a thread that may block."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """What one place says; `None` where it says nothing."""

    schemes: tuple[Scheme, ...] | None = None
    guards: tuple[Guard, ...] | None = None

    @classmethod
    def checked(cls, auth: Any = None, guards: Any = None, where: str = "") -> "Access":
        """Of the options `auth=` and `guards=`; raises `ConfigError` that begins with *where*."""
        return cls(
            _checked(auth, Scheme, f"{where}auth=", "an authentication scheme", "JWTAuthentication(…)"),
            _checked(guards, Guard, f"{where}guards=", "a guard", "IsAuthenticated()"),
        )

    def or_else(self, outer: "Access") -> "Access":
        """This, and what *outer* says where this says nothing."""
        return Access(
            outer.schemes if self.schemes is None else self.schemes,
            outer.guards if self.guards is None else self.guards,
        )


UNSAID_ACCESS = Access()

_defaults: list[Callable[[], Access]] = []


def register_access_defaults(find: Callable[[], Access]) -> None:
    """Let *find*() say what holds for routes of which nobody says anything, whenever an application is frozen."""
    _defaults[:] = [find]


def default_access() -> Access:
    """What holds where nobody says anything."""
    return _defaults[0]() if _defaults else UNSAID_ACCESS


def _checked(given: Any, shape: type, where: str, kind: str, example: str) -> tuple[Any, ...] | None:
    if given is None:
        return None
    if isinstance(given, (shape, str)) or not isinstance(given, Iterable):
        raise ConfigError(f"{where}{given!r} is no list; write [{example}]")
    found = tuple(given)
    for one in found:
        if isinstance(one, type) and isinstance(one, shape):
            raise ConfigError(f"{where}: {one.__qualname__} is a class; write {one.__qualname__}(…)")
        if not isinstance(one, shape):
            raise ConfigError(f"{where}: {one!r} is not {kind}; write {example}, or a subclass of your own")
        if shape is Scheme and not inspect.iscoroutinefunction(getattr(one, "authenticate", None)):
            raise ConfigError(
                f"{where}: {type(one).__qualname__}.authenticate must be `async def`, as it runs on the event loop"
            )
    return found


@dataclass(frozen=True, slots=True, eq=False)
class RouteAccess:
    """Who may call one route, with everything that its routers and the application say."""

    schemes: tuple[Any, ...]
    """Asked in this order; the first that finds somebody says who it is."""
    guards: tuple[Any, ...]
    """Each must allow."""

    @property
    def in_engine(self) -> bool:
        """Whether the engine reads credentials and asks the guards that it can."""
        return bool(self.schemes) and all(_is_native(scheme) for scheme in self.schemes)

    @property
    def python_guards(self) -> tuple[Any, ...]:
        """The guards that Python alone can ask."""
        return tuple(guard for guard in self.guards if not _is_native(guard))

    @property
    def may_be_undecided(self) -> bool:
        """Whether the engine may leave a request to Python after all."""
        return self.in_engine and any(getattr(scheme, "may_be_undecided", False) for scheme in self.schemes)

    def to_wire(self) -> dict[str, Any] | None:
        """The keys that Rust reads; `None` where Python does it all."""
        if not self.in_engine:
            return None
        rules = [guard.to_wire() for guard in self.guards if _is_native(guard)]
        return {"schemes": list(self.schemes), "rules": rules}

    @property
    def challenge(self) -> str:
        """What a 401 asks for: the first scheme's challenge, where one has any (RFC 9110 §11.6.1)."""
        return next((found for scheme in self.schemes if (found := challenge_of(scheme))), "")


def challenge_of(scheme: Any) -> str:
    """The challenge of *scheme*; empty for none."""
    return getattr(scheme, "challenge", "") or ""


def _is_native(one: Any) -> bool:
    return getattr(one, "is_native", False) is True


def _passes_nobody(guard: Any) -> bool:
    """Whether a guard that claims alone decide lets pass who has none."""
    request = types.SimpleNamespace(auth={})
    return bool(guard.check_sync(request))


def route_access(access: Access) -> RouteAccess | None:
    """What *access* means for a route; `None` where it asks nothing.

    Raises `ConfigError` for guards that nobody can ever pass, as nothing finds out who calls.
    """
    schemes, guards = access.schemes or (), access.guards or ()
    if not schemes:
        loose: tuple[Any, ...] = guards
        for guard in loose:
            if _is_native(guard) and not _passes_nobody(guard):
                raise ConfigError(
                    f"has the guard {guard!r} and no authentication scheme, so that nobody could pass; give auth=[…] "
                    "to the route, its router or the application"
                )
    return RouteAccess(schemes, guards) if schemes or guards else None
