"""What integrations do to a test client's server before it runs."""

import contextvars

import pytest
from bolt_core import preparation
from bolt_core.pool import Pool

marker: contextvars.ContextVar[str] = contextvars.ContextVar("marker", default="unset")


@pytest.fixture(autouse=True)
def no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the test registers."""
    monkeypatch.setattr(preparation, "_preparations", [])


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
