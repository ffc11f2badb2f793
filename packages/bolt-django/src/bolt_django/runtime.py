"""What a server needs before it runs Django code, whether `runbolt` starts it or a test client."""

import contextvars

from bolt_core.pool import Pool

from bolt_django import async_orm, db, lanes


def prepare(pool: Pool, context: contextvars.Context, most_lanes: int = 1) -> None:
    """Care for the connections of *pool*'s threads, and give requests that start from *context* their lanes.

    *most_lanes* is also the most connections of async handlers and waiting streams, to each database.

    One lane is all that a test client's server can use, as its only thread is the test's own; the connections of that
    thread are the test's, and not touched.
    """
    if pool.native.jobs_fd is not None:
        lanes.install(context, lanes.RequestExecutor(pool, most_lanes, None))
        return
    executor_class, make = _ways()
    # A threaded server of a test has one lane, but its streams wait, too.
    sessions = db.SessionPool(max(most_lanes, pool.size), make)
    db.set_session_pool(pool, sessions)
    db.watch(pool)
    pool.add_unit_hook(on_exit=sessions.close)
    lanes.install(context, executor_class(pool, most_lanes, sessions))


def _ways() -> tuple[type[lanes.RequestExecutor], db.Make | None]:
    """How async ORM calls run, and what their sessions' connections are made by."""
    if not async_orm.uses_greenlets():
        return lanes.RequestExecutor, None
    # psycopg is an extra, and without it nothing here is needed.
    from bolt_django.greenlets.executor import FiberExecutor
    from bolt_django.postgresql.connections import make_connections

    return FiberExecutor, make_connections
