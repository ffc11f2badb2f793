"""FastAPI, served by uvicorn."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Cookie, FastAPI, Header
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel
from starlette.responses import JSONResponse

from benchmarks.apps import payloads

app = FastAPI(openapi_url=None)


class User(BaseModel):
    name: str
    email: str
    age: int


class Signup(BaseModel):
    name: str
    email: str
    age: int
    newsletter: bool
    tags: list[str]


class Item(BaseModel):
    id: int
    name: str
    price: float
    in_stock: bool
    tags: list[str]
    description: str


class Document(BaseModel):
    title: str
    items: list[Item]


@app.get("/hello")
async def hello():
    return payloads.HELLO


@app.get("/hello-def")
def hello_def():
    return payloads.HELLO


@app.get("/items/{item_id}")
async def item(item_id: int, q: str, page: int = 1):
    return {"item_id": item_id, "q": q, "page": page}


@app.get("/search")
async def search(
    q: str,
    page: int,
    in_stock: bool,
    x_request_id: Annotated[str, Header()],
    session: Annotated[str, Cookie()],
):
    return {"q": q, "page": page, "in_stock": in_stock, "request": x_request_id, "session": session}


@app.post("/users")
async def create_user(user: User) -> User:
    return user


@app.post("/documents")
async def create_document(document: Document):
    return {"title": document.title, "count": len(document.items)}


@app.post("/signups")
async def sign_up(signup: Signup):
    return signup


async def receive(request):
    """Starlette's own form, without FastAPI's work on top of it: its throughput is what the target names."""
    async with request.form() as form:
        upload = form["upload"]
        await upload.seek(upload.size - 8)
        return JSONResponse({"name": upload.filename, "size": upload.size, "tail": (await upload.read(8)).hex()})


async def receive_huge(request):
    async with request.form() as form:
        return JSONResponse({"size": form["upload"].size})


app.add_route("/upload", receive, methods=["POST"])
app.add_route("/upload/huge", receive_huge, methods=["POST"])


@app.get("/file")
async def file():
    return FileResponse(os.environ["BENCH_FILE"])


@app.get("/file/huge")
async def huge_file():
    return FileResponse(os.environ["BENCH_HUGE_FILE"])


@app.get("/report")
async def report():
    return payloads.REPORT


@app.get("/sleep")
async def sleep():
    await asyncio.sleep(payloads.SLEEP_SECONDS)
    return payloads.HELLO


@app.get("/stream")
async def stream():
    async def generate() -> AsyncIterator[str]:
        for chunk in payloads.CHUNKS:
            yield chunk

    return StreamingResponse(generate(), media_type="text/event-stream")


@app.get("/spin")
def spin(seconds: float):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return payloads.HELLO
