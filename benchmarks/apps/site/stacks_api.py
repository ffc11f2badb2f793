"""The same two handlers behind none of Django's middleware, behind the first one, behind the first two, and so on."""

from django_bolt import BoltAPI

from benchmarks.apps import payloads
from benchmarks.apps.middleware import MIDDLEWARE


def _behind(count):
    api = BoltAPI(prefix=f"/stack{count}", django_middleware=list(MIDDLEWARE[:count]))

    @api.get("/def")
    def hello_def():
        return payloads.HELLO

    @api.get("/async")
    async def hello():
        return payloads.HELLO

    return api


stack0, stack1, stack2, stack3, stack4, stack5, stack6, stack7 = map(_behind, range(len(MIDDLEWARE) + 1))
