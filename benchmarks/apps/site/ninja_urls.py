"""Django Ninja, served by uvicorn."""

import asyncio
import time

from django.http import StreamingHttpResponse
from django.urls import path
from ninja import NinjaAPI, Schema

from benchmarks.apps import payloads
from benchmarks.apps.site import users

api = NinjaAPI(openapi_url=None)


class User(Schema):
    name: str
    email: str
    age: int


class Item(Schema):
    id: int
    name: str
    price: float
    in_stock: bool
    tags: list[str]
    description: str


class Document(Schema):
    title: str
    items: list[Item]


@api.get("/hello")
async def hello(request):
    return payloads.HELLO


@api.get("/hello-def")
def hello_def(request):
    return payloads.HELLO


@api.get("/items/{item_id}")
async def item(request, item_id: int, q: str, page: int = 1):
    return {"item_id": item_id, "q": q, "page": page}


@api.post("/users", response=User)
async def create_user(request, user: User):
    return user


@api.post("/documents")
async def create_document(request, document: Document):
    return {"title": document.title, "count": len(document.items)}


@api.get("/report")
async def report(request):
    return payloads.REPORT


@api.get("/sleep")
async def sleep(request):
    await asyncio.sleep(payloads.SLEEP_SECONDS)
    return payloads.HELLO


@api.get("/stream")
async def stream(request):
    async def generate():
        for chunk in payloads.CHUNKS:
            yield chunk

    return StreamingHttpResponse(generate(), content_type="text/event-stream")


@api.get("/orm/def")
def orm_def(request):
    return users.list_users()


@api.get("/orm/async")
async def orm_async(request):
    return await users.alist_users()


@api.get("/spin")
def spin(request, seconds: float):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return payloads.HELLO


urlpatterns = [path("", api.urls)]
