"""Functions that find users in place of the query, as projects write them."""

from typing import Any

from django.contrib.auth.models import User

asked: list[Any] = []


def by_name(auth: Any) -> User | None:
    """Of the claim `name`; nobody for an unknown one."""
    asked.append(auth)
    return User.objects.filter(username=auth["claims"]["name"]).first()


def strict(auth: Any) -> User:
    """As `by_name`; raises for an unknown one."""
    return User.objects.get(username=auth["claims"]["name"])


async def awaited(auth: Any) -> User:
    """As `strict`, of asynchronous code."""
    return await User.objects.aget(username=auth["claims"]["name"])


def promised(auth: Any) -> Any:
    """A function that hands on a coroutine."""
    return awaited(auth)


class Object:
    """As `awaited`, of an object."""

    async def __call__(self, auth: Any) -> User:
        return await awaited(auth)


by_object = Object()
