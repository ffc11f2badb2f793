"""Handlers that use a database well and badly."""

import asyncio
import collections
import contextvars
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.db.backends.signals import connection_created
from django.db.models import CharField, Func, Value
from django.db.models.functions import Cast
from django.dispatch import receiver
from django.utils import timezone, translation
from django_bolt import BoltAPI
from django_bolt.db import aatomic
from django_bolt.responses import StreamingResponse

from faultsite.models import Entry

api = BoltAPI()


# Every connection that this process has opened and not closed, and how many there were at most.
opened: list[Any] = []
most = 0


@receiver(connection_created)
def count_connections(sender: object, connection: Any, **kwargs: Any) -> None:
    global most
    opened[:] = [one for one in opened if not one.closed] + [connection.connection]
    most = max(most, len(opened))


@api.get("/connections")
async def connections() -> dict[str, int]:
    return {"open": sum(not one.closed for one in opened), "most": most}


def ask(sql: str) -> Any:
    """The first column of the first row."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def backend() -> int:
    """The server's process of this connection."""
    return int(ask("SELECT pg_backend_pid()"))


aask = sync_to_async(ask)
abackend = sync_to_async(backend)


@api.get("/hello")
async def hello() -> dict[str, str]:
    return {"hello": "world"}


@api.get("/sync")
def sync() -> dict[str, int]:
    return {"pid": backend(), "count": Entry.objects.count()}


@api.get("/async")
async def asynchronous(pause: float = 0.0) -> dict[str, Any]:
    """The connections of three calls of one request."""
    pids = [await abackend()]
    count = await Entry.objects.acount()
    await asyncio.sleep(pause)
    return {"pids": [*pids, await abackend()], "count": count}


@api.get("/sync/sleep")
def sync_sleep(seconds: float) -> dict[str, int]:
    ask(f"SELECT pg_sleep({seconds})")
    return {"pid": backend()}


@api.get("/async/sleep")
async def async_sleep(seconds: float) -> dict[str, int]:
    await aask(f"SELECT pg_sleep({seconds})")
    return {"pid": await abackend()}


class Where(Value):
    """Tells the thread that its query is made on."""

    threads: ClassVar[collections.deque[str]] = collections.deque(maxlen=1)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        self.threads.append(threading.current_thread().name)
        return super().as_sql(compiler, connection)


@api.get("/orm/where")
async def orm_where() -> dict[str, bool]:
    """Whether a call of the ORM's own is made on the thread of the loop."""
    await Entry.objects.annotate(here=Where("", output_field=CharField())).values("here").afirst()
    return {"on_loop": Where.threads[0] == threading.current_thread().name}


@api.get("/orm/reads")
async def orm_reads(pause: float = 0.0) -> dict[str, int]:
    """The ORM's own calls: rows, values and steps."""
    first = await Entry.objects.order_by("pk").afirst()
    await asyncio.sleep(pause)
    found = [entry.pk async for entry in Entry.objects.order_by("pk")[:20]]
    async for pk in Entry.objects.order_by("pk").values_list("pk", flat=True).aiterator(10):
        found.append(pk)
        if len(found) == 50:
            break
    return {"first": first.pk if first else 0, "found": len(found), "count": await Entry.objects.acount()}


@api.get("/orm/writes")
async def orm_writes() -> dict[str, int]:
    """A row that is written and deleted, and one that is rolled back, in blocks over several calls."""
    async with aatomic():
        entry = await Entry.objects.acreate(text="for a moment")
        await asyncio.sleep(0)
        await Entry.objects.filter(pk=entry.pk).adelete()
    try:
        async with aatomic():
            entry = await Entry.objects.acreate(text="rolled back")
            raise LookupError
    except LookupError:
        return {"left": await Entry.objects.filter(pk=entry.pk).acount()}


def calling(function: str, *args: Value | Func) -> Any:
    """A query of one row that calls a function of the server's."""
    called = Cast(Func(*args, function=function, output_field=CharField()), CharField())
    return Entry.objects.annotate(called=called).values_list("called")


@api.get("/orm/sleep")
async def orm_sleep(seconds: float) -> None:
    """A transaction of the ORM's own calls, with the pause in one of them."""
    async with aatomic():
        await Entry.objects.acreate(text="before the pause")
        await calling("pg_sleep", Value(seconds)).afirst()


@api.get("/orm/dies")
async def orm_dies() -> None:
    await calling("pg_terminate_backend", Func(function="pg_backend_pid")).afirst()


@api.post("/write")
def write(text: str) -> dict[str, int]:
    with transaction.atomic():
        return {"pk": Entry.objects.create(text=text).pk}


@api.post("/async/write")
async def async_write(text: str) -> dict[str, int]:
    return {"pk": (await Entry.objects.acreate(text=text)).pk}


def enter() -> transaction.Atomic:
    block = transaction.atomic()
    block.__enter__()
    return block


@api.get("/hold")
async def hold(seconds: float) -> dict[str, Any]:
    """A transaction over an await: its connection before and after it."""
    block = await sync_to_async(enter)()
    await aask("SET LOCAL bolt.held = 'mine'")
    pids = [await abackend()]
    await asyncio.sleep(seconds)
    pids.append(await abackend())
    held = await aask("SELECT current_setting('bolt.held', true)")
    await sync_to_async(block.__exit__)(None, None, None)
    return {"pids": pids, "held": held}


