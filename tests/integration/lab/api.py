"""Handlers that block, fail, leak, or wait for a client to leave."""

import asyncio
import contextvars
import os
import threading
from typing import Annotated, Any

import msgspec
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone
from django_bolt import BoltAPI
from django_bolt.param_functions import Body

api = BoltAPI()

marker: contextvars.ContextVar[str] = contextvars.ContextVar("marker", default="unset")
gate = threading.Event()
# Appended to and counted only: both are atomic.
waiting: list[str] = []
cancelled: list[str] = []


class Item(msgspec.Struct):
    """A small body."""

    name: str
    weight: float = 0.0


@api.get("/hello")
async def hello() -> dict[str, str]:
    """Answer at once."""
    return {"message": "hello"}


@api.get("/pid")
async def pid() -> int:
    """Tell which process answers."""
    return os.getpid()


@api.get("/context/async")
async def context_async(value: str) -> list[str]:
    """Tell what this request found, then leave something behind."""
    found = [marker.get(), timezone.get_current_timezone_name()]
    marker.set(value)
    timezone.activate("Asia/Tokyo")
    await asyncio.sleep(0)
    return [*found, marker.get(), timezone.get_current_timezone_name()]


@api.get("/context/sync")
def context_sync(value: str) -> list[str]:
    """The same from a pool thread, which outlives the request."""
    found = [marker.get(), timezone.get_current_timezone_name()]
    marker.set(value)
    timezone.activate("Asia/Tokyo")
    return [*found, marker.get(), timezone.get_current_timezone_name()]


@api.get("/gate/wait")
def gate_wait() -> str:
    """Block a pool thread until the gate opens."""
    waiting.append("gate")
    return "open" if gate.wait(timeout=30) else "timed out"


@api.get("/gate/open")
async def gate_open() -> str:
    """Open the gate."""
    gate.set()
    return "opened"


@api.get("/leave/wait")
async def leave_wait(key: str) -> None:
    """Wait for ever, and note the cancellation that ends it."""
    waiting.append(key)
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        cancelled.append(key)
        raise


@api.get("/leave/stay", cancel_on_disconnect=False)
async def leave_stay(key: str) -> None:
    """Wait for the gate, whatever the client does."""
    waiting.append(key)
    try:
        while not gate.is_set():
            await asyncio.sleep(0.001)
        waiting.append(key + "-finished")
    except asyncio.CancelledError:
        cancelled.append(key)
        raise


@api.get("/seen")
async def seen() -> dict[str, list[str]]:
    """Tell who waits and who was cancelled."""
    return {"waiting": waiting, "cancelled": cancelled}


@api.post("/json")
async def any_json(data: Annotated[Any, Body()]) -> Any:
    """Give back whatever JSON came."""
    return data


@api.post("/items")
async def item(data: Item) -> Item:
    """Give back a validated body."""
    return data


@api.get("/typed/{number}")
async def typed(number: int, ratio: float = 1.0) -> dict[str, float]:
    """Give back typed parameters."""
    return {"number": number, "ratio": ratio}


@api.get("/fail/async")
async def fail_async() -> None:
    """Fail on the event loop."""
    raise RuntimeError("the asynchronous secret")


@api.get("/fail/sync")
def fail_sync() -> None:
    """Fail on a pool thread."""
    raise RuntimeError("the synchronous secret")


@api.get("/users/sync")
def users_sync() -> list[str]:
    """List users from a `def` handler."""
    return sorted(User.objects.values_list("username", flat=True))


@api.get("/users/async")
async def users_async() -> list[str]:
    """List users from an `async def` handler."""
    return sorted([user.username async for user in User.objects.all()])


@api.post("/users/sync")
def create_sync(name: str) -> int:
    """Create a user from a `def` handler."""
    return User.objects.create(username=name).pk


@api.post("/users/async")
async def create_async(name: str) -> int:
    """Create a user from an `async def` handler."""
    return (await User.objects.acreate(username=name)).pk


def _send_on_commit() -> None:
    transaction.on_commit(lambda: mail.send_mail("committed", "", None, ["a@example.org"]))


@api.post("/mail/sync")
def mail_sync() -> None:
    """Send a mail once the transaction is committed."""
    _send_on_commit()


@api.post("/mail/async")
async def mail_async() -> None:
    """The same from an `async def` handler."""
    await sync_to_async(_send_on_commit)()


@api.get("/language/sync")
def language_sync() -> str:
    """Tell a setting."""
    return settings.LANGUAGE_CODE


@api.get("/language/async")
async def language_async() -> str:
    """Tell a setting."""
    return settings.LANGUAGE_CODE


@api.get("/bridge")
def bridge() -> list[str]:
    """Call asynchronous code from a `def` handler."""
    return async_to_sync(users_async)()


def _connection() -> int:
    connection.ensure_connection()
    return id(connection.connection)


@api.get("/connection/sync")
def connection_sync() -> int:
    """Tell which database connection is used."""
    return _connection()


@api.get("/connection/async")
async def connection_async() -> int:
    """The same from an `async def` handler."""
    return await sync_to_async(_connection)()
