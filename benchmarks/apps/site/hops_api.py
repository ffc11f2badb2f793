"""Async handlers whose ORM calls hop to threads in ways that are not django-bolt's, beside it for comparison."""

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import SyncToAsync, sync_to_async
from django.contrib.auth.models import User
from django_bolt import BoltAPI

from benchmarks.apps.site import users

api = BoltAPI()
POOL = ThreadPoolExecutor(16)


def through(executor):
    """asgiref's hop to a thread of *executor*, whatever the request's own threads are."""
    return functools.partial(sync_to_async, thread_sensitive=False, executor=executor)


def to_thread(function):
    return functools.partial(asyncio.to_thread, function)


WAYS = {"one-thread": through(SyncToAsync.single_thread_executor), "pool": through(POOL), "to-thread": to_thread}


def _register(way, hop):
    @api.get(f"/hop/{way}/{{pk}}")
    async def one(pk: int):
        return users.shown(await hop(User.objects.get)(pk=pk))

    @api.get(f"/hop/{way}")
    async def ten():
        return [users.shown(user) for user in await hop(list)(users.first_users())]


for _way, _hop in WAYS.items():
    _register(_way, _hop)
