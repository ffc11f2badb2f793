"""Django's protection from cross-site requests, for schemes that rely on cookies."""

from typing import Any

from bolt_auth.schemes.base import SAFE_METHODS
from django.conf import settings
from django.middleware.csrf import CSRF_SESSION_KEY, CsrfViewMiddleware

from bolt_django.auth.session_store import session_of
from bolt_django.request import as_django


class CSRFFailed(Exception):
    """A request with a cookie that another site may have caused: 403. *reason* is Django's."""

    permission_denied = True
    """Tells the framework to answer 403."""

    def __init__(self, reason: str) -> None:
        self.detail = f"CSRF check failed: {reason}"
        super().__init__(self.detail)


class _Check(CsrfViewMiddleware):
    """Says why, in place of making a page of it."""

    def _reject(self, request: Any, reason: str) -> Any:
        return reason


def _nowhere(request: Any) -> Any:
    return None


async def enforce_csrf(request: Any, session: Any = None) -> None:
    """Raise `CSRFFailed` unless Django would let the request pass: cookie and token, Origin, CSRF_TRUSTED_ORIGINS.

    Safe methods (RFC 9110 §9.2.1) pass. The token is read of the header (CSRF_HEADER_NAME), or of a form's field,
    `csrfmiddlewaretoken`, unless the route streams its body. With CSRF_USE_SESSIONS it must be that of *session*, by
    default the request's own.
    """
    if request.method in SAFE_METHODS:
        return
    made = as_django(request)
    if settings.CSRF_USE_SESSIONS:
        made.session = session_of(request) if session is None else session
        # Has it read here: what asks next must not block.
        await made.session.aget(CSRF_SESSION_KEY)
    check = _Check(_nowhere)
    check.process_request(made)
    reason = check.process_view(made, _nowhere, (), {})
    if reason is not None:
        raise CSRFFailed(str(reason))
