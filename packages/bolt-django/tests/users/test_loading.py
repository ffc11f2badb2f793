"""Which user `request.auth` names."""

import uuid
from collections.abc import Callable
from typing import Any

import loaders
import pytest
from bolt_auth import AuthenticationError, AuthenticationScheme, JWTAuthentication
from bolt_core import Request
from bolt_django.discovery import DiscoveryError
from bolt_django.users.loading import key_of
from boltsite.people.models import Member, Person
from callers import SECRET, Callers, token_for
from django.contrib.auth.models import User
from django.db import connection, models
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db

type Serving = Callable[..., Callers]


def sync_name(request: Request) -> str:
    return str(request.user.get_username())


async def async_name(request: Request) -> str:
    return str(request.user.get_username())


async def unforeseen_name(request: Request) -> str:
    return sync_name(request)


ALL = pytest.mark.parametrize("handler", [sync_name, async_name, unforeseen_name])
LOADERS = pytest.mark.parametrize("loader", ["by_name", "strict", "awaited", "promised", "by_object"])


@pytest.fixture(autouse=True)
def nobody_asked() -> None:
    """No call of a loader by another test."""
    loaders.asked.clear()


@ALL
@override_settings(AUTH_USER_MODEL="people.Person")
def test_a_key_that_is_a_uuid(serving: Serving, handler: Any) -> None:
    """It is named by its text; what is no UUID, and one of nobody, is 401."""
    person = Person.objects.create(name="bea")
    served = serving(handler)

    assert served.get(person).body == b"bea"
    assert len(served.queries) == 1
    assert served.get(str(uuid.uuid4())).status == 401
    assert served.get("17").status == 401
    assert served.queries == []
    Person.objects.update(is_active=False)
    assert served.get(person).status == 401


@ALL
@override_settings(AUTH_USER_MODEL="people.Member")
def test_a_key_that_is_a_text(serving: Serving, handler: Any) -> None:
    """Of a model without `is_active` of its own."""
    served = serving(handler)
    member = Member.objects.create(code="01/a ü")

    assert served.get(member).body.decode() == "01/a ü"
    assert served.get("1/a ü").status == 401


def test_keys_are_converted_by_their_field() -> None:
    """A number of any size, a UUID in any notation; what has no value is refused."""
    key = uuid.uuid4()

    assert key_of(User, "17") == 17
    assert key_of(User, 17) == 17
    assert key_of(Person, key.hex) == key
    assert key_of(Member, 17) == "17"
    for wrong in ("seventeen", "1.0", None, [1], {"a": 1}):
        with pytest.raises(AuthenticationError):
            key_of(User, wrong)


@ALL
def test_the_default_manager_decides(
    serving: Serving, user: User, handler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is not among its rows has no account."""

    class Living(models.Manager[User]):
        def get_queryset(self) -> Any:
            return super().get_queryset().exclude(username="ann")

    living = Living()
    living.model = User
    served = serving(handler)
    assert served.get(user).status == 200
    monkeypatch.setitem(User._meta.__dict__, "default_manager", living)

    assert served.get(user).status == 401


@ALL
@LOADERS
def test_a_scheme_has_a_loader(serving: Serving, user: User, handler: Any, loader: str) -> None:
    """It replaces the query: called with `request.auth`, `def` or `async def`; nobody found is 401."""
    served = serving(handler, user_loader=getattr(loaders, loader))

    assert served.get("no key", name="ann").body == b"ann"
    assert len(served.queries) == 1
    assert served.get("no key", name="nobody").status == 401
    User.objects.update(is_active=False)
    assert served.get("no key", name="ann").status == 401


@ALL
@LOADERS
def test_the_project_has_a_loader(serving: Serving, user: User, handler: Any, loader: str) -> None:
    """`BOLT["GET_USER"]`, a dotted path."""
    served = serving(handler)
    with override_settings(BOLT={"GET_USER": f"loaders.{loader}"}):
        assert served.get("no key", name="ann").body == b"ann"
        assert len(served.queries) == 1
        assert served.get("no key", name="nobody").status == 401


@override_settings(BOLT={"GET_USER": "loaders.by_name"})
def test_the_loader_of_the_scheme_comes_first(serving: Serving, user: User) -> None:
    """That of the project is not asked."""
    assert serving(async_name, user_loader=loaders.strict).get("no key", name="ann").body == b"ann"
    assert loaders.asked == []


def test_the_loader_is_that_of_the_scheme_that_authenticated(serving: Serving, user: User) -> None:
    """Found by its name among those of the route."""
    other = JWTAuthentication("b" * 32, cookie="other", header=None, backend="other", user_loader=loaders.strict)
    served = serving(async_name, auth=[other, JWTAuthentication(SECRET)])

    assert served.get(user, name="nobody").body == b"ann"


def test_a_loader_gets_what_the_handler_gets(serving: Serving, user: User) -> None:
    """The whole of `request.auth`."""
    serving(async_name, user_loader=loaders.by_name).get("17", name="ann")

    assert loaders.asked[0].keys() >= {"user_id", "is_staff", "claims", "backend"}
    assert loaders.asked[0]["user_id"] == "17"


class Loading(AuthenticationScheme):
    """Loads the user by itself, and leaves it."""

    async def authenticate(self, request: Any) -> dict[str, Any] | None:
        """By a name that is sent as it is."""
        name = request.headers.get("x-name")
        if name is None:
            return None
        request._lazy["authenticated_user"] = user = await User.objects.aget(username=name)
        return {"user_id": str(user.pk)}


@ALL
def test_a_user_that_the_scheme_has_loaded_is_used(serving: Serving, user: User, handler: Any) -> None:
    """There is the scheme's own query alone; an inactive one is refused all the same."""
    served = serving(handler, auth=[Loading()])
    fields = {"x-name": "ann"}

    with CaptureQueriesContext(connection) as captured:
        assert served.client.get("/it", fields).body == b"ann"
    assert len(captured) == 1
    User.objects.update(is_active=False)
    assert served.client.get("/it", fields).status == 401


@ALL
def test_a_user_that_another_scheme_has_loaded_is_not_used(serving: Serving, user: User, handler: Any) -> None:
    """Of two credentials in one request the first scheme's says who calls, and it has loaded nobody."""
    User.objects.create_user("bob")
    served = serving(handler, auth=[JWTAuthentication(SECRET), Loading()])

    reply = served.client.get("/it", {"x-name": "bob", "Authorization": f"Bearer {token_for(user)}"})
    assert reply.body == b"ann"


def test_schemes_of_one_name_load_alike(serving: Serving) -> None:
    """Else nobody could tell which loader is meant: a mistake that is told when the application is made."""
    auth = [JWTAuthentication(SECRET), JWTAuthentication("b" * 32, cookie="other", user_loader=loaders.strict)]
    with pytest.raises(
        DiscoveryError, match=r"async_name\(\) has two schemes that are called 'jwt'.* backend= of its own"
    ):
        serving(async_name, auth=auth)


def test_credentials_of_no_user_are_nobodys(serving: Serving) -> None:
    """As of a machine's API key: there is `request.auth`, and AnonymousUser."""

    class Machine(AuthenticationScheme):
        async def authenticate(self, request: Any) -> dict[str, Any]:
            return {"user_id": None, "permissions": ["read"]}

    async def handler(request: Request) -> tuple[bool, list[str]]:
        return request.user.is_anonymous, request.auth["permissions"]

    assert serving(handler, auth=[Machine()]).get().json() == [True, ["read"]]
