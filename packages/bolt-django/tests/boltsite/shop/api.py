"""The shop's own API."""

import asyncio
import contextlib
import gzip
import io
import os
import threading
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from bolt_core import BoltAPI
from bolt_core.background import BackgroundTasks
from bolt_django.transactions import aatomic
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import connection, transaction
from django.db.models.functions import Upper
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy

from boltsite.shop.models import Product

api = BoltAPI(prefix="/shop")


@api.get("/pid")
async def pid() -> dict[str, int]:
    return {"pid": os.getpid()}


@api.get("/slow")
async def slow(seconds: float = 0.5) -> dict[str, int]:
    await asyncio.sleep(seconds)
    return {"pid": os.getpid()}


@api.get("/block")
def block(seconds: float = 0.5) -> dict[str, int]:
    time.sleep(seconds)
    return {"pid": os.getpid()}


@api.get("/file")
def file() -> Any:
    return FileResponse(Path(__file__).open("rb"), as_attachment=True, filename="api.py")


@api.get("/file/async")
async def file_async() -> Any:
    return FileResponse(Path(__file__).open("rb"), headers={"ETag": '"own"'})  # noqa: ASYNC230


@api.get("/file/packed")
def file_packed() -> Any:
    return FileResponse(gzip.open(Path(__file__).with_name("packed.gz")), content_type="text/plain")


@api.get("/file/rest")
def file_rest() -> Any:
    opened = Path(__file__).open("rb")  # noqa: SIM115
    opened.seek(10)
    return FileResponse(opened)


@api.get("/file/memory")
def file_memory() -> Any:
    return FileResponse(io.BytesIO(b"in memory"), filename="a.txt")


@api.get("/products/sync")
def products_sync() -> Any:
    return Product.objects.order_by("name")


@api.get("/products/async")
async def products_async() -> list[dict[str, Any]]:
    return [{"name": product.name} async for product in Product.objects.order_by("name")]


@api.get("/products/queryset")
async def products_queryset() -> Any:
    return Product.objects.order_by("name")


@api.get("/products/values")
def products_values() -> Any:
    return Product.objects.order_by("name").values()


@api.get("/products/values-list")
def products_values_list() -> Any:
    return Product.objects.values_list("name", "api_key")


@api.get("/products/nested")
def products_nested() -> dict[str, Any]:
    return {"items": Product.objects.order_by("name"), "title": gettext_lazy("Products")}


@api.get("/products/{name}/")
async def product(name: str) -> Any:
    return await Product.objects.aget(name=name)


@api.post("/products")
def create(data: dict[str, str]) -> Any:
    return Product.objects.create(name=data["name"])


@api.get("/users")
def users() -> Any:
    return User.objects.order_by("pk")


@api.get("/thread")
async def thread() -> dict[str, Any]:
    """The threads that two calls of a request ran on, and whether a transaction held over both."""

    def name() -> str:
        return threading.current_thread().name

    block = transaction.atomic()

    def enter() -> bool:
        block.__enter__()
        return connection.in_atomic_block

    def inside() -> bool:
        held = connection.in_atomic_block
        transaction.set_rollback(True)
        block.__exit__(None, None, None)
        return held

    names = [await sync_to_async(name)()]
    await sync_to_async(enter)()
    await asyncio.sleep(0.01)
    held = await sync_to_async(inside)()
    names.append(await sync_to_async(name)())
    return {"names": names, "held": held}


@api.get("/abandoned-block")
async def abandoned_block(way: str) -> None:
    """Write in a block, and wait in it for what never comes: for the loop, or for the database."""
    try:
        async with aatomic():
            await Product.objects.acreate(name=f"abandoned {way}")
            print("block begun", flush=True)
            if way == "query":
                await sync_to_async(_ask)("SELECT pg_sleep(60)")
            await asyncio.Event().wait()
    finally:
        # The block is left by now.
        print("block left", asyncio.current_task().cancelling(), flush=True)  # type: ignore[union-attr]


