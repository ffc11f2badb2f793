"""Both test clients in Django's kinds of tests: the test's data, its queries, its callbacks; nothing stays."""

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from asgiref.sync import sync_to_async
from bolt_django.live import BoltLiveServerTestCase
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection, connections
from django.test import TestCase, TransactionTestCase, override_settings
from django_bolt import BoltAPI
from django_bolt.testing import AsyncTestClient, LiveServer, TestClient
from lab.api import api
from serving import databases, environment_of

KINDS = ["sync", "async"]


class InATestCase(TestCase):
    """Synchronous methods of TestCase."""

    def setUp(self) -> None:
        """Open a client."""
        self.api = TestClient(api)
        self.addCleanup(self.api.close)

    def test_queries_are_counted(self) -> None:
        """Those of both kinds of handler."""
        for kind in KINDS:
            with self.assertNumQueries(1):
                self.api.get(f"/users/{kind}")

    def test_callbacks_on_commit_are_captured(self) -> None:
        """A handler's on_commit callback runs when the test says so."""
        for kind in KINDS:
            with self.captureOnCommitCallbacks(execute=True) as callbacks:
                self.api.post(f"/mail/{kind}")
                assert mail.outbox == []
            assert len(callbacks) == 1
            assert [message.subject for message in mail.outbox] == ["committed"]
            mail.outbox.clear()

    def test_settings_may_be_overridden(self) -> None:
        """Handlers read what the test has set."""
        with override_settings(LANGUAGE_CODE="eo"):
            for kind in KINDS:
                assert self.api.get(f"/language/{kind}").text == "eo"


class InAnAsyncTestCase(TestCase):
    """Asynchronous methods of TestCase."""

    @classmethod
    def setUpTestData(cls) -> None:
        """Create a user for all tests of the class."""
        User.objects.create(username="ada")

    async def test_data_is_shared_with_the_async_client(self) -> None:
        """Of the class, of the test, of handlers of both kinds."""
        await User.objects.acreate(username="bo")
        async with AsyncTestClient(api) as client:
            for kind in KINDS:
                assert (await client.get(f"/users/{kind}")).json() == ["ada", "bo"]
            for kind in KINDS:
                await client.post(f"/users/{kind}", params={"name": f"by-{kind}"})
            assert await User.objects.acount() == 4

    async def test_data_is_shared_with_the_client(self) -> None:
        """The synchronous client works there, too."""
        await User.objects.acreate(username="bo")
        with TestClient(api) as client:
            for kind in KINDS:
                assert client.get(f"/users/{kind}").json() == ["ada", "bo"]
            for kind in KINDS:
                client.post(f"/users/{kind}", params={"name": f"by-{kind}"})
        assert await User.objects.acount() == 4

    async def test_requests_may_run_side_by_side(self) -> None:
        """Each gets its own answer."""
        async with AsyncTestClient(api) as client:
            replies = await asyncio.gather(*(client.get(f"/users/{kind}") for kind in KINDS * 10))
        assert [reply.json() for reply in replies] == [["ada"]] * 20

    async def test_a_handler_may_go_back_to_a_loop(self) -> None:
        """async_to_sync in a `def` handler does not wait for the test's loop, which waits for the handler."""
        await User.objects.acount()
        async with AsyncTestClient(api, timeout=5) as client:
            assert (await client.get("/bridge")).json() == ["ada"]
        with TestClient(api, timeout=5) as client:
            assert client.get("/bridge").json() == ["ada"]

    async def test_a_client_opened_in_set_up_is_closed_by_a_clean_up(self) -> None:
        """close() is synchronous."""
        client = AsyncTestClient(api)
        self.addCleanup(client.close)
        assert (await client.get("/users/sync")).json() == ["ada"]


class Committing(TransactionTestCase):
    """The same where every statement commits."""

    async def test_rows_are_shared(self) -> None:
        """Both kinds of handler see a committed row, and the test sees theirs."""
        await User.objects.acreate(username="ada")
        async with AsyncTestClient(api) as client:
            for kind in KINDS:
                await client.post(f"/users/{kind}", params={"name": kind})
            assert (await client.get("/users/async")).json() == ["ada", "async", "sync"]
        assert await User.objects.acount() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
async def test_pytests_async_tests_share_data(kind: str) -> None:
    """The test's own async ORM calls are inside its transaction, too."""
    async with AsyncTestClient(api) as client:
        await User.objects.acreate(username="ada")
        assert (await client.get(f"/users/{kind}")).json() == ["ada"]
        await client.post(f"/users/{kind}", params={"name": "bo"})
        assert [user.username async for user in User.objects.order_by("username")] == ["ada", "bo"]


@pytest.mark.django_db
async def test_nothing_is_left_by_the_tests_before(async_api_client: AsyncTestClient) -> None:
    """Rows of the tests above are gone."""
    assert (await async_api_client.get("/users/async")).json() == []
    assert await User.objects.acount() == 0


@pytest.fixture
def ada(db: None) -> User:
    """A user, made by a synchronous fixture."""
    return User.objects.create(username="ada")


@pytest.mark.parametrize("kind", KINDS)
async def test_data_of_a_fixture_is_seen(async_api_client: AsyncTestClient, ada: User, kind: str) -> None:
    """By handlers and by the test's own async calls, with the fixture's client."""
    assert (await async_api_client.get(f"/users/{kind}")).json() == ["ada"]
    assert await User.objects.aget() == ada