@api.get("/session-state")
async def session_state(name: str) -> dict[str, Any]:
    """What is set on a connection, outside of any transaction, is there in the request's later calls."""
    await aask(f"SET bolt.mine = '{name}'")
    await aask("CREATE TEMPORARY TABLE IF NOT EXISTS bolt_mine (name text)")
    await aask(f"INSERT INTO bolt_mine VALUES ('{name}')")
    await asyncio.sleep(0.02)
    found = await aask("SELECT current_setting('bolt.mine', true)")
    rows = await aask(f"SELECT count(*) FROM bolt_mine WHERE name = '{name}'")
    await aask("DROP TABLE bolt_mine")
    return {"mine": found, "rows": rows}


# Referred to for a while, as by a cycle that waits for the collector.
kept: collections.deque[Any] = collections.deque(maxlen=10)


def leave(how: str) -> None:
    if how == "atomic":
        enter()
    elif how == "begin":
        ask("BEGIN")
    elif how == "autocommit":
        transaction.set_autocommit(False)
    elif how == "cursor":
        rows = Entry.objects.iterator(chunk_size=1)
        next(rows)
        kept.append(rows)
        return
    Entry.objects.create(text="left behind")


@api.get("/leave/sync")
def leave_sync(how: str) -> dict[str, int]:
    leave(how)
    return {"pid": backend()}


@api.get("/leave/async")
async def leave_async(how: str) -> dict[str, int]:
    await sync_to_async(leave)(how)
    return {"pid": await abackend()}


@api.get("/open")
def is_open() -> dict[str, Any]:
    return {"open": connection.in_atomic_block, "autocommit": connection.get_autocommit(), "pid": backend()}


@api.get("/aopen")
async def ais_open() -> Any:
    return await sync_to_async(is_open)()


@api.get("/aiterate")
async def aiterate(pause: float = 0.0) -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        async for entry in Entry.objects.order_by("pk").aiterator(chunk_size=50):
            yield entry.text + "\n"
            if pause:
                await asyncio.sleep(pause)

    return StreamingResponse(lines(), media_type="text/plain")


@api.get("/iterate")
def iterate(atomic: bool = False) -> StreamingResponse:
    def rows() -> Iterator[str]:
        for entry in Entry.objects.order_by("pk").iterator(chunk_size=50):
            yield entry.text + "\n"

    def lines() -> Iterator[str]:
        if not atomic:
            yield from rows()
            return
        with transaction.atomic():
            yield from rows()

    return StreamingResponse(lines(), media_type="text/plain")


def write_around_a_pause(seconds: float = 20) -> None:
    with transaction.atomic():
        Entry.objects.create(text="before the pause")
        ask(f"SELECT pg_sleep({seconds})")
        Entry.objects.create(text="after the pause")


def write_again_and_again() -> None:
    for _ in range(3):
        try:
            Entry.objects.create(text="again")
            ask("SELECT pg_sleep(20)")
        except Exception:
            pass


@api.get("/slow-write")
async def slow_write(stubborn: bool = False, seconds: float = 20) -> None:
    if stubborn:
        await sync_to_async(write_again_and_again)()
    else:
        await sync_to_async(write_around_a_pause)(seconds)


@api.get("/slow-transaction")
async def slow_transaction() -> None:
    """A transaction of several calls, with the pause in one of them."""
    block = await sync_to_async(enter)()
    await Entry.objects.acreate(text="before the pause")
    await aask("SELECT pg_sleep(20)")
    await sync_to_async(block.__exit__)(None, None, None)


@api.get("/gives-up")
async def gives_up() -> dict[str, Any]:
    """A query that its own handler cancels; the request goes on."""
    try:
        async with asyncio.timeout(0.1):
            await aask("SELECT pg_sleep(20)")
    except TimeoutError:
        pass
    return {"pid": await abackend()}


@api.get("/dies")
def dies() -> Any:
    return ask("SELECT pg_terminate_backend(pg_backend_pid())")


@api.get("/adies")
async def adies() -> Any:
    return await aask("SELECT pg_terminate_backend(pg_backend_pid())")


@api.get("/wrong")
def wrong() -> Any:
    return ask("SELECT nothing FROM nowhere")


mine: contextvars.ContextVar[str] = contextvars.ContextVar("mine", default="nobody's")


def change(name: str) -> None:
    mine.set(name)
    timezone.activate("Asia/Tokyo")
    translation.activate("de")


def seen() -> dict[str, str]:
    return {"mine": mine.get(), "zone": timezone.get_current_timezone_name(), "language": translation.get_language()}


@api.get("/context/sync")
def context_sync(name: str = "") -> dict[str, str]:
    before = seen()
    if name:
        change(name)
    return before


@api.get("/context/async")
async def context_async(name: str = "") -> dict[str, str]:
    before = seen()
    if name:
        change(name)
        await asyncio.sleep(0)
    return before


@api.get("/context/lane")
async def context_lane(name: str = "") -> dict[str, str]:
    before: dict[str, str] = await sync_to_async(seen)()
    if name:
        await sync_to_async(change)(name)
    return before
