"""Routes that tell where async ORM calls run."""

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from bolt_core import BoltAPI
from bolt_core.responses import StreamingResponse
from bolt_django.transactions import aatomic
from django.db import connection, connections
from django.db.models import Case, CharField, FloatField, Func, IntegerField, Prefetch, Value, When
from django.db.models.functions import Cast
from django.db.models.signals import post_save
from django.utils import timezone, translation
from django.utils.translation import get_language

from boltsite.library.models import Country, Publisher, Tag
from boltsite.shop.models import Product

api = BoltAPI(prefix="/fibers")


class _Sleep(Func):
    function = "pg_sleep"
    output_field = CharField()


@api.get("/sleep")
async def sleep(seconds: float = 0.2) -> dict[str, Any]:
    """Sleep in the database, in a plain ORM call."""
    await Product.objects.filter(name="axe").annotate(slept=_slept(seconds)).values_list("slept").afirst()
    return {}


class _Observed(Value):
    """An expression of the project's: its code, told in `seen`, runs where the query is made."""

    def __init__(self, seen: list[Any], look: Callable[[], Any]) -> None:
        super().__init__("observed", output_field=CharField())
        # An expression is copied before, with what it refers to.
        self.look = lambda: seen.append(look())

    def __deepcopy__(self, memo: object) -> "_Observed":
        return self

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """As of `Value`."""
        self.look()
        return super().as_sql(compiler, connection)


@api.get("/thread-of-query")
async def thread_of_query() -> dict[str, Any]:
    """The threads of the loop, of a plain query, of what stands before queries, and of a function of the project's."""
    plain: list[str] = []
    wrapped: list[str] = []
    pids: list[int] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        wrapped.append(_thread())
        pids.append(context["connection"].connection.info.backend_pid)
        return execute(sql, params, many, context)

    def own() -> str:
        pids.append(_pid("default"))
        connection.execute_wrappers.append(look)
        return _thread()

    looked = Product.objects.annotate(looked=_Observed(plain, _thread))
    await looked.aget(name="axe")
    own_thread = await sync_to_async(own)()
    await looked.aget(name="axe")
    await sync_to_async(connection.execute_wrappers.clear)()
    return {"loop": _thread(), "plain": plain, "wrapped": wrapped, "own": own_thread, "pids": pids}


def _thread() -> str:
    return threading.current_thread().name


@api.get("/writes")
async def writes() -> dict[str, Any]:
    """Every way of writing, and reading in steps that is broken off."""
    await Product.objects.filter(name__startswith="fiber").adelete()
    await Product.objects.acreate(name="fiber 1")
    await Product.objects.abulk_create([Product(name=f"fiber {number}") for number in range(2, 9)])
    _, created = await Product.objects.aget_or_create(name="fiber 1")
    names = [
        product.name async for product in Product.objects.filter(name__startswith="fiber").order_by("pk").aiterator(2)
    ]
    async with contextlib.aclosing(Product.objects.order_by("pk").aiterator(1)) as some:
        async for _ in some:
            break
    count = await Product.objects.filter(name__startswith="fiber").acount()
    await Product.objects.filter(name__startswith="fiber").adelete()
    return {"names": names, "created": created, "count": count}


def _slept(seconds: float) -> Cast:
    return Cast(_Sleep(Value(seconds, output_field=FloatField())), CharField())


@api.get("/abandoned")
async def abandoned(way: str) -> None:
    """Wait for the database in a block, or in the middle of an iteration, all in plain calls."""
    await Tag.objects.aget_or_create(name="first")
    if way == "block":
        async with aatomic():
            await Tag.objects.acreate(name="abandoned")
            await Tag.objects.annotate(slept=_slept(60)).values_list("slept").afirst()
    elif way == "step":
        # The first row is read, and the second takes its time.
        rows = Product.objects.order_by("name").annotate(slept=Case(When(name="bow", then=_slept(60)), default=None))
        async for row in rows.aiterator(1):
            print("read", row.name, flush=True)
    else:
        async for product in Product.objects.order_by("name").aiterator(1):
            print("read", product.name, flush=True)
            await asyncio.Event().wait()


@api.get("/peeked")
async def peeked() -> StreamingResponse:
    """Read the first row in the handler, and the others in its stream."""
    rows = Product.objects.order_by("name").aiterator(1)
    first = await anext(rows)

    async def rest() -> AsyncIterator[str]:
        yield first.name
        await asyncio.sleep(0.1)
        async for row in rows:
            yield f" {row.name}"

    return StreamingResponse(rest())


_who: contextvars.ContextVar[str] = contextvars.ContextVar("who")


@api.get("/context")
async def context(who: str, language: str, zone: str) -> list[list[str]]:
    """What the request's own variables are before, in and after queries of the request."""
    before = _who.get("nobody")
    _who.set(who)
    translation.activate(language)
    timezone.activate(zone)
    seen: list[Any] = [[before]]

    def own() -> tuple[Any, ...]:
        return _who.get(), get_language(), timezone.get_current_timezone_name()

    for _ in range(4):
        looks = _Observed(seen, own)
        await Tag.objects.annotate(slept=_slept(0.02), looks=looks).values_list("slept", "looks").afirst()
        seen.append(own())
    return [list(each) for each in seen]


