"""What a guard is, and how guards combine."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

type Allowed = bool | Awaitable[bool]

type Run = Callable[..., Awaitable[Any]]
"""Calls a function that may block, in a thread or wherever a framework lets it, and gives its result."""


class Guard:
    """Decides whether a request may go on. Subclass it for what is not said by claims alone.

    Override `has_permission`, and `has_object_permission` where single objects are guarded; each may be `async def`. A
    `def` one runs where it may block.
    """

    is_native = False
    """Whether the claims alone decide, so that the server's engine can."""

    def has_permission(self, request: Any) -> Allowed:
        """Whether *request* may go on."""
        return True

    def has_object_permission(self, request: Any, obj: Any) -> Allowed:
        """Whether *request*, which may go on, may do so with *obj*."""
        return True

    @property
    def is_async(self) -> bool:
        """Whether `has_permission` is asynchronous."""
        return inspect.iscoroutinefunction(self.has_permission)

    def missing_scopes(self, request: Any) -> tuple[str, ...]:
        """The scopes for want of which *request* was refused, which the challenge then names (RFC 6750 §3.1)."""
        return ()

    async def check(self, request: Any, run: Run = asyncio.to_thread) -> bool:
        """`has_permission`, awaited; *run* calls a `def` one, by default in a thread."""
        return await _decided(run, self.has_permission, request)

    async def check_object(self, request: Any, obj: Any, run: Run = asyncio.to_thread) -> bool:
        """`has_object_permission`, awaited; *run* calls a `def` one, by default in a thread."""
        return await _decided(run, self.has_object_permission, request, obj)

    def check_sync(self, request: Any) -> bool:
        """`has_permission` on this thread. Raises `TypeError` for one that is asynchronous."""
        allowed = self.has_permission(request)
        if inspect.isawaitable(allowed):
            _discard(allowed)
            raise TypeError(f"{type(self).__name__}.has_permission is async; await check() instead")
        return allowed is True

    def to_wire(self) -> tuple[Any, ...] | None:
        """The guard as plain data; `None` where only Python can decide."""
        return None

    def __and__(self, other: "Guard") -> "Guard":
        return AllOf(self, other) if isinstance(other, Guard) else NotImplemented

    def __or__(self, other: "Guard") -> "Guard":
        return AnyOf(self, other) if isinstance(other, Guard) else NotImplemented

    def __invert__(self) -> "Guard":
        return Not(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


async def _decided(run: Run, decide: Any, *arguments: Any) -> bool:
    if inspect.iscoroutinefunction(decide):
        return await decide(*arguments) is True
    allowed = await run(decide, *arguments)
    return (await allowed if inspect.isawaitable(allowed) else allowed) is True


def _discard(awaitable: Any) -> None:
    if inspect.iscoroutine(awaitable):
        awaitable.close()


class ClaimGuard(Guard):
    """A guard that reads claims alone."""

    is_native = True

    def allows(self, auth: Mapping[str, Any]) -> bool:
        """Whether the holder of *auth*, a dict as `request.auth`, may go on; empty for nobody."""
        raise NotImplementedError

    def has_permission(self, request: Any) -> bool:
        """Whether what `request.auth` says is enough."""
        return self.allows(request.auth)

    async def check(self, request: Any, run: Run = asyncio.to_thread) -> bool:
        """Without a thread: nothing here blocks."""
        return self.allows(request.auth)

    async def check_object(self, request: Any, obj: Any, run: Run = asyncio.to_thread) -> bool:
        """Claims say nothing of single objects."""
        return True

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        said = ", ".join(repr(value) for value in vars(self).values())
        return f"{type(self).__name__}({said})"


class _Combined(Guard):
    """Guards that decide together, the first first."""

    word = ""

    def __init__(self, *guards: Guard) -> None:
        flat: list[Guard] = []
        for guard in guards:
            flat += guard.guards if type(guard) is type(self) and isinstance(guard, _Combined) else [guard]
        self.guards: tuple[Guard, ...] = tuple(flat)
        self.is_native = all(guard.is_native for guard in self.guards)

    @property
    def is_async(self) -> bool:
        """Whether one of them is asynchronous."""
        return any(guard.is_async for guard in self.guards)

    def to_wire(self) -> tuple[Any, ...] | None:
        """All of them as plain data."""
        return (self.word, [guard.to_wire() for guard in self.guards]) if self.is_native else None

    def __repr__(self) -> str:
        sign = " & " if self.word == "all" else " | "
        return f"({sign.join(map(repr, self.guards))})"


class AllOf(_Combined):
    """Each must allow; made by `&`."""

    word = "all"

    def has_permission(self, request: Any) -> bool:
        """Whether each does."""
        return all(guard.check_sync(request) for guard in self.guards)

    async def check(self, request: Any, run: Run = asyncio.to_thread) -> bool:
        """Whether each does; the first that does not ends it."""
        for guard in self.guards:
            if not await guard.check(request, run):
                return False
        return True

    async def check_object(self, request: Any, obj: Any, run: Run = asyncio.to_thread) -> bool:
        """Whether each does for *obj*."""
        for guard in self.guards:
            if not await guard.check_object(request, obj, run):
                return False
        return True

    def missing_scopes(self, request: Any) -> tuple[str, ...]:
        """Those of the first that refuses; none where that is asked in Python."""
        for guard in self.guards:
            if not guard.is_native or not guard.check_sync(request):
                return guard.missing_scopes(request)
        return ()


class AnyOf(_Combined):
    """One must allow; made by `|`."""

    word = "any"

    def has_permission(self, request: Any) -> bool:
        """Whether one does."""
        return any(guard.check_sync(request) for guard in self.guards)

    async def check(self, request: Any, run: Run = asyncio.to_thread) -> bool:
        """Whether one does; the first that does ends it."""
        for guard in self.guards:
            if await guard.check(request, run):
                return True
        return False

    async def check_object(self, request: Any, obj: Any, run: Run = asyncio.to_thread) -> bool:
        """Whether one does for *obj* that also lets the request go on: who may pass by another is not asked here."""
        for guard in self.guards:
            if await guard.check(request, run) and await guard.check_object(request, obj, run):
                return True
        return False

    def missing_scopes(self, request: Any) -> tuple[str, ...]:
        """Those of the first for which scopes would be enough."""
        return next((found for guard in self.guards if (found := guard.missing_scopes(request))), ())


class Not(Guard):
    """Allows what *guard* does not; made by `~`."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.is_native = guard.is_native

    @property
    def is_async(self) -> bool:
        """Whether what it turns around is asynchronous."""
        return self.guard.is_async

    def has_permission(self, request: Any) -> bool:
        """The opposite."""
        return not self.guard.check_sync(request)

    async def check(self, request: Any, run: Run = asyncio.to_thread) -> bool:
        """The opposite."""
        return not await self.guard.check(request, run)

    async def check_object(self, request: Any, obj: Any, run: Run = asyncio.to_thread) -> bool:
        """The opposite, where the guard decides about objects at all."""
        if type(self.guard).has_object_permission is Guard.has_object_permission:
            return True
        return not await self.guard.check_object(request, obj, run)

    def to_wire(self) -> tuple[Any, ...] | None:
        """The guard's own, turned around."""
        return ("not", self.guard.to_wire()) if self.is_native else None

    def __repr__(self) -> str:
        return f"~{self.guard!r}"
