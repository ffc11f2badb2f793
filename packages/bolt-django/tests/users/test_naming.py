"""Which code reads `.user`."""

import functools
from collections.abc import Callable
from typing import Any

import pytest
from bolt_django.users.naming import names_user


def plain(request: Any) -> Any:
    return request.user


def deeper(request: Any) -> Any:
    return request.user.groups.first()


def in_lambda(request: Any) -> Any:
    return (lambda: request.user)()


def in_comprehension(request: Any) -> Any:
    return [request.user for _ in range(3)]


def in_generator(request: Any) -> Any:
    return sum(request.user.pk for _ in range(3))


def in_function(request: Any) -> Any:
    def first() -> Any:
        def second() -> Any:
            return request.user

        return second

    return first


def in_class(request: Any) -> Any:
    class Inner:
        owner = request.user

    return Inner


async def asynchronous(request: Any) -> Any:
    async for _ in request:
        yield request.user


def method_call(request: Any) -> Any:
    return request.user()


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    """Leaves `__wrapped__`."""

    @functools.wraps(function)
    def around(*args: Any) -> Any:
        return function(*args)

    return around


def checking(function: Callable[..., Any]) -> Callable[..., Any]:
    """Reads the user itself."""

    @functools.wraps(function)
    def around(request: Any) -> Any:
        return request.user and function(request)

    return around


def claims(request: Any) -> Any:
    return request.auth["user"], request.user_id, {"user": 1}


def sets(request: Any) -> None:
    request.user = None
    del request.user


user = 1


def reads_global(request: Any) -> Any:
    return user


def reads_local(request: Any) -> Any:
    user = request.auth
    return user or None


class Handlers:
    """As objects and methods."""

    def __call__(self, request: Any) -> Any:
        return request.user

    def reads(self, request: Any) -> Any:
        """Does."""
        return request.user

    def does_not(self, request: Any) -> Any:
        """Does not."""
        return request


recursive = decorated(claims)
recursive.__wrapped__ = recursive  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "function",
    [
        *(plain, deeper, in_lambda, in_comprehension, in_generator, in_function, in_class, asynchronous, method_call),
        *(decorated(plain), decorated(decorated(plain)), checking(claims), functools.partial(plain, 1)),
        *(functools.partial(decorated(plain)), Handlers(), Handlers().reads, decorated(Handlers().reads)),
    ],
)
def test_code_that_reads_the_user(function: Any) -> None:
    """Anywhere inside of it, and in what it decorates."""
    assert names_user(function)


@pytest.mark.parametrize(
    "function",
    [
        *(claims, sets, reads_global, reads_local, decorated(claims), functools.partial(claims), recursive),
        *(Handlers().does_not, Handlers, len, None, print, object()),
    ],
)
def test_code_that_does_not(function: Any) -> None:
    """Nor one that sets it, nor a variable of that name; nor what has no code to look at."""
    assert not names_user(function)
