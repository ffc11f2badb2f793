"""The ORM work of the `orm-*` and `get-*` cases, called by all Django frameworks and, in a loop, by the runner."""

from django.contrib.auth.models import User
from django.db.models import Func, TextField, Value

from benchmarks.apps import payloads


def shown(user):
    return {"id": user.id, "name": user.username}


def get_user(pk):
    return shown(User.objects.get(pk=pk))


async def aget_user(pk):
    return shown(await User.objects.aget(pk=pk))


def first_users():
    return User.objects.order_by("id")[: payloads.USER_COUNT]


def list_users():
    return [shown(user) for user in first_users()]


async def alist_users():
    return [shown(user) async for user in first_users()]


def _sleeping(seconds):
    slept = Func(Value(seconds), function="pg_sleep", output_field=TextField())
    return User.objects.annotate(slept=slept).values_list("pk", "slept")


def sleep(seconds):
    """One row that PostgreSQL takes *seconds* to find."""
    return {"id": _sleeping(seconds).get(pk=payloads.USER_PK)[0]}


async def asleep(seconds):
    return {"id": (await _sleeping(seconds).aget(pk=payloads.USER_PK))[0]}
