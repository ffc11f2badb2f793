"""Schemes and guards as another package would bring them: known by their shape alone."""

import hashlib
import json
from collections.abc import Callable
from typing import Any


class Refused(Exception):
    """A credential that is no good."""

    authentication_failed = True

    def __init__(self, detail: str = "No good") -> None:
        self.detail = detail
        super().__init__(detail)


class Named:
    """Anybody who says a name in `X-Name`; `bad` is no name."""

    challenge = "Name"
    backend = "named"

    def __init__(self, header: str = "x-name") -> None:
        self.header = header
        self.asked = 0

    async def authenticate(self, request: Any) -> dict[str, Any] | None:
        """Who the header names."""
        self.asked += 1
        name = request.headers.get(self.header)
        if name is None:
            return None
        if name == "bad":
            raise Refused
        return {"user_id": name, "is_staff": name == "staff"}


class Keys:
    """Keys in `X-Key` that the engine knows, or has to ask about."""

    challenge = "Key"
    backend = "keys"
    is_native = True

    def __init__(self, *keys: str, more: tuple[str, ...] = ()) -> None:
        self.keys = {key: {"user_id": key, "is_staff": key == "staff", "permissions": [f"of-{key}"]} for key in keys}
        self.more = more
        self.may_be_undecided = bool(more)
        self.asked = 0
        self.identities = 0

    async def authenticate(self, request: Any) -> dict[str, Any] | None:
        """The slow way."""
        self.asked += 1
        key = request.headers.get("x-key")
        if key is None:
            return None
        if key not in self.keys and key not in self.more:
            raise Refused
        return self.keys.get(key, {"user_id": key})

    def identity(self, record: bytes) -> dict[str, Any]:
        """The engine's way."""
        self.identities += 1
        return {**json.loads(record), "backend": self.backend}

    def to_wire(self) -> dict[str, Any]:
        """By digest."""
        records = {hashlib.sha256(key.encode()).digest(): json.dumps(said).encode() for key, said in self.keys.items()}
        return {
            "kind": "api_key",
            "backend": self.backend,
            "challenge": self.challenge,
            "places": [("header", "X-Key", None)],
            "keys": records,
            "undecided_keys": bool(self.more),
        }


class Tell:
    """A guard in Python, synchronous or not."""

    def __init__(self, allow: Callable[[Any], bool], *, is_async: bool = False, scopes: tuple[str, ...] = ()) -> None:
        self.allow = allow
        self.is_async = is_async
        self.scopes = scopes
        self.threads: list[str] = []

    async def check(self, request: Any, run: Any) -> bool:
        """Where it may block."""
        return self.check_sync(request) if self.is_async else await run(self.check_sync, request)

    async def check_object(self, request: Any, obj: Any, run: Any) -> bool:
        """Of single objects: one's own."""
        return bool(obj == request.auth.get("user_id"))

    def missing_scopes(self, request: Any) -> tuple[str, ...]:
        """What a refusal names."""
        return self.scopes

    def check_sync(self, request: Any) -> bool:
        """On this thread."""
        import threading

        self.threads.append(threading.current_thread().name)
        return self.allow(request)


class Somebody:
    """A guard that the engine asks."""

    is_native = True
    is_async = False

    async def check(self, request: Any, run: Any) -> bool:
        """Whether there is anybody."""
        return self.check_sync(request)

    def check_sync(self, request: Any) -> bool:
        """The same."""
        return bool(request.auth)

    def to_wire(self) -> tuple[Any, ...]:
        """Plain data."""
        return ("authenticated",)


class Staff(Somebody):
    """A flag."""

    def check_sync(self, request: Any) -> bool:
        """Whether it is set."""
        return request.auth.get("is_staff") is True

    def to_wire(self) -> tuple[Any, ...]:
        """Plain data."""
        return ("flag", "is_staff")
