"""The project's AUTHENTICATION_BACKENDS, asked from the event loop."""

import functools
from typing import Any

from bolt_core.reading import off_loop
from django.contrib.auth import authenticate


async def user_with_password(request: Any, username: str, password: str) -> Any:
    """The user whose name and password these are, `None` where there is none; *request* is Django's.

    Django's own `authenticate`, on a thread of the request's: backends of others, as django-axes', often have no
    asynchronous methods, and a password's hash takes long to compute. It sends `user_login_failed` where it fails.
    """
    return await off_loop(functools.partial(authenticate, request, username=username, password=password))
