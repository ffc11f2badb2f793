"""Registering a handler changes nothing about it, and options are checked."""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Annotated, Any, assert_type

import msgspec
from bolt_core import JSON, Body, BoltAPI, Query, Request, Response, Router, StreamingResponse


@contextlib.asynccontextmanager
async def lifespan(app: BoltAPI) -> AsyncGenerator[dict[str, str]]:
    assert_type(app.state, dict[str, Any])
    yield {"pool": "open"}


@contextlib.contextmanager
def sync_lifespan(app: BoltAPI) -> Generator[None]:
    yield


api = BoltAPI(prefix="/api", trailing_slash="strict", lifespan=lifespan)
BoltAPI(lifespan=sync_lifespan)
BoltAPI(lifespan="lifespan")  # type: ignore[arg-type]
router = Router("/users", tags=["users"])
api.include(router)


class User(msgspec.Struct):
    name: str


@api.get("/users/{user_id}", response_model=User, tags=["users"])
async def get_user(user_id: int, verbose: bool = False) -> User:
    return User(str(user_id))


@api.post("/users", status_code=201)
def create_user(data: User, request: Request) -> tuple[User, int]:
    assert_type(request.method, str)
    assert_type(request.headers["accept"], str)
    return data, 201


@router.route("/search", methods=["QUERY"])
def search(q: Annotated[str, Query("search")], page: int = Query(default=1), body: dict[str, int] = Body()) -> Response:
    return JSON({"q": q, "page": page}, status_code=202, headers={"x-page": str(page)})


@router.get("/events")
async def events() -> StreamingResponse:
    async def generate() -> AsyncGenerator[str]:
        yield "data: 1\n\n"

    return StreamingResponse(generate(), media_type="text/event-stream")


# The handler that a decorator returns is the handler: callable as before, with its own types.
assert_type(create_user(User("Ann"), Request.__new__(Request)), tuple[User, int])
call: Callable[[], Awaitable[StreamingResponse]] = events


async def calls_its_own_handler() -> None:
    assert_type(await get_user(1, verbose=True), User)
    await get_user("1")  # type: ignore[arg-type]


# A mistyped option, and one of the wrong type, are refused by the checker as they are at registration.
api.get("/a", status="200")  # type: ignore[call-arg]
api.get("/b", status_code="200")  # type: ignore[arg-type]
BoltAPI(trailing_slash="maybe")  # type: ignore[arg-type]


@api.on_startup
async def connect() -> None: ...


@router.on_shutdown
def disconnect() -> None: ...


assert_type(disconnect(), None)
api.on_startup(create_user)  # type: ignore[type-var]
