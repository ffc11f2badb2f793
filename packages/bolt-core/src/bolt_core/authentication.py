"""What the engine leaves to Python: schemes and guards of one's own, and what only a store can say."""

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bolt_core._native import Request
from bolt_core.access import RouteAccess, challenge_of
from bolt_core.exceptions import HTTPException, ServiceUnavailable
from bolt_core.plan import HandlerPlan
from bolt_core.reading import off_loop
from bolt_core.refusals import status_exception
from bolt_core.responses import Response

NOT_PROVIDED = "Authentication credentials were not provided"
NOT_PERMITTED = "You do not have permission to perform this action"

_MEMBERS: Mapping[str, Callable[[], Any]] = {
    "user_id": lambda: None,
    "is_staff": bool,
    "is_superuser": bool,
    "permissions": list,
    "scopes": list,
    "jti": lambda: None,
    "claims": dict,
    "backend": str,
}
"""What `request.auth` has for everybody who is somebody."""


class AccessLayer:
    """The innermost layer of a route: finds out who calls, unless the engine has, and asks the guards that are left."""

    names = ()
    reads_body = False

    def __init__(
        self, access: RouteAccess, *, decided: bool, before: tuple[Callable[[Request], Awaitable[object]], ...] = ()
    ) -> None:
        self._access = access
        self._decided = decided
        """Whether the engine has read the credentials and asked its guards."""
        self._guards = access.python_guards if decided else access.guards
        self._before = before
        """What the guards need, awaited once it is known who calls."""

    def around(self, plan: HandlerPlan, inner: Callable[[Request], Response]) -> Callable[[Request], Response] | None:
        """On the thread of a `def` handler, where nothing has to be awaited."""
        if not self._decided or self._before or any(guard.is_async for guard in self._guards):
            return None

        def step(request: Request) -> Response:
            if request._own_answer is None:
                for guard in self._guards:
                    if not guard.check_sync(request):
                        raise denied(self._access, guard, request)
            return inner(request)

        return step

    def around_async(self, plan: HandlerPlan, inner: Callable[[Request], Any]) -> Callable[[Request], Any]:
        """On the event loop; a guard that may block is asked on a thread of the request's."""

        async def step(request: Request) -> Response:
            if request._own_answer is None:
                if not self._decided:
                    await authenticate(self._access, request)
                for prepare in self._before:
                    await prepare(request)
                for guard in self._guards:
                    if not await guard.check(request, _off_loop):
                        raise denied(self._access, guard, request)
            response: Response = await inner(request)
            return response

        return step


async def _off_loop(function: Callable[..., Any], *arguments: Any) -> Any:
    return await off_loop(functools.partial(function, *arguments))


async def authenticate(access: RouteAccess, request: Request) -> None:
    """Set `request.auth` by the first scheme that finds somebody.

    Every scheme is asked, as a credential that is presented and no good is refused whoever else vouches. Raises what
    the scheme raises, which `refusal_of` makes a reply of.
    """
    found: dict[str, Any] | None = None
    for index, scheme in enumerate(access.schemes):
        try:
            said = await scheme.authenticate(request)
        except Exception as error:
            if getattr(error, "authentication_failed", False):
                raise unauthorized(access, str(getattr(error, "detail", error)), scheme) from error
            raise
        if said is not None and found is None:
            found = {name: make() for name, make in _MEMBERS.items()} | {**said}
            if not found["backend"]:
                found["backend"] = getattr(scheme, "backend", type(scheme).__qualname__)
            if access.in_engine and (good_for := getattr(scheme, "good_for", None)) is not None:
                request._vouch(index, good_for(said))
    if found is not None:
        request.auth = found
        # Whoever asked before it was known who calls got nobody.
        request._lazy.pop("user", None)


def unauthorized(access: RouteAccess | None, detail: str, failing: Any = None) -> HTTPException:
    """401 with the route's challenge; RFC 6750 §3.1: with what was wrong, where the token of that challenge was."""
    if access is None:
        return status_exception(401, detail)
    challenge = access.challenge
    if failing is not None and _is_bearer(challenge) and challenge_of(failing) == challenge:
        challenge = _with(challenge, error="invalid_token", error_description=detail)
    return status_exception(401, detail, {"WWW-Authenticate": challenge} if challenge else {})


def denied(access: RouteAccess, guard: Any, request: Request) -> HTTPException:
    """401 for nobody, 403 for somebody; of a token without the scopes with those that it takes (RFC 6750 §3.1)."""
    if not request.auth:
        return unauthorized(access, NOT_PROVIDED)
    missing = getattr(guard, "missing_scopes", None)
    if missing is not None and _is_bearer(access.challenge) and (scopes := missing(request)):
        challenge = _with(access.challenge, error="insufficient_scope", scope=" ".join(scopes))
        return status_exception(403, NOT_PERMITTED, {"WWW-Authenticate": challenge})
    return status_exception(403, NOT_PERMITTED)


async def check_object_permissions(request: Request, obj: Any) -> None:
    """Raise 403, or 401 for nobody, unless every guard of the route lets *request* go on with *obj*.

    `request.check_object_permissions(obj)`: handlers call it once they have the object. Guards that say nothing of
    objects let all of them pass.
    """
    plan: HandlerPlan = request.plan
    if plan.access is None:
        return
    for guard in plan.access.guards:
        check = getattr(guard, "check_object", None)
        if check is not None and not await check(request, obj, _off_loop):
            raise denied(plan.access, guard, request)


def refusal_of(plan: HandlerPlan | None, error: BaseException) -> HTTPException | None:
    """What an exception that tells by its attributes that a credential is no good becomes; `None` for any other."""
    detail = getattr(error, "detail", None)
    if getattr(error, "authentication_failed", False):
        return unauthorized(plan.access if plan else None, str(detail or "Invalid credentials"))
    if getattr(error, "permission_denied", False):
        return status_exception(403, str(detail or NOT_PERMITTED))
    if getattr(error, "authentication_unavailable", False):
        return ServiceUnavailable(str(detail) if detail else None)
    return None


def _is_bearer(challenge: str) -> bool:
    return challenge.partition(" ")[0].lower() == "bearer"


def _with(challenge: str, **parameters: str) -> str:
    """*challenge* with more parameters; their values have no quotation marks."""
    said = ", ".join(f'{name}="{value}"' for name, value in parameters.items())
    return f"{challenge}{',' if '=' in challenge else ''} {said}"
