"""Uploads are described, files given with ranges, events counted, cookies set."""

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from django_bolt import BoltAPI, UploadFile
from django_bolt.params import Body, File, Form, Header
from django_bolt.responses import HTML, JSON, EventSourceResponse, FileResponse, PlainText, ServerSentEvent

api = BoltAPI()

FILES = Path(os.environ["DEPOT_FILES"])
PAGE = Path(__file__).with_name("page.html").read_text()


@api.get("/")
async def page() -> HTML:
    """The page that the browser's tests begin on."""
    return HTML(PAGE)


def described(upload: UploadFile) -> dict[str, Any]:
    """What arrived of a file, with a digest of its content."""
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    about = {"name": upload.name, "size": upload.size, "content_type": upload.content_type}
    return {**about, "sha256": digest.hexdigest()}


@api.post("/upload")
def take(title: Annotated[str, Form()], upload: Annotated[UploadFile, File()]) -> dict[str, Any]:
    """Describe a form of one text and one file."""
    return {"title": title, **described(upload)}


@api.post("/uploads")
def take_many(uploads: Annotated[list[UploadFile], File()]) -> list[dict[str, Any]]:
    """Describe all files of one field, in their order."""
    return [described(upload) for upload in uploads]


@api.post("/upload/huge", max_body_size=3 << 30)
async def take_huge(upload: Annotated[UploadFile, File()]) -> dict[str, Any]:
    """Count the bytes of a file that no memory should hold."""
    return {"size": upload.size}


@api.post("/json")
async def take_json(data: dict[str, Any]) -> dict[str, Any]:
    """Give a JSON object back."""
    return data


@api.post("/bytes")
async def take_bytes(data: Annotated[bytes, Body()]) -> dict[str, Any]:
    """Describe a body of any kind."""
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


@api.get("/files/{name}")
async def give(name: str) -> FileResponse:
    """Give a file of the depot."""
    return FileResponse(name, root=FILES)


@api.get("/save/{name}")
async def give_as(name: str, filename: str) -> FileResponse:
    """Give a file for saving under another name."""
    return FileResponse(name, root=FILES, filename=filename, as_attachment=True)


@api.get("/version")
async def version() -> JSON:
    """A dynamic reply with a validator, to be asked for again each time."""
    return JSON({"version": 1}, headers={"ETag": '"version-1"', "Cache-Control": "no-cache"})


@api.get("/events")
async def events(
    last_event_id: Annotated[str | None, Header("Last-Event-ID")] = None,
) -> EventSourceResponse:
    """Two events and the end of the stream; a client that comes back is told the last id that it saw."""

    async def first() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent({"price": 12.5}, event="price", id="one")
        yield ServerSentEvent("two\nlines: with a colon", id="two", comment="nobody sees this")

    async def rest() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent(last_event_id, event="resumed", id="three")

    # Browsers wait seconds before they connect again, unless told otherwise.
    return EventSourceResponse(first() if last_event_id is None else rest(), retry=20)


@api.get("/cookies/set")
async def set_cookies() -> PlainText:
    """Set a cookie for each attribute that a browser tells apart."""
    response = PlainText("set")
    response.set_cookie("plain", "seen")
    response.set_cookie("quoted", 'a "b"; c')
    response.set_cookie("hidden", "from scripts", httponly=True)
    response.set_cookie("strict", "1", max_age=3600, samesite="strict")
    response.set_cookie("elsewhere", "1", path="/files")
    return response


@api.get("/cookies/delete")
async def delete_cookies() -> PlainText:
    """Take one of them back."""
    response = PlainText("deleted")
    response.delete_cookie("plain")
    return response


@api.get("/cookies/sent")
async def sent_cookies(cookie: Annotated[str, Header()] = "") -> PlainText:
    """Tell which cookies came, as they came."""
    return PlainText(cookie)