@api.get("/timed-block")
async def timed_block() -> dict[str, Any]:
    """Write in a block that a timeout ends, and then on its own."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(None) as limit, aatomic():
            await Product.objects.acreate(name="abandoned in time")
            limit.reschedule(0)
            await asyncio.Event().wait()
    is_open = await sync_to_async(lambda: connection.in_atomic_block)()
    return {"open": is_open, "kept": (await Product.objects.acreate(name="kept")).name}


def _ask(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@api.get("/in-transaction")
async def in_transaction() -> dict[str, bool]:
    return {"open": await sync_to_async(lambda: connection.in_atomic_block)()}


@api.get("/leaves-open")
def leaves_open() -> dict[str, bool]:
    transaction.atomic().__enter__()
    Product.objects.create(name="never committed")
    return {"open": connection.in_atomic_block}


@api.get("/response")
def response() -> HttpResponse:
    made = HttpResponse("teapot", status=418, headers={"X-Made-By": "django"})
    made.set_cookie("one", "1")
    made.set_cookie("two", "2")
    return made


@api.get("/response/async")
async def response_async() -> HttpResponse:
    return HttpResponse("async", content_type="text/plain")


@api.get("/response/stream")
def response_stream() -> StreamingHttpResponse:
    return StreamingHttpResponse((f"{number}\n" for number in range(3)), content_type="text/plain")


closed_streams: list[str] = []


@api.get("/response/stream/async")
async def response_stream_async() -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        yield "part"

    response = StreamingHttpResponse(parts(), content_type="text/plain")
    response._resource_closers.append(lambda: closed_streams.append("async"))  # type: ignore[attr-defined]
    return response


@api.get("/response/lazy")
async def response_lazy() -> Any:
    return gettext_lazy("Products")


def _page() -> TemplateResponse:
    page = engines["django"].from_string("{{ products|length }} {{ products.first }}")
    return TemplateResponse(None, page, {"products": Product.objects.all()})  # type: ignore[arg-type]


@api.get("/template/sync")
def template_sync() -> TemplateResponse:
    Product.objects.create(name="axe")
    return _page()


@api.get("/template/async")
async def template_async() -> TemplateResponse:
    return _page()


_ERRORS: dict[str, BaseException] = {
    "404": Http404("a secret path"),
    "403": PermissionDenied("a secret reason"),
    "400": SuspiciousOperation("a secret attempt"),
    "422": ValidationError({"name": [ValidationError("too short", code="short")], "__all__": ["no"]}),
    "422-long": ValidationError("%(value)s is no choice", code="choice", params={"value": "secret-" + "x" * 500}),
    "422-list": ValidationError([ValidationError("one", code="first"), "two"]),
    "413": RequestDataTooBig("a secret size"),
    "500": ZeroDivisionError("a secret divisor"),
}


@api.get("/error/{status}")
def error(status: str) -> None:
    raise _ERRORS[status]


@api.get("/missing")
async def missing() -> Any:
    return await Product.objects.aget(name="there is none")


class Row(msgspec.Struct):
    """What a product becomes with a model: a property of the class among it."""

    name: str
    label: str = "unread"


class LastName(msgspec.Struct):
    """A field that has to be loaded."""

    name: str
    price: Decimal | None = None


@api.get("/async/nested")
async def async_nested() -> dict[str, Any]:
    return {"data": [{"items": Product.objects.order_by("name")}], "values": Product.objects.values()}


@api.get("/async/status")
async def async_status() -> Any:
    return Product.objects.order_by("name"), 203


@api.get("/async/model", response_model=list[Row])
async def async_model() -> Any:
    return Product.objects.order_by("name")


@api.get("/async/instance", response_model=Row)
async def async_instance() -> Any:
    return await Product.objects.aget()


@api.get("/async/deferred", response_model=dict[str, LastName])
async def async_deferred() -> Any:
    return {"product": await Product.objects.only("name").aget()}


@api.get("/async/broken", response_model=list[int])
async def async_broken() -> Any:
    return Product.objects.all()


@api.get("/async/fails")
async def async_fails() -> Any:
    return {"items": Product.objects.extra(where=["nonsense"])}


@api.get("/async/alias")
async def async_alias() -> Any:
    return Product.objects.values("name", leak=Upper("api_key"))


@api.get("/commit")
def commit(tasks: BackgroundTasks, rolled_back: bool = False) -> dict[str, int]:
    try:
        with transaction.atomic():
            tasks.add_task(ran.append, "committed", after_commit=True)
            if rolled_back:
                raise LookupError
    except LookupError:
        pass
    tasks.add_task(ran.append, "always")
    return {}


ran: list[str] = []
