"""Transactions around handlers, of both kinds, and of async code."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from bolt_core import BoltAPI
from bolt_core.exceptions import NotFound
from bolt_django.in_tests import client_session
from bolt_django.project import build
from bolt_django.transactions import aatomic
from boltsite_tools.inprocess import Client
from django.contrib.auth.models import Group
from django.db import connection, connections, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

KINDS = ["async", "sync"]

# Handlers see the test's own connection, in whose transaction theirs are savepoints.
pytestmark = pytest.mark.django_db

type Ask = Callable[..., Any]


class Broken(Exception):
    """Nobody expects it."""


def add(kind: str, path: str, step: Callable[[], Any], api: BoltAPI, **options: Any) -> None:
    """A handler of *kind* that makes a group, and then goes on with *step*."""

    def make() -> Any:
        Group.objects.create(name="made")
        return step()

    async def amake() -> Any:
        await Group.objects.acreate(name="made")
        return step()

    api.post(path, **options)(amake if kind == "async" else make)


@pytest.fixture
def atomic(monkeypatch: pytest.MonkeyPatch) -> None:
    """`ATOMIC_REQUESTS` of the database."""
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)


def raising(error: Exception) -> Callable[[], Any]:
    """A step that raises."""

    def step() -> Any:
        raise error

    return step


async def cancelled(
    work: Coroutine[Any, Any, Any], entered: asyncio.Event, release: asyncio.Event | threading.Event
) -> asyncio.Task[Any]:
    """A task that was cancelled once it had *entered* what does not end before its *release*, given now."""
    task = asyncio.create_task(work)
    await entered.wait()
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    release.set()
    return task


def names() -> list[str]:
    return list(Group.objects.values_list("name", flat=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("step", "options", "status", "kept"),
    [
        (lambda: {"ok": True}, {}, 200, True),
        (raising(NotFound()), {}, 404, False),
        (raising(Broken()), {}, 500, False),
        # What the reply may not be is found when it is written.
        (lambda: {"n": "no number"}, {"response_model": dict[str, int]}, 500, False),
        (lambda: {"at": object()}, {}, 500, False),
        # Returned, not raised, as in Django.
        (lambda: ({"error": "told"}, 409), {}, 409, True),
    ],
)
def test_what_is_written_goes_with_the_reply(
    atomic: None, kind: str, step: Any, options: dict[str, Any], status: int, kept: bool
) -> None:
    """A transaction around the handler and the writing of its result."""
    api = BoltAPI()
    add(kind, "/make", step, api, **options)
    with Client(build([api])) as client:
        assert client.request("POST", "/make").status == status
    assert names() == (["made"] if kept else [])


@pytest.mark.parametrize("kind", KINDS)
def test_returned_errors_roll_back_where_asked(atomic: None, kind: str) -> None:
    """`BOLT["ROLLBACK_ON"] = "errors"`."""
    api = BoltAPI()
    add(kind, "/make", lambda: ({"error": "told"}, 409), api)
    with override_settings(BOLT={"ROLLBACK_ON": "errors"}), Client(build([api])) as client:
        assert client.request("POST", "/make").status == 409
    assert names() == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("using", [None, "default"])
def test_exempt_handlers(atomic: None, kind: str, using: str | None) -> None:
    """By Django's own decorator."""
    api = BoltAPI()
    exempt = transaction.non_atomic_requests(using) if using else transaction.non_atomic_requests

    @exempt
    def make() -> None:
        Group.objects.create(name="made")
        raise Broken

    @exempt
    async def amake() -> None:
        await Group.objects.acreate(name="made")
        raise Broken

    api.post("/make")(amake if kind == "async" else make)
    with Client(build([api])) as client:
        assert client.request("POST", "/make").status == 500
    assert names() == ["made"]


def test_without_the_setting_nothing_encloses_a_route() -> None:
    """And nothing is paid."""
    api = BoltAPI()
    add("async", "/make", lambda: None, api)
    (plan,) = build([api]).app.routes
    assert plan.around is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.django_db(transaction=True)
def test_on_commit_runs_after_success_alone(atomic: None, kind: str) -> None:
    """Never after a rollback."""
    api, ran = BoltAPI(), []

    def later(name: str) -> None:
        transaction.on_commit(lambda: ran.append((name, Group.objects.count())))

    def handle(fail: bool) -> None:
        Group.objects.create(name=str(fail))
        later(str(fail))
        assert not ran
        if fail:
            raise NotFound

    async def ahandle(fail: bool) -> None:
        await sync_to_async(handle)(fail)

    api.post("/make")(ahandle if kind == "async" else handle)
    with Client(build([api])) as client:
        assert client.request("POST", "/make?fail=1").status == 404
        assert client.request("POST", "/make?fail=0").status == 204
    assert ran == [("False", 1)]


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_bound_begins_no_transaction(atomic: None, kind: str) -> None:
    """The reply is a 422 without a query, for a parameter and for a body."""
    api = BoltAPI()

    def make(n: int, data: dict[str, int]) -> None: ...

    async def amake(n: int, data: dict[str, int]) -> None: ...

    api.post("/make")(amake if kind == "async" else make)
    json = {"Content-Type": "application/json"}
    with Client(build([api])) as client, CaptureQueriesContext(connection) as queries:
        assert client.request("POST", "/make?n=x", b"{}", json).status == 422
        assert client.request("POST", "/make?n=1", b'{"a": "x"}', json).status == 422
        assert not queries.captured_queries
        assert client.request("POST", "/make?n=1", b"{}", json).status == 204
    assert queries.captured_queries


