"""Users that are loaded before handlers: for those that name them, and to tell whether tokens are still good."""

from collections.abc import Callable
from typing import Any

import pytest
from bolt_auth import AuthenticationScheme, Guard, JWTAuthentication
from bolt_core import BoltAPI, Request
from bolt_core.handling import Units
from bolt_django.auth.passwords import password_claim
from bolt_django.users.enclosure import UserUnit
from callers import SECRET, Callers
from django.contrib.auth.models import User
from django.test import override_settings

pytestmark = pytest.mark.django_db

type Serving = Callable[..., Callers]

INACTIVE = {"detail": "User inactive or deleted"}
CHANGED = {"detail": "The password has been changed"}
ENDS = override_settings(BOLT={"PASSWORD_ENDS_TOKENS": True})


def sync_claims(request: Request) -> Any:
    return request.auth.get("user_id")


async def async_claims(request: Request) -> Any:
    return request.auth.get("user_id")


async def async_name(request: Request) -> str:
    return str(request.user)


BOTH = pytest.mark.parametrize("handler", [sync_claims, async_claims])
ALL = pytest.mark.parametrize("handler", [sync_claims, async_claims, async_name])


class IsAnn(Guard):
    """Asks for the user on a thread."""

    def has_permission(self, request: Any) -> bool:
        """By its name."""
        return str(request.user) == "ann"


class IsAnnAsync(Guard):
    """Asks for the user on the event loop."""

    async def has_permission(self, request: Any) -> bool:  # type: ignore[override]
        """By its name."""
        return str(request.user) == "ann"


class Own(Guard):
    """Asks for the user where a single object is guarded."""

    async def has_object_permission(self, request: Any, obj: Any) -> bool:  # type: ignore[override]
        """By its name."""
        return str(request.user) == obj


GUARDS = pytest.mark.parametrize(
    "guard", [IsAnn(), IsAnnAsync(), IsAnn() & IsAnnAsync(), IsAnnAsync() | IsAnn(), ~~IsAnnAsync()], ids=repr
)


@ALL
@GUARDS
def test_guards_read_the_user(
    serving: Serving, user: User, handler: Any, guard: Guard, caplog: pytest.LogCaptureFixture
) -> None:
    """With one query for guards and handler; nothing was unforeseen."""
    other = User.objects.create_user("bob")
    served = serving(handler, guards=[guard])

    assert served.get(user).status == 200
    assert len(served.queries) == 1
    assert served.get(other).status == 403
    assert served.get().status == 401
    User.objects.update(is_active=False)
    assert served.get(user).json() == INACTIVE
    assert "event loop" not in caplog.text


@GUARDS
def test_guards_read_the_user_of_a_scheme_in_python(
    serving: Serving, user: User, guard: Guard, caplog: pytest.LogCaptureFixture
) -> None:
    """It is known who calls before the user is loaded."""

    class Python(JWTAuthentication):
        async def authenticate(self, request: Any) -> Any:
            return await super().authenticate(request)

    served = serving(async_claims, guards=[guard], auth=[Python(SECRET)])

    assert served.get(user).status == 200
    assert len(served.queries) == 1
    assert "event loop" not in caplog.text


def test_object_guards_read_the_user(serving: Serving, user: User, caplog: pytest.LogCaptureFixture) -> None:
    """It is loaded before a handler that asks them."""
    guard = Own()

    async def handler(request: Request) -> bool:
        return await guard.check_object(request, "ann")

    served = serving(handler, guards=[guard])

    assert served.get(user).json() is True
    assert len(served.queries) == 1
    assert "event loop" not in caplog.text


@ALL
def test_every_request_verifies_the_user(serving: Serving, user: User, handler: Any) -> None:
    """`verify_user`: one query, whatever the handler reads; 401 for an account that is inactive or gone."""
    served = serving(handler, verify_user=True)

    assert served.get(user).status == 200
    assert len(served.queries) == 1
    assert served.get().status == 200
    assert served.queries == []
    User.objects.update(is_active=False)
    assert (served.get(user).status, served.get(user).json()) == (401, INACTIVE)
    User.objects.all().delete()
    assert served.get(user).status == 401


@BOTH
def test_a_token_of_nobody_is_not_verified(serving: Serving, handler: Any) -> None:
    """401: nobody is there who could be active."""
    assert serving(handler, verify_user=True).get("x", sub="").json() == INACTIVE


@BOTH
def test_verifying_comes_before_the_arguments(serving: Serving, user: User, handler: Any) -> None:
    """Whoever is refused does not learn what is wrong with the rest of the request."""

    def with_number(request: Request, number: int) -> int:
        return number

    async def async_with_number(request: Request, number: int) -> int:
        return number

    served = serving(with_number if handler is sync_claims else async_with_number, verify_user=True)

    assert served.get(user).status == 422
    User.objects.update(is_active=False)
    assert served.get(user).status == 401


