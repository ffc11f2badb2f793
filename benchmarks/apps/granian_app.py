"""Granian's own protocol, RSGI, with no framework on top: msgspec reads and writes, a dict routes."""

import asyncio
import os
from http.cookies import SimpleCookie
from urllib.parse import parse_qs

import msgspec

from benchmarks.apps import payloads, structs

encode = msgspec.json.Encoder().encode
JSON = [("content-type", "application/json")]


decode_user = msgspec.json.Decoder(structs.User).decode
decode_document = msgspec.json.Decoder(structs.Document).decode


async def hello(scope, protocol):
    return payloads.HELLO


async def item(scope, protocol):
    query = parse_qs(scope.query_string)
    return {"item_id": int(scope.path.rsplit("/", 1)[1]), "q": query["q"][-1], "page": int(query["page"][-1])}


async def search(scope, protocol):
    query, cookies = parse_qs(scope.query_string), SimpleCookie(scope.headers["cookie"])
    return {
        "q": query["q"][-1],
        "page": int(query["page"][-1]),
        "in_stock": query["in_stock"][-1] == "true",
        "request": scope.headers["x-request-id"],
        "session": cookies["session"].value,
    }


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
    "/search": search,
    "/users": create_user,
    "/documents": create_document,
    "/report": report,
    "/sleep": sleep,
}


async def app(scope, protocol):
    if scope.path == "/file":
        protocol.response_file(200, [("content-type", "application/octet-stream")], os.environ["BENCH_FILE"])
        return
    if scope.path == "/stream":
        transport = protocol.response_stream(200, [("content-type", "text/event-stream")])
        for chunk in payloads.CHUNKS:
            await transport.send_str(chunk)
        return
    handler = ROUTES["/" + scope.path.split("/", 2)[1]]
    protocol.response_bytes(200, JSON, encode(await handler(scope, protocol)))
