"""Where the synchronous work of test clients runs."""

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import SyncToAsync, async_to_sync, sync_to_async
from bolt_core.preparation import client_session, find_application
from bolt_django import in_tests
from bolt_django.db.units import remember, watch_thread_connections
from boltsite.shop.models import Product
from boltsite_tools.inprocess import Client
from django.db import connection, connections
from django.test import override_settings

here = threading.get_ident


def test_work_runs_on_the_calling_thread() -> None:
    """In a synchronous test, and in one that runs on a loop of the thread's own."""
    threads: list[int] = []

    async def on_a_loop() -> None:
        in_tests.run_work(lambda: threads.append(here()))

    in_tests.run_work(lambda: threads.append(here()))
    asyncio.run(on_a_loop())

    assert threads == [here()] * 2


def test_work_below_async_to_sync_runs_above_it() -> None:
    """As the thread-sensitive calls of the same coroutine do, also from a task that it starts."""
    threads: list[int] = []

    async def body() -> int:
        async def task() -> None:
            in_tests.run_work(lambda: threads.append(here()))

        in_tests.run_work(lambda: threads.append(here()))
        await asyncio.create_task(task())
        threads.append(await sync_to_async(here)())
        return here()

    assert async_to_sync(body)() != here()
    assert threads == [here()] * 3


def test_what_work_raises_is_raised() -> None:
    """On whichever thread it ran."""

    async def body() -> None:
        in_tests.run_work(lambda: 1 / 0)  # type: ignore[arg-type]

    with pytest.raises(ZeroDivisionError):
        in_tests.run_work(lambda: 1 / 0)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        async_to_sync(body)()


async def one() -> int:
    """Something to bridge to."""
    return 1


async def test_a_sessions_async_calls_run_on_its_thread() -> None:
    """While it is open; the loop is out of sight, and what is raised comes back."""
    assert await sync_to_async(here)() != here()

    with client_session():
        assert await sync_to_async(here)() == here()
        with pytest.raises(RuntimeError):
            await sync_to_async(asyncio.get_running_loop)()
        assert asyncio.get_running_loop().is_running()

    assert await sync_to_async(here)() != here()


async def test_a_bridge_back_does_not_wait_for_the_loop_that_waits() -> None:
    """async_to_sync in such a call begins a loop of its own."""
    with client_session():
        assert await asyncio.wait_for(sync_to_async(async_to_sync(one))(), 10) == 1


async def test_other_threads_are_left_alone() -> None:
    """A loop on another thread keeps asgiref's usual thread."""

    def elsewhere() -> tuple[int, int]:
        return asyncio.run(_thread_of_a_call()), here()

    with client_session():
        used, own = await asyncio.to_thread(elsewhere)
    assert used not in (own, here())


async def _thread_of_a_call() -> int:
    return await sync_to_async(here)()


def test_sessions_may_overlap() -> None:
    """The usual executor returns with the last one, whichever that is."""
    usual = SyncToAsync.single_thread_executor
    first, second = client_session(), client_session()
    first.close()
    assert SyncToAsync.single_thread_executor is not usual
    second.close()
    assert SyncToAsync.single_thread_executor is usual


def test_the_application_is_the_project() -> None:
    """Its routes and, behind them, Django's own URLs."""
    api: Any = find_application()
    app = api.freeze()

    assert "/hello" in {plan.path for plan in app.routes}
    assert app.fallback is not None


def test_the_application_heeds_settings_that_change() -> None:
    """A session's fixture keeps it for tests with settings of their own."""
    api: Any = find_application()

    def layers() -> set[str]:
        found = next(plan for plan in api.freeze().routes if plan.path == "/hello").around
        return set() if found is None else set(found.names)

    path = "django.middleware.gzip.GZipMiddleware"
    assert path not in layers()
    with override_settings(BOLT={"MIDDLEWARE": [path]}):
        assert path in layers()
    assert path not in layers()


@pytest.mark.django_db
def test_the_tests_connection_stays_although_connections_are_watched(client: Client) -> None:
    """A server with threads in the same process watches connections; an async handler takes none away from the test."""
    watch_thread_connections()
    Product.objects.create(name="mine")
    before = connection.connection
    remember(None, connections["default"])

    assert [row["name"] for row in client.get("/shop/products/async").json()] == ["mine"]
    assert connection.connection is before
    assert connection.in_atomic_block
