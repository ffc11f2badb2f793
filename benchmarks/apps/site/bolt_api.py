"""django-bolt, served by runbolt."""

import asyncio
import time

import msgspec
from django_bolt import BoltAPI
from django_bolt.responses import StreamingResponse

from benchmarks.apps import payloads
from benchmarks.apps.site import users

api = BoltAPI()


class User(msgspec.Struct):
    name: str
    email: str
    age: int


class Item(msgspec.Struct):
    id: int
    name: str
    price: float
    in_stock: bool
    tags: list[str]
    description: str


class Document(msgspec.Struct):
    title: str
    items: list[Item]


@api.get("/hello")
async def hello():
    return payloads.HELLO


@api.get("/hello-def")
def hello_def():
    return payloads.HELLO


@api.get("/items/{item_id}")
async def item(item_id: int, q: str, page: int = 1):
    return {"item_id": item_id, "q": q, "page": page}


@api.post("/users")
async def create_user(user: User):
    return user


@api.post("/documents")
async def create_document(document: Document):
    return {"title": document.title, "count": len(document.items)}


@api.get("/report")
async def report():
    return payloads.REPORT


@api.get("/sleep")
async def sleep():
    await asyncio.sleep(payloads.SLEEP_SECONDS)
    return payloads.HELLO


@api.get("/stream")
async def stream():
    async def generate():
        for chunk in payloads.CHUNKS:
            yield chunk

    return StreamingResponse(generate(), media_type="text/event-stream")


@api.get("/orm/def")
def orm_def():
    return users.list_users()


@api.get("/orm/async")
async def orm_async():
    return await users.alist_users()


@api.get("/spin")
def spin(seconds: float):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return payloads.HELLO