def test_only_the_scheme_that_authenticated_verifies(serving: Serving, user: User) -> None:
    """Of two schemes, by their names; of two of the same name, both."""
    other = JWTAuthentication("b" * 32, cookie="other", header=None, backend="other", verify_user=True)
    served = serving(async_claims, auth=[other, JWTAuthentication(SECRET)])
    assert served.get(user).status == 200
    assert served.queries == []

    same = JWTAuthentication("b" * 32, cookie="other", header=None, verify_user=True)
    served = serving(async_claims, auth=[same, JWTAuthentication(SECRET)])
    assert served.get(user).status == 200
    assert len(served.queries) == 1


@pytest.mark.parametrize("is_set", [True, False])
def test_a_user_of_middleware_does_not_vouch_for_the_token(serving: Serving, user: User, is_set: bool) -> None:
    """`verify_user` is about the credentials; what middleware has set stays for the handler."""
    path = "django.contrib.auth.middleware.AuthenticationMiddleware"
    session = "django.contrib.sessions.middleware.SessionMiddleware"

    async def handler(request: Request) -> bool:
        return (await request.auser()).is_anonymous

    api = BoltAPI(django_middleware=[session, path] if is_set else False)
    served = serving(handler, api=api, verify_user=True)

    assert served.get(user).json() is is_set
    User.objects.update(is_active=False)
    assert served.get(user).status == 401


@ALL
@ENDS
def test_a_password_ends_tokens(serving: Serving, user: User, handler: Any) -> None:
    """Once it is set anew the tokens made before are 401; saving the user otherwise changes nothing."""
    served = serving(handler)
    claim = password_claim(user)

    assert served.get(user, pwd=claim).status == 200
    assert len(served.queries) == 1
    user.first_name = "Ann"
    user.save()
    assert served.get(user, pwd=claim).status == 200
    user.set_password("secret")
    user.save()
    reply = served.get(user, pwd=claim)
    assert (reply.status, reply.json()) == (401, CHANGED)
    assert served.get(user, pwd=password_claim(user)).status == 200


@BOTH
@ENDS
@pytest.mark.parametrize("claims", [{}, {"pwd": None}, {"pwd": ""}, {"pwd": True}, {"pwd": ["x"]}, {"pwd": "ü" * 22}])
def test_a_token_that_names_no_password_is_401(serving: Serving, user: User, handler: Any, claims: Any) -> None:
    """As one of before the setting, or one that names something else."""
    assert serving(handler).get(user, **claims).json() == CHANGED


@ENDS
def test_an_inactive_user_is_told_first(serving: Serving, user: User) -> None:
    """The password of who is gone does not matter."""
    served = serving(async_claims)
    User.objects.update(is_active=False)

    assert served.get(user, pwd=password_claim(user)).json() == INACTIVE
    assert served.get(user, pwd="x").json() == INACTIVE


@ENDS
@pytest.mark.parametrize("backend", ["jwt", "of our own"])
def test_a_token_is_known_by_its_scheme(serving: Serving, user: User, backend: str) -> None:
    """Though it has no `jti` and its scheme another name."""
    assert serving(async_claims, backend=backend).get(user, jti=None).json() == CHANGED


class Keys(AuthenticationScheme):
    """No token: a key."""

    async def authenticate(self, request: Any) -> dict[str, Any]:
        """Of somebody who need not be there."""
        return {"user_id": "1"}


@ENDS
def test_keys_do_not_end_with_the_password(serving: Serving) -> None:
    """They are no tokens: no user is loaded."""
    served = serving(async_claims, auth=[Keys()])

    assert served.get().body == b"1"
    assert served.queries == []


def test_the_setting_is_off_by_default(serving: Serving, user: User) -> None:
    """A claim that does not fit is not looked at."""
    served = serving(async_claims)

    assert served.get(user, pwd="x").status == 200
    assert served.queries == []


def units(handler: Any, **options: Any) -> Units:
    """What encloses *handler*'s calls."""
    api = BoltAPI()
    api.get("/it", auth=[JWTAuthentication(SECRET, **options)])(handler)
    around = api.freeze().routes[0].around
    return Units() if around is None else around._units


@pytest.mark.parametrize(
    ("handler", "options", "is_enclosed"),
    [
        (sync_claims, {}, False),
        (async_claims, {}, False),
        (async_name, {}, True),
        (sync_claims, {"verify_user": True}, True),
    ],
)
def test_who_needs_nobody_loaded_is_not_enclosed(handler: Any, options: Any, is_enclosed: bool) -> None:
    """The engine calls such handlers itself."""
    assert [type(unit) for unit in units(handler, **options).outer] == [UserUnit] * is_enclosed
