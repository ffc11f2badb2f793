"""Django Ninja, served by uvicorn."""

import asyncio
import os
import time

from django.http import FileResponse, StreamingHttpResponse
from django.urls import path
from ninja import Cookie, File, Header, NinjaAPI, Schema, UploadedFile

from benchmarks.apps import payloads
from benchmarks.apps.site import users

api = NinjaAPI(openapi_url=None)


class User(Schema):
    name: str
    email: str
    age: int


class Signup(Schema):
    name: str
    email: str
    age: int
    newsletter: bool
    tags: list[str]


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


@api.get("/search")
async def search(request, q: str, page: int, in_stock: bool, x_request_id: Header[str], session: Cookie[str]):
    return {"q": q, "page": page, "in_stock": in_stock, "request": x_request_id, "session": session}


@api.post("/users", response=User)
async def create_user(request, user: User):
    return user


@api.post("/documents")
async def create_document(request, document: Document):
    return {"title": document.title, "count": len(document.items)}


@api.post("/signups")
async def sign_up(request, signup: Signup):
    return payloads.HELLO


@api.post("/upload")
async def receive(request, upload: File[UploadedFile]):
    upload.seek(upload.size - 8)
    return {"name": upload.name, "size": upload.size, "tail": upload.read(8).hex()}


@api.get("/file")
def file(request):
    return FileResponse(open(os.environ["BENCH_FILE"], "rb"))


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


@api.get("/orm/def/{pk}")
def orm_get_def(request, pk: int):
    return users.get_user(pk)


@api.get("/orm/async/{pk}")
async def orm_get_async(request, pk: int):
    return await users.aget_user(pk)


@api.get("/orm/sleep")
async def orm_sleep(request, seconds: float):
    return await users.asleep(seconds)


@api.get("/spin")
def spin(request, seconds: float):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return payloads.HELLO


urlpatterns = [path("", api.urls)]
