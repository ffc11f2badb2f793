"""Routes that tell where async ORM calls run."""

import contextlib
import threading
from typing import Any

from asgiref.sync import sync_to_async
from bolt_core import BoltAPI
from django.db import connection, transaction
from django.db.models import CharField, FloatField, Func, Value
from django.db.models.functions import Cast

from boltsite.shop.models import Product

api = BoltAPI(prefix="/fibers")


class _Sleep(Func):
    function = "pg_sleep"
    output_field = CharField()


@api.get("/sleep")
async def sleep(seconds: float = 0.2) -> dict[str, Any]:
    """Sleep in the database, in a plain ORM call."""
    slow = Cast(_Sleep(Value(seconds, output_field=FloatField())), CharField())
    await Product.objects.filter(name="axe").annotate(slept=slow).values_list("slept").afirst()
    return {}


@api.get("/thread-of-query")
async def thread_of_query() -> dict[str, Any]:
    """The threads of the loop, of a plain query, and of a function of the project's, and their connections."""
    seen: list[tuple[str, int]] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((threading.current_thread().name, context["connection"].connection.info.backend_pid))
        return execute(sql, params, many, context)

    def own() -> None:
        connection.execute_wrappers.append(look)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    await sync_to_async(own)()
    await Product.objects.aget(name="axe")
    await sync_to_async(connection.execute_wrappers.clear)()
    return {
        "loop": threading.current_thread().name,
        "threads": [name for name, _ in seen],
        "pids": [p for _, p in seen],
    }


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
    return {
        "names": names,
        "created": created,
        "count": await Product.objects.filter(name__startswith="fiber").acount(),
    }
