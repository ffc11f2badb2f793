"""`request.user` and `await request.auser()`."""

import functools
import logging
from typing import Any

from asgiref.sync import sync_to_async
from bolt_core.origins import origin_of
from bolt_core.pool import on_event_loop
from bolt_core.request import Request
from django.apps import apps
from django.conf import settings
from django.core.exceptions import SynchronousOnlyOperation
from django.utils.functional import LazyObject, SimpleLazyObject, empty

from bolt_django.users.blocking import LoopNeeded, run_blocking
from bolt_django.users.loading import USER, aload, is_at_hand, load, names_somebody

log = logging.getLogger("bolt_django")

_told: set[str] = set()
"""Handlers whose unforeseen reads have been told of."""


def user_of(request: Request) -> Any:
    """What `request.user` is where nothing has set it, when it is first read.

    Raises `AuthenticationError`, which is answered with 401, for a user that is inactive or not there;
    `SynchronousOnlyOperation` with DEBUG where the read would block the event loop.
    """
    if not names_somebody(request):
        return _anonymous(request)
    if is_at_hand(request) or not on_event_loop():
        return load(request)
    return _unforeseen(request)


async def auser(request: Request) -> Any:
    """`request.user`, loaded off the event loop where it is not loaded yet. Raises `AuthenticationError` as it does."""
    if is_decided(request) or not names_somebody(request):
        user = request.user
        if isinstance(user, LazyObject) and user._wrapped is empty:
            await sync_to_async(user._setup)()
        return user
    return await aload_for(request)


def load_for(request: Request) -> Any:
    """The user that the credentials name, which `request.user` then is unless something has set another."""
    return request._lazy.setdefault(USER, load(request))


async def aload_for(request: Request) -> Any:
    """The same on the event loop."""
    user = await aload(request)
    return request._lazy.setdefault(USER, user)


def is_decided(request: Request) -> bool:
    """Whether reading `request.user` loads nothing by credentials: it is set, or loaded."""
    front = origin_of(request._number).attributes
    return USER in request.state or USER in request._lazy or (front is not None and USER in front)


def later(request: Request) -> Any:
    """`request.user`, or what becomes it when it is used: for those who hand it on and may not need it."""
    if is_decided(request):
        return request.user
    # Not kept as the request's: a scheme that is just asking may still find somebody.
    return SimpleLazyObject(lambda: request.user) if names_somebody(request) else _anonymous(request)


def _anonymous(request: Request) -> Any:
    if not apps.is_installed("django.contrib.auth"):
        raise AttributeError("request.user needs django.contrib.auth in INSTALLED_APPS", name="user", obj=request)
    from django.contrib.auth.models import AnonymousUser

    return AnonymousUser()


def _unforeseen(request: Request) -> Any:
    """Load for code on the event loop that was not seen to read `.user`: everybody waits for the database."""
    name = request.plan.name if request.plan is not None else "an async function"
    said = (
        f"{name}(): request.user is read on the event loop by code that the handler calls, and is not loaded yet; "
        "write `user = await request.auser()` there, or name request.user in the handler itself"
    )
    if settings.DEBUG:
        raise SynchronousOnlyOperation(said)
    if name not in _told:
        _told.add(name)
        log.warning("%s. Until then each such read blocks the event loop for a query", said)
    try:
        return run_blocking(functools.partial(load, request))
    except LoopNeeded as error:
        raise SynchronousOnlyOperation(f"{said}. It could not be loaded while the event loop waits") from error