@pytest.fixture
def on_the_test() -> Iterator[None]:
    """Async ORM calls of the test itself run on its thread, where its transaction is."""
    with client_session():
        yield


async def test_blocks_nest(on_the_test: None) -> None:
    """An inner block that raises undoes its own."""

    async def fail() -> None:
        async with aatomic():
            await Group.objects.acreate(name="two")
            raise Broken

    async with aatomic():
        await Group.objects.acreate(name="one")
        with pytest.raises(Broken):
            await fail()
    assert [group.name async for group in Group.objects.all()] == ["one"]


async def test_a_decorated_function_runs_in_a_block_of_its_own(on_the_test: None) -> None:
    """However often it is called."""

    @aatomic()
    async def make(name: str, fail: bool) -> None:
        await Group.objects.acreate(name=name)
        if fail:
            raise Broken

    await make("one", fail=False)
    with pytest.raises(Broken):
        await make("two", fail=True)
    await make("three", fail=False)
    assert [group.name async for group in Group.objects.order_by("id")] == ["one", "three"]


async def test_a_cancelled_block_is_rolled_back(on_the_test: None) -> None:
    """Where it waits in the middle."""
    waits = asyncio.Event()

    async def work() -> None:
        async with aatomic():
            await Group.objects.acreate(name="never")
            waits.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await waits.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not await Group.objects.aexists()


@pytest.mark.parametrize("fail", [True, False])
async def test_a_cancellation_waits_for_the_end_of_a_block(monkeypatch: pytest.MonkeyPatch, fail: bool) -> None:
    """What it came to is told nobody, but it has come to its end; what it raises is raised."""
    release, entered, ended = asyncio.Event(), asyncio.Event(), []
    loop = asyncio.get_running_loop()

    class Slow:
        def __enter__(self) -> None: ...

        def __exit__(self, *args: object) -> None:
            loop.call_soon_threadsafe(entered.set)
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result(10)
            ended.append(args[0])
            if fail:
                raise Broken

    monkeypatch.setattr(transaction, "atomic", lambda *args: Slow())

    async def work() -> None:
        async with aatomic():
            pass

    task = await cancelled(work(), entered, release)
    with pytest.raises(Broken if fail else asyncio.CancelledError):
        await task
    assert ended == [None]


async def test_a_cancellation_at_the_begin_leaves_no_block_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller that has a timeout of its own goes on outside of it."""
    entered, release, left = asyncio.Event(), threading.Event(), []
    loop = asyncio.get_running_loop()

    class Slow:
        def __enter__(self) -> None:
            loop.call_soon_threadsafe(entered.set)
            assert release.wait(10)

        def __exit__(self, kind: object, *args: object) -> None:
            left.append(kind)

    monkeypatch.setattr(transaction, "atomic", lambda *args: Slow())

    async def work() -> str:
        try:
            async with aatomic():
                return "inside"
        except asyncio.CancelledError:
            return f"went on after {[kind.__name__ for kind in left]}"

    task = await cancelled(work(), entered, release)
    assert await task == "went on after ['CancelledError']"


async def test_a_block_that_was_cancelled_before_its_begin_is_never_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the request's thread is at work with another call."""
    begun, release, entered = asyncio.Event(), threading.Event(), []
    loop = asyncio.get_running_loop()

    class Noting:
        def __enter__(self) -> None:
            entered.append(True)

    monkeypatch.setattr(transaction, "atomic", lambda *args: Noting())

    def block() -> None:
        loop.call_soon_threadsafe(begun.set)
        assert release.wait(10)

    other = asyncio.create_task(sync_to_async(block)())
    await begun.wait()
    task = asyncio.create_task(aatomic().__aenter__())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()
    await other
    await sync_to_async(int)()
    assert not entered


def test_a_stream_is_sent_after_its_transaction(atomic: None) -> None:
    """As in Django."""
    api, inside = BoltAPI(), []

    @api.get("/stream")
    async def stream() -> AsyncIterator[bytes]:
        inside.append(await sync_to_async(lambda: len(connection.savepoint_ids))())
        yield b"sent"

    with Client(build([api])) as client:
        before = len(connection.savepoint_ids)
        assert client.get("/stream").body == b"sent"
    assert inside == [before]


def test_it_is_the_requests_own_connection(atomic: None) -> None:
    """What the handler's calls do is inside of the block, as a block of a test would see it."""
    api, depth = BoltAPI(), []

    @api.get("/depth")
    async def handler() -> None:
        depth.append(await sync_to_async(lambda: len(connection.savepoint_ids))())

    with Client(build([api])) as client:
        client.get("/depth")
        before = len(connection.savepoint_ids)
    assert depth == [before + 1]
    async_to_sync(asyncio.sleep)(0)
