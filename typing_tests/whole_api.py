"""Handlers that use every marker, kind of reply, handler of exceptions and background work; both clients call them."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, TypedDict, assert_type

import msgspec
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django_bolt import (
    HTML,
    JSON,
    BackgroundTask,
    BackgroundTasks,
    BoltAPI,
    EventSourceResponse,
    FileResponse,
    PlainText,
    Redirect,
    Request,
    Response,
    Router,
    ServerSentEvent,
    StreamingResponse,
    UploadFile,
)
from django_bolt.conditions import condition, etag, last_modified
from django_bolt.exceptions import Conflict, HTTPException, MethodNotAllowed, NotFound, RequestValidationError
from django_bolt.param_functions import Body, Cookie, File, Form, Header, Path, Query
from django_bolt.responses import last_event_id
from django_bolt.testing import AsyncTestClient, TestClient

api = BoltAPI(problem_details=True, strict_json=True, media_types=["application/json"], x_sendfile=["/srv/media"])
router = Router("/shops/{shop_id}", tags=["shops"])


class Filters(msgspec.Struct, forbid_unknown_fields=True):
    q: str = ""
    ids: Annotated[list[int], Query("id", split=",")] = []


@dataclass
class Agent:
    user_agent: str
    accept_language: str = "en"


class Visit(TypedDict):
    session: str


class Signup(msgspec.Struct):
    email: str
    photo: UploadFile | None = None


class Order(msgspec.Struct):
    product: str
    price: Decimal


# Every marker, as a default and in `Annotated`; a marker is fine as the default of a parameter of any type.
@api.put("/orders/{order_id}")
async def as_defaults(
    order_id: uuid.UUID = Path(title="The order"),
    page: int = Query("page", default=1, ge=1, le=100, description="From 1"),
    since: dt.datetime | None = Query(default=None, tz=True),
    key: str = Header("X-API-Key", min_length=3, deprecated=True),
    session: str | None = Cookie("session", default=None, include_in_schema=False),
    order: Order = Body(embed=True, examples=[{"product": "tea", "price": "2.50"}]),
) -> Order:
    return order


@api.post("/annotated/{order_id}")
def annotated(
    order_id: Annotated[int, Path("order_id", gt=0)],
    kind: Annotated[Literal["new", "old"], Query()],
    tags: Annotated[list[str], Header("X-Tag", split=",", max_length=5)],
    visits: Annotated[int, Cookie("v", multiple_of=1)],
    raw: Annotated[bytes, Body(max_length=100)],
) -> JSON:
    return JSON({"bytes": len(raw)}, status_code=202)


@api.get("/models")
async def models(
    filters: Annotated[Filters, Query()], agent: Annotated[Agent, Header()], visit: Annotated[Visit, Cookie()]
) -> dict[str, Any]:
    assert_type(filters.ids, list[int])
    assert_type(agent.accept_language, str)
    assert_type(visit["session"], str)
    return {"q": filters.q}


@api.post("/signup")
def signup(tasks: BackgroundTasks, data: Signup = Form()) -> None:
    tasks.add_task(print, data.email, after_commit=True)
    tasks.add_task(call_later, 1)
    tasks.add_task("print")  # type: ignore[arg-type]


@api.post("/files")
def upload(
    one: UploadFile,
    title: Annotated[str, Form("title", pattern="^[a-z]+$")],
    many: list[UploadFile] = File(default=[], max_files=5, max_size=1_000_000, allowed_types=["image/*"]),
) -> FileResponse:
    # Whatever takes Django's uploads takes ours.
    django: UploadedFile[bytes] = one
    assert_type(one.size, int | None)
    assert_type(next(one.chunks()), bytes)
    return FileResponse(f"{title}.pdf", root="/srv/media", as_attachment=True, filename=django.name)


async def call_later(number: int) -> None: ...


@api.get("/replies/{kind}")
async def replies(kind: str, request: Request) -> Response | HttpResponse:
    task = BackgroundTask(call_later, 2)
    match kind:
        case "text":
            return PlainText("hi", status_code=201, background=task)
        case "html":
            return HTML("<p>hi</p>", headers=[("Link", "</a>"), ("Link", "</b>")])
        case "redirect":
            return Redirect("/", status_code=308)
        case "stream":
            return StreamingResponse(lines(), media_type="application/jsonl")
        case "django":
            return HttpResponse("hi")
        case _:
            pass
    reply = JSON({"kind": kind}, headers={"X-Kind": kind})
    reply.set_cookie("seen", "1", max_age=dt.timedelta(days=1), secure=True, httponly=True, samesite="strict")
    reply.delete_cookie("seen", path="/old")
    reply.headers.add("Link", "</c>")
    reply.set_cookie("seen", same_site="lax")  # type: ignore[call-arg]
    reply.set_cookie("seen", samesite="never")  # type: ignore[arg-type]
    return reply


Response("x", status=200)  # type: ignore[call-arg]
Redirect("/", status_code="302")  # type: ignore[arg-type]
FileResponse(7)  # type: ignore[arg-type]
BackgroundTask("print")  # type: ignore[arg-type]
Query(minimum=1)  # type: ignore[call-arg]
Query(1)  # type: ignore[arg-type]
File(split=",")  # type: ignore[call-arg]
Body(embed="yes")  # type: ignore[arg-type]


def lines() -> Iterator[dict[str, int]]:
    yield {"id": 1}


@router.get("/items")
def items(shop_id: int) -> Iterator[Order]:
    yield Order("tea", Decimal(shop_id))


@router.get("/events")
async def events(shop_id: int) -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent({"shop": shop_id}, event="tick", id=1, retry=2000, comment="hi")


@router.get("/feed")
def feed(request: Request, shop_id: int) -> EventSourceResponse:
    assert_type(last_event_id(request), str | None)
    return EventSourceResponse(lines(), ping=None, retry=500)


def version(shop_id: int) -> str:
    return f"v{shop_id}"


async def changed(request: Request) -> dt.datetime | None:
    return None


@router.get("/now")
@etag(version)
@last_modified(changed)
async def now(shop_id: int) -> str:
    return "now"


@router.put("/now")
@condition(etag_func=version)
def change(shop_id: int) -> str:
    return "changed"


class OutOfStock(Exception):
    left: int = 0


@api.exception_handler(OutOfStock)
async def out_of_stock(request: Request, exc: OutOfStock) -> tuple[dict[str, int], int]:
    return {"left": exc.left}, 409


@router.exception_handler(HTTPException)
def refused(request: Request, exc: HTTPException) -> JSON:
    assert_type(exc.status_code, int)
    return JSON({"error": exc.detail}, headers=exc.headers)


@api.get("/failing", exception_handlers={OutOfStock: out_of_stock})
async def failing() -> None:
    raise NotFound(detail="gone", extra={"until": None}) from Conflict("taken")


api.exception_handler(7)  # type: ignore[arg-type]
MethodNotAllowed(405)  # type: ignore[arg-type]
RequestValidationError([{"loc": ["query", "q"], "msg": "no", "type": "value_error"}])
api.include(router, prefix="/v1")

# A decorated handler keeps its own type.
assert_type(change(1), str)
assert_type(items(1), Iterator[Order])
assert_type(out_of_stock.__name__, str)


def test_sync() -> None:
    with TestClient(api, headers={"X-API-Key": "key"}) as client:
        photo = ("me.png", b"", "image/png")
        reply = client.post("/signup", data={"email": "a@b.c"}, files={"photo": photo})
        assert_type(reply.status_code, int)
        with client.sse("/v1/shops/1/events") as source:
            assert_type([event.id for event in source], list[str])


async def test_async() -> None:
    async with AsyncTestClient(api, raise_server_exceptions=False) as client:
        reply = await client.get("/v1/shops/1/items", stream=True)
        assert_type([chunk async for chunk in reply.aiter_content(decode_unicode=True)], list[str])
