"""The user that `request.auth` names: by the user model's own manager, or by a loader of the project's."""

import contextlib
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from bolt_auth.errors import AuthenticationError
from bolt_core.request import Request
from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.utils.module_loading import import_string

from bolt_django import conf
from bolt_django.users.cache import CACHE

INACTIVE = "User inactive or deleted"
USER = "user"
"""Where a request keeps its user."""
FOUND = "authenticated_user"
"""Where a scheme leaves the user that it has loaded itself."""
REFUSAL = "user_refusal"
"""Where the text is kept with which a user that was loaded beforehand is refused to whoever reads it."""

type Loader = Callable[[Mapping[str, Any]], Any]


def names_somebody(request: Request) -> bool:
    """Whether there are credentials, and they are those of a user."""
    auth: object = request.auth
    return isinstance(auth, Mapping) and auth.get("user_id") not in (None, "")


def schemes_of(request: Request) -> tuple[Any, ...]:
    """The schemes of the route that go by the name in `request.auth["backend"]`: one of them has authenticated."""
    plan = request.plan
    if plan is None or plan.access is None:
        return ()
    auth: object = request.auth
    backend = auth.get("backend") if isinstance(auth, Mapping) else None
    return tuple(scheme for scheme in plan.access.schemes if getattr(scheme, "backend", None) == backend)


def is_at_hand(request: Request) -> bool:
    """Whether the user was loaded before, by whomever, or refused."""
    lazy = request._lazy
    return USER in lazy or REFUSAL in lazy or _found(request) is not None


def load(request: Request) -> Any:
    """The user, on a thread that may block. Raises `AuthenticationError` for one that is inactive or not there."""
    if (user := _at_hand(request)) is None:
        loader = _loader_of(request)
        user = _by_query(request) if loader is None else _by_loader(loader, request.auth)
    return _checked(user)


async def aload(request: Request) -> Any:
    """The same on the event loop."""
    if (user := _at_hand(request)) is None:
        loader = _loader_of(request)
        user = await (_aby_query(request) if loader is None else _aby_loader(loader, request.auth))
    return _checked(user)


def _at_hand(request: Request) -> Any:
    lazy = request._lazy
    if REFUSAL in lazy:
        raise AuthenticationError(lazy[REFUSAL])
    return lazy[USER] if USER in lazy else _found(request)


def _found(request: Request) -> Any:
    """The user that the scheme has loaded which has authenticated: others, asked after it, may have loaded another."""
    user = request._lazy.get(FOUND)
    if user is None or str(getattr(user, "pk", None)) != str(request.auth.get("user_id")):
        return None
    return user


def _checked(user: Any) -> Any:
    # As Django's ModelBackend has it: who has no such attribute is active.
    if user is None or not getattr(user, "is_active", True):
        raise AuthenticationError(INACTIVE)
    return user


def _loader_of(request: Request) -> Loader | None:
    for scheme in schemes_of(request):
        loader: Loader | None = getattr(scheme, "user_loader", None)
        if loader is not None:
            return loader
    path = conf.user_loader()
    return None if path is None else import_string(path)


def _by_loader(loader: Loader, auth: Mapping[str, Any]) -> Any:
    with contextlib.suppress(ObjectDoesNotExist):
        found = loader(auth)
        return async_to_sync(_promised)(found) if inspect.isawaitable(found) else found
    return None


async def _aby_loader(loader: Loader, auth: Mapping[str, Any]) -> Any:
    with contextlib.suppress(ObjectDoesNotExist):
        found = loader(auth) if _is_async(loader) else await sync_to_async(loader)(auth)
        return await found if inspect.isawaitable(found) else found
    return None


def _is_async(loader: Loader) -> bool:
    return iscoroutinefunction(loader) or iscoroutinefunction(type(loader).__call__)


async def _promised(found: Awaitable[Any]) -> Any:
    return await found


def _by_query(request: Request) -> Any:
    model = get_user_model()
    key = key_of(model, request.auth["user_id"])
    if (kept := CACHE.get(model, key)) is not None:
        return kept
    keep = CACHE.keeper(model, key)
    with contextlib.suppress(ObjectDoesNotExist):
        return keep(model._default_manager.get(pk=key))
    return None


async def _aby_query(request: Request) -> Any:
    model = get_user_model()
    key = key_of(model, request.auth["user_id"])
    if (kept := CACHE.get(model, key)) is not None:
        return kept
    keep = CACHE.keeper(model, key)
    with contextlib.suppress(ObjectDoesNotExist):
        return keep(await model._default_manager.aget(pk=key))
    return None


def key_of(model: Any, user_id: Any) -> Any:
    """*user_id*, a text, as a value of *model*'s primary key. Raises `AuthenticationError` for what is none."""
    try:
        if isinstance(user_id, str):
            # What no database takes: a lone surrogate, which JSON can hold, and PostgreSQL's NUL.
            user_id.encode()
            if "\0" in user_id:
                raise ValueError
        key = model._meta.pk.to_python(user_id)
    except (ValidationError, ValueError, TypeError):
        raise AuthenticationError("The credential names no user") from None
    if key is None:
        raise AuthenticationError("The credential names no user")
    return key
