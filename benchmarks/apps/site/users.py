"""The ORM work of the `orm-*` cases, called by every Django framework and, in a plain loop, by the runner."""

from django.contrib.auth.models import User


def list_users():
    return [{"id": user.id, "name": user.username} for user in User.objects.order_by("id")[:10]]


async def alist_users():
    return [{"id": user.id, "name": user.username} async for user in User.objects.order_by("id")[:10]]
