"""What integrations do to a test client's server before it runs."""

import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from bolt_core import BoltAPI, preparation
from bolt_core.pool import Pool

marker: contextvars.ContextVar[str] = contextvars.ContextVar("marker", default="unset")


@pytest.fixture(autouse=True)
def no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the test registers."""
    for registry in ("_preparations", "_work_runners", "_client_sessions", "_application_finders"):
        monkeypatch.setattr(preparation, registry, [])


def test_every_preparation_gets_the_pool_and_the_context() -> None:
    """What a preparation sets in the context is there, and not in the caller's own."""
    pool = Pool(1, external=True)
    pools: list[Pool] = []

    def prepare(given: Pool, context: contextvars.Context) -> None:
        pools.append(given)
        context.run(marker.set, "prepared")

    preparation.register_preparation(prepare)
    context = preparation.prepared_context(pool)

    assert pools == [pool]
    assert context.run(marker.get) == "prepared"
    assert marker.get() == "unset"


def test_registering_twice_prepares_once() -> None:
    """An application that is set up again adds nothing."""
    calls: list[int] = []

    def prepare(pool: Pool, context: contextvars.Context) -> None:
        calls.append(1)

    preparation.register_preparation(prepare)
    preparation.register_preparation(prepare)
    preparation.prepared_context(Pool(1, external=True))

    assert calls == [1]


def test_the_callers_context_is_the_base() -> None:
    """A value that the caller has set is there for every request."""
    context = contextvars.copy_context()
    context.run(marker.set, "the caller's")

    assert context.run(preparation.prepared_context, Pool(1, external=True))[marker] == "the caller's"


def test_work_runs_where_it_is_asked_for() -> None:
    """Without a runner, on the calling thread."""
    threads: list[int] = []
    preparation.run_work(lambda: threads.append(threading.get_ident()))

    assert threads == [threading.get_ident()]


def test_a_runner_decides_where_work_runs() -> None:
    """The first one registered is asked alone."""
    order: list[str] = []

    def run(work: Callable[[], None]) -> None:
        order.append("before")
        work()
        order.append("after")

    preparation.register_work_runner(run)
    preparation.register_work_runner(lambda work: order.append("never"))
    preparation.run_work(lambda: order.append("work"))

    assert order == ["before", "work", "after"]


def test_sessions_are_entered_and_left_in_turn() -> None:
    """The last one entered is left first."""
    order: list[str] = []

    def session(name: str) -> Callable[[], AbstractContextManager[None]]:
        @contextmanager
        def entered() -> Iterator[None]:
            order.append(f"enter {name}")
            yield
            order.append(f"leave {name}")

        return entered

    preparation.register_client_session(session("one"))
    preparation.register_client_session(session("two"))
    opened = preparation.client_session()
    assert order == ["enter one", "enter two"]
    opened.close()
    assert order == ["enter one", "enter two", "leave two", "leave one"]


def test_the_application_of_an_integration_is_found() -> None:
    """None where nobody registered one."""
    assert preparation.find_application() is None
    app = BoltAPI().freeze()
    preparation.register_application(lambda: app)

    assert preparation.find_application() is app
