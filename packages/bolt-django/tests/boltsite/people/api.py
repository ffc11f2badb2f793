"""Routes that tell who calls, and on which connection that was found out."""

from typing import Any

from bolt_auth import JWTAuthentication
from bolt_core import BoltAPI, Request, StreamingResponse
from bolt_django.transactions import aatomic
from django.conf import settings
from django.contrib.auth.models import User

api = BoltAPI(prefix="/people", auth=[JWTAuthentication(settings.SECRET_KEY)])


def first_name(request: Any) -> str:
    """Of the user; what calls this does not name the attribute itself."""
    name: str = request.user.first_name
    return name


def username(request: Any) -> str:
    """Likewise."""
    name: str = request.user.get_username()
    return name


@api.get("/sync")
def sync(request: Request) -> dict[str, str]:
    """Loaded when it is read."""
    return {"name": request.user.get_username()}


@api.get("/async")
async def asynchronous(request: Request) -> dict[str, str]:
    """Loaded beforehand."""
    return {"name": request.user.get_username()}


@api.get("/awaited")
async def awaited(request: Request) -> dict[str, str]:
    """Loaded where it is awaited."""
    return {"name": (await request.auser()).get_username()}


@api.get("/stream")
async def stream(request: Request) -> StreamingResponse:
    """Read as the reply is on its way."""

    async def pieces() -> Any:
        yield "name="
        yield request.user.get_username()

    return StreamingResponse(pieces())


@api.get("/helped")
async def helped(request: Request) -> dict[str, str]:
    """Read by what the handler calls."""
    return {"name": username(request)}


@api.get("/unforeseen")
async def unforeseen(request: Request) -> dict[str, str]:
    """Read by what the handler calls, within a transaction that is rolled back."""

    class Undone(Exception):
        pass

    try:
        async with aatomic():
            await User.objects.filter(pk=request.auth["user_id"]).aupdate(first_name="uncommitted")
            seen = first_name(request)
            raise Undone
    except Undone:
        return {"seen": seen, "kept": (await User.objects.aget(pk=request.auth["user_id"])).first_name}
