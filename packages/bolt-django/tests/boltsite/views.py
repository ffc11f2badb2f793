"""Django views that the fallback serves."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from boltsite.shop.models import Product


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    """What arrived."""
    meta = {key: value for key, value in request.META.items() if isinstance(value, str)}
    return JsonResponse(
        {
            "method": request.method,
            "path": request.path,
            "path_info": request.path_info,
            "get": request.GET.dict(),
            "post": request.POST.dict(),
            "files": {name: _start(file) for name, file in request.FILES.items()},
            "cookies": request.COOKIES,
            "scheme": request.scheme,
            "meta": meta,
            "thread": threading.current_thread().name,
        }
    )


def _start(file: Any) -> str:
    text: str = file.read().decode("latin-1")[:20]
    return text


@csrf_exempt
def body_length(request: HttpRequest) -> HttpResponse:
    """How many bytes arrived, read in pieces."""
    length = 0
    while piece := request.read(65536):
        length += len(piece)
    return JsonResponse({"length": length, "header": request.META.get("CONTENT_LENGTH")})


def stream(request: HttpRequest) -> HttpResponseBase:
    """Chunks with the thread that made each; the first query stays open over all of them."""
    count = int(request.GET.get("count", "3"))
    size = int(request.GET.get("size", "0"))
    fails = request.GET.get("fails") == "yes"

    def chunks() -> Iterator[bytes]:
        for number in range(count):
            yield json.dumps([number, threading.current_thread().name]).encode().ljust(size) + b"\n"
        if fails:
            raise RuntimeError("in the middle of a stream")

    return StreamingHttpResponse(chunks(), content_type="application/jsonl")


def stream_rows(request: HttpRequest) -> HttpResponseBase:
    """Rows from a cursor that the view opened, read while the reply is sent."""
    cursor = connection.cursor()
    cursor.execute("SELECT name FROM shop_product ORDER BY name")
    padding = " " * int(request.GET.get("size", "0"))

    def chunks() -> Iterator[str]:
        with cursor:
            while row := cursor.fetchone():
                yield row[0] + padding + "\n"

    return StreamingHttpResponse(chunks(), content_type="text/plain")


def stream_async(request: HttpRequest) -> HttpResponseBase:
    """Chunks from an asynchronous generator."""

    async def chunks() -> AsyncIterator[str]:
        async for product in Product.objects.order_by("name"):
            yield product.name + "\n"
            await asyncio.sleep(0)

    return StreamingHttpResponse(chunks(), content_type="text/plain")


def file(request: HttpRequest) -> HttpResponseBase:
    """This very file."""
    return FileResponse(Path(__file__).open("rb"), as_attachment=True, filename="views.py")


async def async_view(request: HttpRequest) -> HttpResponse:
    """An asynchronous view: the thread it runs on, and what the ORM says."""
    count = await Product.objects.acount()
    return JsonResponse({"thread": threading.current_thread().name, "count": count})


events: list[str] = []
"""What happened to `async_slow`."""


async def async_slow(request: HttpRequest) -> HttpResponse:
    """An asynchronous view that waits until it is cancelled."""
    events.append("begun")
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        events.append("cancelled")
        raise
    return HttpResponse("slow")


def slow(request: HttpRequest) -> HttpResponse:
    """A view that blocks its thread."""
    time.sleep(float(request.GET.get("seconds", "0.3")))
    return HttpResponse("slow")


def broken(request: HttpRequest) -> HttpResponse:
    """A view with an error."""
    raise ZeroDivisionError("a secret divisor")
