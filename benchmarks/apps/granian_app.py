"""Granian's own protocol, RSGI, with no framework on top: msgspec reads and writes, a dict routes."""

import asyncio
from urllib.parse import parse_qs

import msgspec

from benchmarks.apps import payloads

encode = msgspec.json.Encoder().encode
JSON = [("content-type", "application/json")]


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


decode_user = msgspec.json.Decoder(User).decode
decode_document = msgspec.json.Decoder(Document).decode


async def hello(scope, protocol):
    return payloads.HELLO


async def item(scope, protocol):
    query = parse_qs(scope.query_string)
    return {"item_id": int(scope.path.rsplit("/", 1)[1]), "q": query["q"][-1], "page": int(query["page"][-1])}


async def create_user(scope, protocol):
    return decode_user(await protocol())


async def create_document(scope, protocol):
    document = decode_document(await protocol())
    return {"title": document.title, "count": len(document.items)}


async def report(scope, protocol):
    return payloads.REPORT


async def sleep(scope, protocol):
    await asyncio.sleep(payloads.SLEEP_SECONDS)
    return payloads.HELLO


ROUTES = {
    "/hello": hello,
    "/items": item,
    "/users": create_user,
    "/documents": create_document,
    "/report": report,
    "/sleep": sleep,
}


async def app(scope, protocol):
    if scope.path == "/stream":
        transport = protocol.response_stream(200, [("content-type", "text/event-stream")])
        for chunk in payloads.CHUNKS:
            await transport.send_str(chunk)
        return
    handler = ROUTES["/" + scope.path.split("/", 2)[1]]
    protocol.response_bytes(200, JSON, encode(await handler(scope, protocol)))