@api.get("/routed")
async def routed() -> dict[str, Any]:
    """Blocks on two databases at once, of which the inner one is rolled back; and how many connections there are."""
    with contextlib.suppress(ZeroDivisionError):
        async with aatomic(), aatomic("other"):
            await Country.objects.acreate(code="zz", name="of default")
            await Tag.objects.acreate(name="of other")
            pids = [await sync_to_async(_pid)(alias) for alias in ("default", "other")]
            raise ZeroDivisionError
    left = [await Country.objects.filter(code="zz").acount(), await Tag.objects.filter(name="of other").acount()]
    async with aatomic("other"):
        tag = await Tag.objects.acreate(name="of other")
    await Country.objects.acreate(code="zz", name="of default")
    kept = [await Country.objects.filter(code="zz").acount(), await Tag.objects.filter(name="of other").acount()]
    await tag.adelete()
    await Country.objects.filter(code="zz").adelete()
    return {"pids": pids, "left": left, "kept": kept}


def _pid(alias: str) -> int:
    return int(connections[alias].connection.info.backend_pid)


@api.get("/receiver")
async def receiver() -> dict[str, Any]:
    """A receiver that comes back to the loop for a query."""
    found: list[int] = []

    def counts(sender: object, **kwargs: Any) -> None:
        async def count() -> None:
            await asyncio.sleep(0)
            found.append(await Country.objects.filter(code="yy").acount())

        async_to_sync(count)()

    post_save.connect(counts, sender=Country)
    try:
        async with aatomic():
            country = await Country.objects.acreate(code="yy", name="received")
            country.name = "changed"
            await country.asave()
    finally:
        post_save.disconnect(counts, sender=Country)
    await country.adelete()
    return {"found": found, "left": await Country.objects.filter(code="yy").acount()}


_opened = threading.Event()


@api.get("/blocks")
async def blocks() -> dict[str, Any]:
    """A function of the project's that blocks, between two plain calls."""
    await Tag.objects.acount()
    print("blocks", flush=True)
    opened = await sync_to_async(_opened.wait)(20)
    await Tag.objects.acount()
    return {"opened": opened}


@api.get("/opens")
async def opens() -> dict[str, Any]:
    """What it waits for."""
    count = await Tag.objects.acount()
    _opened.set()
    return {"count": count}


@api.get("/beside-a-block")
async def beside_a_block() -> dict[str, Any]:
    """What a coroutine finds while a call of a transaction is under way."""
    async with aatomic():
        query = asyncio.ensure_future(Tag.objects.annotate(slept=_slept(0.1)).values_list("slept").afirst())
        await asyncio.sleep(0.02)
        inside = connection.in_atomic_block
        await query
    return {"inside": inside}


class _Series(Func):
    """A row for each number; tells `look` of each that becomes an object."""

    function = "generate_series"
    set_returning = True
    output_field = IntegerField()

    def __init__(self, most: int, look: Callable[[], Any]) -> None:
        super().__init__(Value(1), Value(most))
        self.look = look

    def get_db_converters(self, connection: object) -> list[Any]:
        """As of `Func`, and what looks."""
        return [lambda value, expression, connection: self.look()]


@api.get("/long")
async def long(way: str, rows: int) -> dict[str, Any]:
    """How often the loop goes round while the rows of one result become objects, and what came of them."""
    rounds = 0
    seen: list[int] = []

    async def go_round() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await asyncio.sleep(0.001)

    def look() -> int:
        seen.append(rounds)
        return len(seen)

    going = asyncio.ensure_future(go_round())
    many = Product.objects.filter(name="axe").annotate(number=_Series(rows, look))
    if way == "models":
        numbers = [product.number async for product in many]
    else:
        numbers = [number async for number in many.values_list("number", flat=True)]
    going.cancel()
    return {"rounds": len(set(seen)), "numbers": [numbers[0], numbers[-1], len(numbers)]}


@api.get("/prefetched")
async def prefetched(parents: int) -> dict[str, Any]:
    """Where relations of so many objects are fetched."""
    codes = [f"{number:02x}" for number in range(parents)]
    await Country.objects.abulk_create([Country(code=code) for code in codes])
    await Publisher.objects.abulk_create([Publisher(name=f"in {code}", country_id=code) for code in codes])
    seen: list[str] = []
    inner = Publisher.objects.annotate(looked=_Observed(seen, _thread))
    countries = Country.objects.filter(code__in=codes).prefetch_related(Prefetch("publishers", inner))
    found = [country.publishers.all()[0].name async for country in countries.order_by("code")]
    await sync_to_async(Country.objects.filter(code__in=codes).delete)()
    await sync_to_async(Publisher.objects.filter(name__startswith="in ").delete)()
    return {"loop": _thread(), "threads": seen, "found": [len(found), found[0], found[-1]]}
