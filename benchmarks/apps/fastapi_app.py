"""FastAPI, served by uvicorn."""

import asyncio
import time
from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from benchmarks.apps import payloads

app = FastAPI(openapi_url=None)


class User(BaseModel):
    name: str
    email: str
    age: int


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


@app.post("/users")
async def create_user(user: User) -> User:
    return user


@app.post("/documents")
async def create_document(document: Document):
    return {"title": document.title, "count": len(document.items)}


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
