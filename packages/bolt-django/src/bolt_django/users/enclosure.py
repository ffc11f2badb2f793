"""What loads users around handlers: before `async def` ones that name `.user`, and wherever tokens ask for it."""

from collections.abc import Iterable, Mapping
from typing import Any

from bolt_auth.errors import AuthenticationError
from bolt_auth.schemes.jwt import JWTAuthentication
from bolt_core.around import Enclosure, Skipped
from bolt_core.exceptions import ConfigError
from bolt_core.handling import AsyncRun, Run, Units
from bolt_core.plan import HandlerPlan
from bolt_core.request import Request
from bolt_core.types import Outcome, Promise
from django.apps import apps
from django.contrib.auth import get_user_model

from bolt_django import conf
from bolt_django.users.cache import CACHE
from bolt_django.users.loading import INACTIVE, REFUSAL, names_somebody, schemes_of
from bolt_django.users.naming import async_guards_name_user, guards_name_user, names_user
from bolt_django.users.reading import aload_for, is_decided, load_for

PASSWORD_CHANGED = "The password has been changed"
CLAIM = "pwd"


def find(plan: HandlerPlan, options: Mapping[str, Any], skipped: Skipped) -> Enclosure | None:
    """What loads the users of *plan*'s requests, if it is known beforehand that they are needed."""
    access = plan.access
    if access is None or not access.schemes:
        return None
    _check_names(plan, access.schemes)
    if conf.user_cache_seconds() and apps.is_installed("django.contrib.auth"):
        CACHE.watch(get_user_model())
    before_guards = (preload,) if async_guards_name_user(access.guards) else ()
    preloads = plan.is_async and (names_user(plan.handler) or guards_name_user(access.guards))
    verifies = conf.password_ends_tokens() or any(getattr(one, "verify_user", False) for one in access.schemes)
    if not (preloads or verifies or before_guards):
        return None
    units = Units(outer=(UserUnit(preloads=preloads),)) if preloads or verifies else Units()
    return Enclosure(units=units, before_guards=before_guards)


def _check_names(plan: HandlerPlan, schemes: Iterable[Any]) -> None:
    """Raise `ConfigError` where the name of a scheme does not tell how its users are loaded."""
    loaders: dict[Any, Any] = {}
    for scheme in schemes:
        name, loader = getattr(scheme, "backend", None), getattr(scheme, "user_loader", None)
        if loaders.setdefault(name, loader) != loader:
            raise ConfigError(
                f"{plan.method} {plan.path}: handler {plan.name}() has two schemes that are called {name!r} and load "
                "users in different ways; give each a backend= of its own"
            )


class UserUnit:
    """Around a handler and the binding of its arguments."""

    def __init__(self, *, preloads: bool) -> None:
        self._preloads = preloads

    def run(self, request: Request, inner: Run) -> Outcome | Promise:
        """On the thread of a `def` handler, which loads a user that it reads by itself."""
        if must_verify(request):
            _check(request, load_for(request) if names_somebody(request) else None)
        return inner(request)

    async def run_async(self, request: Request, inner: AsyncRun) -> Outcome:
        """On the event loop."""
        if must_verify(request):
            _check(request, await aload_for(request) if names_somebody(request) else None)
        elif self._preloads:
            await preload(request)
        return await inner(request)


async def preload(request: Request) -> None:
    """Load the user that code on the event loop may read.

    One that is refused is refused when it is read, which may be never.
    """
    if is_decided(request) or not names_somebody(request):
        return
    try:
        await aload_for(request)
    except AuthenticationError as error:
        request._lazy[REFUSAL] = error.detail


def must_verify(request: Request) -> bool:
    """Whether the user has to be loaded to tell whether the credentials are still good."""
    auth: object = request.auth
    if not isinstance(auth, Mapping) or not auth:
        return False
    return _has_password(request) or any(getattr(scheme, "verify_user", False) for scheme in schemes_of(request))


def _has_password(request: Request) -> bool:
    """Whether a token must say for which password it was made."""
    if not conf.password_ends_tokens():
        return False
    auth = request.auth
    return bool(auth.get("jti")) or auth.get("backend") == "jwt" or any(map(_is_jwt, schemes_of(request)))


def _is_jwt(scheme: Any) -> bool:
    return isinstance(scheme, JWTAuthentication)


def _check(request: Request, user: Any) -> None:
    if user is None:
        raise AuthenticationError(INACTIVE)
    if not _has_password(request):
        return
    # Its package has the views for logging in as well, which most projects' commands do not need.
    from bolt_django.auth.passwords import password_matches

    if not password_matches(user, (request.auth.get("claims") or {}).get(CLAIM)):
        raise AuthenticationError(PASSWORD_CHANGED)
