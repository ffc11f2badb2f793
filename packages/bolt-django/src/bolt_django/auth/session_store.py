"""Django's session of a request, whether or not its middleware has opened it."""

from importlib import import_module
from typing import Any

from django.conf import settings


def session_of(request: Any) -> Any:
    """The session: the one that Django's middleware has opened, else what SESSION_ENGINE has for the cookie.

    Nothing is read yet, nobody saves what is set on one that was not opened by the middleware. Without a cookie it is
    empty.
    """
    opened = request.state.get("session")
    if opened is not None:
        return opened
    return import_module(settings.SESSION_ENGINE).SessionStore(
        request.cookies.get(settings.SESSION_COOKIE_NAME) or None
    )
