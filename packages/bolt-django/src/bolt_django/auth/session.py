"""Django's sessions as a scheme: who is logged in on the site is logged in here."""

from typing import Any

from bolt_auth import AuthenticationScheme
from bolt_core.reading import off_loop
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model, load_backend
from django.core.exceptions import ValidationError
from django.utils.crypto import constant_time_compare

from bolt_django.auth.csrf import enforce_csrf
from bolt_django.auth.session_store import session_of


def auth_of_user(user: Any, backend: str) -> dict[str, Any]:
    """`request.auth` for a user that a scheme has loaded."""
    return {
        "user_id": str(user.pk),
        "is_staff": bool(getattr(user, "is_staff", False)),
        "is_superuser": bool(getattr(user, "is_superuser", False)),
        "backend": backend,
    }


class SessionAuthentication(AuthenticationScheme):
    """The user of Django's session cookie.

    A request that is not safe must pass Django's CSRF check (403), as a browser sends the cookie whoever wrote the
    page. A session that is unknown, expired, or older than the user's password is none. It asks for nothing in a 401:
    nobody can log in by a header.
    """

    backend = "session"
    challenge = ""

    def __init__(self) -> None:
        self.openapi = {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}

    async def authenticate(self, request: Any) -> dict[str, Any] | None:
        """The session's user; `None` where nobody is logged in. Raises `CSRFFailed`."""
        session = session_of(request)
        user = await _user_of(session)
        if user is None:
            return None
        await enforce_csrf(request, session)
        request._lazy["authenticated_user"] = user
        return auth_of_user(user, self.backend)


async def _user_of(session: Any) -> Any:
    key, path = await session.aget(SESSION_KEY), await session.aget(BACKEND_SESSION_KEY)
    if key is None or path not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        key = get_user_model()._meta.pk.to_python(key)
    except ValidationError:
        # Of another user model than the project has now.
        return None
    user = await _loaded(path, key)
    return user if user is not None and _is_current(user, await session.aget(HASH_SESSION_KEY)) else None


async def _loaded(path: str, key: Any) -> Any:
    backend: Any = load_backend(path)
    if _means_its_async_way(type(backend)):
        return await backend.aget_user(key)
    return await off_loop(lambda: backend.get_user(key))


def _means_its_async_way(backend: type) -> bool:
    """Whether `aget_user` does what `get_user` does: not where a subclass, as of ModelBackend, overrides the latter."""
    sync, asynchronous = (
        next((base for base in backend.__mro__ if name in vars(base)), object) for name in ("get_user", "aget_user")
    )
    return asynchronous is not object and issubclass(asynchronous, sync)


def _is_current(user: Any, said: str | None) -> bool:
    """Whether the session was made for the password that the user has; by a key of SECRET_KEY_FALLBACKS, too."""
    if not hasattr(user, "get_session_auth_hash"):
        return True
    good = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return bool(said) and any(constant_time_compare(str(said), one) for one in good)
