"""Database connections under the server: how many there are, whose they are, and when they end.

`def` handlers and Django's views run on the pool's threads, where a connection belongs to its thread and is reused
from request to request as CONN_MAX_AGE allows (`units`). What asgiref runs for an `async def` handler (`aget()`,
`async for`, `sync_to_async`) has a session, a set of connections that is one request's alone while the request needs
it (`sessions`, `sharing`). Streams keep theirs while their client reads (`leases`). `bounds` adds all of them up.
"""

from bolt_django.db.bounds import Bound, bounds, most_connections, server_limit
from bolt_django.db.errors import ConnectionsExhausted, RequestEnded, is_unreachable
from bolt_django.db.leases import Lease, StreamSteps
from bolt_django.db.sessions import Make, Place, Session
from bolt_django.db.sharing import SessionPool, session_pool, set_session_pool
from bolt_django.db.units import (
    after_unit,
    before_unit,
    close_all,
    close_pools,
    close_thread,
    discard,
    has_open_transaction,
    hidden,
    in_transaction,
    is_open,
    watch,
)

__all__ = [
    "Bound",
    "ConnectionsExhausted",
    "Lease",
    "Make",
    "Place",
    "RequestEnded",
    "Session",
    "SessionPool",
    "StreamSteps",
    "after_unit",
    "before_unit",
    "bounds",
    "close_all",
    "close_pools",
    "close_thread",
    "discard",
    "has_open_transaction",
    "hidden",
    "in_transaction",
    "is_open",
    "is_unreachable",
    "most_connections",
    "server_limit",
    "session_pool",
    "set_session_pool",
    "watch",
]
