"""`request.user` and `request.auser()` in every kind of handler."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from bolt_auth import JWTAuthentication
from bolt_core import BoltAPI, Middleware, Request, StreamingResponse
from bolt_core.exceptions import NotFound
from callers import SECRET, Callers
from django.contrib.auth.models import AnonymousUser, User
from django.test import override_settings

pytestmark = pytest.mark.django_db

type Serving = Callable[..., Callers]

INACTIVE = {"detail": "User inactive or deleted"}


def read(request: Any) -> str:
    """The name; what calls this does not name the attribute itself."""
    return str(request.user.get_username())


def sync_name(request: Request) -> str:
    return str(request.user.get_username())


async def async_name(request: Request) -> str:
    return str(request.user.get_username())


async def awaited_name(request: Request) -> str:
    return str((await request.auser()).get_username())


async def unforeseen_name(request: Request) -> str:
    return read(request)


ALL = pytest.mark.parametrize("handler", [sync_name, async_name, awaited_name, unforeseen_name])


@ALL
def test_the_user_is_loaded_by_one_query(serving: Serving, user: User, handler: Any) -> None:
    """However it is read."""
    served = serving(handler)

    assert served.get(user).body == b"ann"
    assert len(served.queries) == 1


@ALL
def test_nobody_costs_no_query(serving: Serving, handler: Any) -> None:
    """Without credentials it is AnonymousUser, whose name is empty."""
    served = serving(handler)

    assert served.get().body == b""
    assert served.queries == []


@ALL
@pytest.mark.parametrize("way", ["deleted", "inactive"])
def test_a_user_that_is_gone_is_401(serving: Serving, user: User, handler: Any, way: str) -> None:
    """Whether the account was deleted or made inactive; with the challenge of the scheme."""
    served = serving(handler)
    User.objects.filter(pk=user.pk).update(is_active=False)
    if way == "deleted":
        User.objects.filter(pk=user.pk).delete()
    reply = served.get(user)

    assert (reply.status, reply.json()) == (401, INACTIVE)
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


@ALL
@pytest.mark.parametrize("name", ["x", "1.5", "", " ", "9" * 30, "9" * 5000, "1\0", "\ud800", "None"])
def test_what_is_no_key_is_401(serving: Serving, user: User, handler: Any, name: str) -> None:
    """A token that names nobody who could be there, but for an empty name: that is a token of nobody."""
    if name == "":
        assert serving(handler).get("x", sub="").body == b""
    else:
        assert serving(handler).get("x", sub=name).status == 401


def test_claims_alone_cost_no_query(serving: Serving, user: User) -> None:
    """An async handler that reads `request.auth` only, though it has a key and a text of that name."""

    async def handler(request: Request) -> dict[str, Any]:
        return {"user": request.auth["user_id"], "not": {"user": 1}}

    served = serving(handler)

    assert served.get(user).json()["user"] == str(user.pk)
    assert served.queries == []


def test_a_sync_handler_that_does_not_read_costs_no_query(serving: Serving, user: User) -> None:
    """It names the user, in a branch that is not taken."""

    def handler(request: Request) -> str:
        return str(request.user) if request.method == "POST" else "unread"

    served = serving(handler)

    assert served.get(user).body == b"unread"
    assert served.queries == []


def test_an_async_handler_may_leave_a_user_unread(serving: Serving, user: User) -> None:
    """One that is inactive is refused when it is read, not before."""

    async def handler(request: Request) -> str:
        return str(request.user) if request.method == "POST" else "unread"

    served = serving(handler)
    User.objects.update(is_active=False)

    assert served.get(user).body == b"unread"
    assert len(served.queries) == 1


@pytest.mark.parametrize("is_async", [True, False])
def test_one_user_for_the_whole_request(serving: Serving, user: User, is_async: bool) -> None:
    """What is read twice, awaited, and read by another's code is the same object."""

    def sync_handler(request: Request) -> bool:
        return request.user is request.user

    async def handler(request: Request) -> bool:
        awaited = await asyncio.gather(request.auser(), request.auser())
        return {id(request.user), id(await request.auser()), *map(id, awaited)} == {id(request.user)}

    served = serving(handler if is_async else sync_handler)

    assert served.get(user).json() is True
    assert len(served.queries) == 1


def test_users_that_are_awaited_at_once_are_the_same(serving: Serving, user: User) -> None:
    """Where nothing was loaded beforehand."""

    async def handler(request: Request) -> bool:
        one, other = await asyncio.gather(request.auser(), request.auser())
        return one is other

    assert serving(handler).get(user).json() is True


@pytest.mark.parametrize("is_async", [True, False])
def test_a_stream_reads_the_user(serving: Serving, user: User, is_async: bool) -> None:
    """While the reply is on its way: of an async handler it is loaded before."""

    async def pieces(request: Request) -> AsyncIterator[str]:
        yield str(request.user)

    def handler(request: Request) -> StreamingResponse:
        def sync_pieces() -> Iterator[str]:
            yield str(request.user)

        return StreamingResponse(sync_pieces())

    async def async_handler(request: Request) -> StreamingResponse:
        async def inner() -> AsyncIterator[str]:
            async for piece in pieces(request):
                yield piece
            yield str(request.user)

        return StreamingResponse(inner())

    served = serving(async_handler if is_async else handler)

    assert served.get(user).body == (b"annann" if is_async else b"ann")
    assert len(served.queries) == 1


