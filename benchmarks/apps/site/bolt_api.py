"""django-bolt, served by runbolt."""

import asyncio
import os
import time
from typing import Annotated

from django_bolt import BoltAPI, UploadFile
from django_bolt.params import Cookie, File, Header
from django_bolt.responses import FileResponse, StreamingResponse

from benchmarks.apps import payloads
from benchmarks.apps.site import protected, users
from benchmarks.apps.structs import Document, Signup, User

api = BoltAPI()
api.include(protected.api)
FILE, HUGE_FILE = os.environ["BENCH_FILE"], os.environ["BENCH_HUGE_FILE"]


@api.get("/hello")
async def hello():
    return payloads.HELLO


@api.get("/hello-def")
def hello_def():
    return payloads.HELLO


@api.get("/items/{item_id}")
async def item(item_id: int, q: str, page: int = 1):
    return {"item_id": item_id, "q": q, "page": page}


@api.get("/search")
async def search(
    q: str,
    page: int,
    in_stock: bool,
    x_request_id: Annotated[str, Header()],
    session: Annotated[str, Cookie()],
):
    return {"q": q, "page": page, "in_stock": in_stock, "request": x_request_id, "session": session}


@api.post("/users")
async def create_user(user: User):
    return user


@api.post("/documents")
async def create_document(document: Document):
    return {"title": document.title, "count": len(document.items)}


@api.post("/signups")
async def sign_up(signup: Signup):
    return signup


@api.post("/upload")
async def receive(upload: Annotated[UploadFile, File()]):
    upload.seek(upload.size - 8)
    return {"name": upload.name, "size": upload.size, "tail": upload.read(8).hex()}


@api.post("/upload/huge", max_body_size=3 << 30)
async def receive_huge(upload: Annotated[UploadFile, File()]):
    return {"size": upload.size}


@api.get("/file")
async def file():
    return FileResponse(FILE)


@api.get("/file/huge")
async def huge_file():
    return FileResponse(HUGE_FILE)


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


@api.get("/orm/def/{pk}")
def orm_get_def(pk: int):
    return users.get_user(pk)


@api.get("/orm/async/{pk}")
async def orm_get_async(pk: int):
    return await users.aget_user(pk)


@api.get("/orm/sleep")
async def orm_sleep(seconds: float):
    return await users.asleep(seconds)


@api.get("/spin")
def spin(seconds: float):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return payloads.HELLO
