"""The same two handlers behind each stack of Django's middleware, every stack in an API of its own."""

from django_bolt import BoltAPI

from benchmarks.apps import payloads
from benchmarks.apps.middleware import STACKS


def _behind(name, paths):
    api = BoltAPI(prefix=f"/behind/{name}", django_middleware=list(paths))

    @api.get("/def")
    def hello_def():
        return payloads.HELLO

    @api.get("/async")
    async def hello():
        return payloads.HELLO

    return api


# Under the names of the stacks, where settings find them.
globals().update({name: _behind(name, paths) for name, paths in STACKS.items()})