def test_what_is_set_wins(serving: Serving, user: User) -> None:
    """Middleware's user stands before that of the credentials, which is then not loaded."""
    other = User(username="other")

    class Sets(Middleware):
        async def __call__(self, request: Request) -> Any:
            request.user = other
            return await self.get_response(request)

    async def handler(request: Request) -> str:
        return str(request.user) + str(await request.auser())

    served = serving(handler, api=BoltAPI(middleware=[Sets]))

    assert served.get(user).body == b"otherother"
    assert served.queries == []


@pytest.mark.parametrize("verify_user", [True, False])
def test_who_asks_too_early_changes_nothing(serving: Serving, user: User, verify_user: bool) -> None:
    """Middleware outside of a scheme in Python reads AnonymousUser; the handler reads who has called."""

    class Asks(Middleware):
        async def __call__(self, request: Request) -> Any:
            assert request.user.is_anonymous
            return await self.get_response(request)

    class Python(JWTAuthentication):
        async def authenticate(self, request: Any) -> Any:
            return await super().authenticate(request)

    scheme = Python(SECRET, verify_user=verify_user)
    served = serving(async_name, auth=[scheme], api=BoltAPI(middleware=[Asks]))

    assert served.get(user).body == b"ann"
    assert served.get().body == b""


def test_what_the_handler_sets_stays(serving: Serving, user: User) -> None:
    """As Django's `logout` does."""

    async def handler(request: Request) -> bool:
        request.user = AnonymousUser()
        return isinstance(request.user, AnonymousUser) and await request.auser() is request.user

    assert serving(handler).get(user).json() is True


def test_djangos_middleware_wins(serving: Serving, user: User) -> None:
    """AuthenticationMiddleware says who has logged in: here nobody, whatever the token says."""
    path = "django.contrib.auth.middleware.AuthenticationMiddleware"
    session = "django.contrib.sessions.middleware.SessionMiddleware"

    async def handler(request: Request) -> bool:
        return (await request.auser()).is_anonymous

    assert serving(handler, api=BoltAPI(django_middleware=[session, path])).get(user).json() is True


def test_an_unforeseen_read_is_told_once(serving: Serving, user: User, caplog: pytest.LogCaptureFixture) -> None:
    """A warning that names the handler and the remedy, for the first request alone."""
    served = serving(unforeseen_name)
    with caplog.at_level(logging.WARNING, "bolt_django"):
        replies = [served.get(user).body for _ in range(3)]

    assert replies == [b"ann"] * 3
    assert [record.name for record in caplog.records] == ["bolt_django"]
    assert "unforeseen_name()" in caplog.text
    assert "await request.auser()" in caplog.text


def test_a_foreseen_read_is_not_told(serving: Serving, user: User, caplog: pytest.LogCaptureFixture) -> None:
    """What the handler calls finds the user that was loaded for it."""

    async def handler(request: Request) -> str:
        await request.auser()
        return read(request)

    with caplog.at_level(logging.WARNING, "bolt_django"):
        assert serving(handler).get(user).body == b"ann"

    assert caplog.records == []


def test_an_unforeseen_read_raises_with_debug(serving: Serving, user: User, caplog: pytest.LogCaptureFixture) -> None:
    """So that it is seen in development; nobody's is AnonymousUser all the same."""
    served = serving(unforeseen_name)
    with override_settings(DEBUG=True):
        reply = served.get(user)
        nobody = served.get()

    assert reply.status == 500
    assert "SynchronousOnlyOperation" in caplog.text
    assert "await request.auser()" in caplog.text
    assert (nobody.status, nobody.body) == (200, b"")


@override_settings(BOLT={"DATABASE_TIMEOUT": 0.05})
def test_an_unforeseen_read_does_not_wait_for_ever(serving: Serving, user: User) -> None:
    """What the loop itself would have to do ends the wait: 500."""
    served = serving(unforeseen_name, user_loader=ask_the_loop)

    assert served.get(user).status == 500


async def nothing() -> None:
    """Runs on the loop of the server."""


def ask_the_loop(auth: Any) -> Any:
    """Wait for the loop, which waits for this."""
    from bolt_core.streaming import SERVER_LOOP

    asyncio.run_coroutine_threadsafe(nothing(), SERVER_LOOP.get()).result(0.2)


@pytest.mark.parametrize("is_async", [True, False])
def test_a_request_of_djangos_class_has_the_user(serving: Serving, user: User, is_async: bool) -> None:
    """It is loaded when it is used."""

    def handler(request: Request) -> str:
        return str(request.as_django().user)

    async def async_handler(request: Request) -> str:
        made = request.as_django()
        return "" if made is None else "made"

    served = serving(async_handler if is_async else handler)

    assert served.get(user).body == (b"made" if is_async else b"ann")
    assert len(served.queries) == (0 if is_async else 1)


def test_an_error_is_told_without_loading(serving: Serving, user: User) -> None:
    """A 404 costs no query for who gets it."""

    async def handler(request: Request) -> str:
        raise NotFound

    served = serving(handler)

    assert served.get(user).status == 404
    assert served.queries == []


def test_a_route_without_schemes_has_nobody(serving: Serving, user: User) -> None:
    """Though a token is sent."""
    served = serving(async_name, auth=[])

    assert served.get(user).body == b""
    assert served.queries == []
