"""The API of the project package."""

from bolt_core import BoltAPI

api = BoltAPI()


@api.get("/hello")
async def hello() -> dict[str, str]:
    return {"hello": "async"}


@api.get("/hello/sync")
def hello_sync() -> dict[str, str]:
    return {"hello": "sync"}


@api.get("/with-slash/")
async def with_slash() -> dict[str, str]:
    return {"slash": "yes"}
