"""An API with names, for URLs and for Django's own handlers that serve it."""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Any

from bolt_core import BoltAPI, Form, Path, PlainText, Request, Response, StreamingResponse
from django.db import transaction

from boltsite.shop.models import Product

api = BoltAPI(prefix="/gate", namespace="gate")
cancelled = threading.Event()
life: list[str] = []


@api.on_startup
async def begin() -> None:
    life.append("startup")


@api.on_shutdown
async def end() -> None:
    life.append("shutdown")


@api.get("/items/{item_id}", name="item")
async def item(item_id: Annotated[int, Path(ge=1)], q: str = "") -> dict[str, Any]:
    return {"item": item_id, "q": q}


@api.get("/things/{thing}")
def thing(thing: uuid.UUID) -> dict[str, Any]:
    return {"thing": thing}


@api.get("/files/{rest:path}", name="file")
async def file(rest: str) -> dict[str, str]:
    return {"rest": rest}


@api.get("/café/{name}.txt", name="menu")
async def menu(name: str) -> dict[str, str]:
    return {"name": name}


@api.get("/twins/a")
@api.get("/twins/b")
async def twins() -> None: ...


@api.post("/add")
def add(data: dict[str, str]) -> dict[str, Any]:
    made = Product.objects.create(name=data["name"])
    return {"id": made.pk, "atomic": transaction.get_connection().in_atomic_block}


@api.get("/names")
async def names() -> list[str]:
    return [product.name async for product in Product.objects.order_by("name")]


@api.post("/form")
def form(title: Annotated[str, Form(max_length=5)]) -> dict[str, str]:
    return {"title": title}


@api.post("/echo", stream_body=True)
async def echo(request: Request) -> Any:
    read = [chunk async for chunk in request.stream()]

    async def parts() -> AsyncIterator[bytes]:
        for chunk in read:
            yield chunk

    return StreamingResponse(parts(), media_type="application/octet-stream")


@api.get("/who")
async def who(request: Request) -> dict[str, Any]:
    user = await request.auser()
    return {"user": user.get_username(), "scheme": request.scheme, "client": request.client and request.client.host}


@api.get("/who/sync")
def who_sync(request: Request) -> dict[str, Any]:
    return {"user": request.user.get_username(), "visits": request.session.get("visits")}


@api.post("/visit")
def visit(request: Request) -> dict[str, Any]:
    request.session["visits"] = request.session.get("visits", 0) + 1
    return {"visits": request.session["visits"]}


@api.get("/cookies")
async def cookies() -> Any:
    response = Response(b"", headers={"X-Own": "1"}, status_code=202)
    response.set_cookie("one", "a b", httponly=True, samesite="strict")
    response.set_cookie("two", "2", path="/gate")
    return response


@api.get("/broken")
async def broken() -> None:
    raise RuntimeError("on purpose")


@api.get("/cut")
async def cut() -> Any:
    async def parts() -> AsyncIterator[bytes]:
        yield b"begin"
        raise RuntimeError("on purpose")

    return StreamingResponse(parts())


@api.get("/wait")
async def wait() -> Any:
    async def parts() -> AsyncIterator[bytes]:
        yield b"begin"
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    return StreamingResponse(parts())


@api.get("/hang")
async def hang() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        cancelled.set()


@api.get("/numbers")
async def numbers(count: int = 3) -> Any:
    async def parts() -> AsyncIterator[str]:
        for number in range(count):
            yield f"{number}\n"

    return StreamingResponse(parts(), media_type="text/plain")


@api.get("/urls")
async def urls(request: Request) -> dict[str, str]:
    return {"path": api.url_for("item", item_id=3), "url": request.url_for("gate:item", item_id=3, query={"q": "ä"})}


@api.get("/slashed/")
async def slashed() -> PlainText:
    return PlainText("slashed")