@pytest.mark.parametrize("kind", KINDS)
async def test_data_of_a_fixture_is_seen_by_the_synchronous_client(
    api_client: TestClient, ada: User, kind: str
) -> None:
    """Called from an asynchronous test."""
    assert api_client.get(f"/users/{kind}").json() == ["ada"]
    assert await User.objects.aget() == ada


@contextlib.asynccontextmanager
async def on_the_thread_of_the_data[T](manager: contextlib.AbstractContextManager[T]) -> AsyncIterator[T]:
    """Enter and leave what looks at the connection of synchronous code, as Django's helpers do."""
    yield await sync_to_async(manager.__enter__)()
    await sync_to_async(manager.__exit__)(None, None, None)


async def test_queries_are_counted(
    async_api_client: AsyncTestClient, ada: User, django_assert_num_queries: Any
) -> None:
    """Those of handlers and of the test itself."""
    for kind in KINDS:
        async with on_the_thread_of_the_data(django_assert_num_queries(1)):
            await async_api_client.get(f"/users/{kind}")
    async with on_the_thread_of_the_data(django_assert_num_queries(1)):
        await User.objects.acount()


async def test_callbacks_on_commit_are_captured(
    async_api_client: AsyncTestClient, db: None, django_capture_on_commit_callbacks: Any, mailoutbox: list[Any]
) -> None:
    """With pytest-django's fixtures, from an asynchronous test."""
    for kind in KINDS:
        async with on_the_thread_of_the_data(django_capture_on_commit_callbacks(execute=True)) as callbacks:
            await async_api_client.post(f"/mail/{kind}")
        assert len(callbacks) == 1
    assert [message.subject for message in mailoutbox] == ["committed"] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_settings_may_be_overridden(api_client: TestClient, settings: Any, kind: str) -> None:
    """pytest-django's fixture reaches handlers."""
    settings.LANGUAGE_CODE = "eo"
    assert api_client.get(f"/language/{kind}").text == "eo"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
async def test_without_a_transaction(async_api_client: AsyncTestClient, kind: str) -> None:
    """A test that commits sees and shows the same."""
    await User.objects.acreate(username="ada")

    assert (await async_api_client.get(f"/users/{kind}")).json() == ["ada"]


@pytest.mark.django_db
def test_the_fixture_serves_the_whole_project(api_client: TestClient) -> None:
    """Django's own URLs included."""
    assert api_client.get("/hello").json() == {"message": "hello"}
    assert api_client.get("/plain/").text == "from Django"


@pytest.mark.django_db
def test_no_connection_is_opened_elsewhere(api_client: TestClient) -> None:
    """Handlers use the connection of the test, so nothing is open beside it when the test ends."""
    before = connection.connection
    for kind in KINDS:
        assert api_client.get(f"/connection/{kind}").json() == id(before)
    assert connections["default"].connection is before
    assert threading.current_thread() is threading.main_thread()


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="this is the run on PostgreSQL")
def test_all_of_this_on_postgresql(tmp_path: Path) -> None:
    """Whatever holds on SQLite holds there too, and no connection keeps the test database from being dropped."""
    with databases("postgresql", tmp_path) as url:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, __file__, str(Path(__file__).with_name("test_orm_visibility.py"))],
            env=environment_of(DATABASE_URL=url),
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]


@pytest.mark.parametrize("propagate", [True, False])
def test_exceptions_propagate_where_settings_say_so(propagate: bool) -> None:
    """DEBUG_PROPAGATE_EXCEPTIONS counts more than a client's own option, as in Django."""
    own = BoltAPI()

    @own.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError("here")

    with (
        override_settings(DEBUG_PROPAGATE_EXCEPTIONS=propagate),
        TestClient(own, raise_server_exceptions=False) as client,
    ):
        if propagate:
            with pytest.raises(ZeroDivisionError, match="here"):
                client.get("/broken")
        else:
            assert client.get("/broken").status_code == 500


def test_a_live_server_sees_what_the_test_commits(bolt_live_server: LiveServer) -> None:
    """The fixture brings `transactional_db`; handlers of both kinds run in the server's threads."""
    User.objects.create(username="ada")
    with httpx2.Client(base_url=bolt_live_server.url, trust_env=False, timeout=60) as client:
        for kind in KINDS:
            assert client.get(f"/users/{kind}").json() == ["ada"]
        for kind in KINDS:
            client.post(f"/users/{kind}", params={"name": f"by-{kind}"})
        assert client.get("/plain/").text == "from Django"
    assert User.objects.count() == 3


@pytest.mark.django_db
def test_a_marked_test_with_a_live_server_commits_too(bolt_live_server: LiveServer) -> None:
    """Whatever the mark says; and the rows of the test before are gone."""
    assert User.objects.count() == 0
    assert not connection.in_atomic_block


class WithALiveServer(BoltLiveServerTestCase):
    """The test case of Django's kind."""

    def test_rows_are_shared(self) -> None:
        """Both ways."""
        User.objects.create(username="ada")
        with httpx2.Client(base_url=self.live_server_url, trust_env=False, timeout=60) as client:
            for kind in KINDS:
                assert client.get(f"/users/{kind}").json() == ["ada"]


@pytest.mark.skipif("PYTEST_XDIST_WORKER" in os.environ, reason="this is the run with workers")
def test_all_of_this_with_xdist() -> None:
    """Workers have databases and ports of their own."""
    names = "live_server or callbacks or queries or Rows or rows or Committing or data_of_a_fixture"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", __file__, "-k", names],
        env=environment_of(),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
