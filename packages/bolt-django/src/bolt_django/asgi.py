"""The project as an ASGI application: our routes, and Django behind them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import django
from bolt_core.origins import Origin
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.urls import is_valid_path

from bolt_django.bridge import engine
from bolt_django.bridge.looping import ClientGone, Exchange
from bolt_django.bridge.routes import Paths
from bolt_django.bridge.talk import Talk

__all__ = ["BoltASGIHandler", "get_asgi_application"]

type Message = dict[str, Any]
type Receive = Callable[[], Awaitable[Any]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Message, Receive, Any], Awaitable[None]]

logger = logging.getLogger("bolt_django")


def get_asgi_application() -> "BoltASGIHandler":
    """The project for an ASGI server, as `django.core.asgi.get_asgi_application` makes it: with our routes in front.

    Raises DiscoveryError for an API that cannot be loaded.
    """
    django.setup(set_prefix=False)
    return BoltASGIHandler(ASGIHandler())


class BoltASGIHandler:
    """Serves the paths of our routes by the engine, and leaves all else to *behind*, most often Django's own handler.

    Startup and shutdown hooks run with the server's lifespan, or from the first request to the end of the process where
    the server has none.
    """

    def __init__(self, behind: Application) -> None:
        self._behind = behind
        app = engine.application()
        self._paths = Paths(app.routes, append_slash=app.trailing_slash == "append")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan (ASGI 3)."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http" and self._is_ours(scope):
            await _serve(scope, receive, send)
        else:
            await self._behind(scope, receive, send)

    def _is_ours(self, scope: Message) -> bool:
        path = _raw_path(scope).decode("latin-1")
        if self._paths.has(path):
            return True
        own = scope["path"].removeprefix(_prefix(scope))
        return self._paths.lacks_slash(path) and settings.APPEND_SLASH and not is_valid_path(own)


async def _live(receive: Receive, send: Send) -> None:
    """The lifespan protocol."""
    await receive()
    try:
        await engine.engine_of_loop()
    except Exception as error:
        logger.error("the application does not start", exc_info=error)
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    try:
        # A test's engine borrows the thread that stops it.
        await asyncio.to_thread(engine.stop) if not engine.in_a_test_run() else engine.stop()
    except Exception as error:
        await send({"type": "lifespan.shutdown.failed", "message": str(error)})
        return
    await send({"type": "lifespan.shutdown.complete"})


async def _serve(scope: Message, receive: Receive, send: Send) -> None:
    query = scope.get("query_string", b"")
    target = _raw_path(scope) + (b"?" + query if query else b"")
    fields = [(bytes(name), bytes(value)) for name, value in scope["headers"]]
    body = _Body(receive)
    try:
        talk = Talk(scope["method"], target, fields, body=await body.length(dict(fields)))
    except ValueError:
        await _refuse(send)
        return
    except ClientGone:
        return
    exchange = Exchange(await engine.engine_of_loop(), talk, body.chunks(), body.disconnected)
    try:
        await exchange.begin(_origin(scope))
        head = await exchange.head()
        await send({"type": "http.response.start", "status": head.status, "headers": head.fields})
        async with aclosing(exchange):
            async for chunk in exchange:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except ClientGone:
        pass
    finally:
        exchange.close()


async def _refuse(send: Send) -> None:
    content = b'{"detail":"Bad Request"}'
    fields = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 400, "headers": fields})
    await send({"type": "http.response.body", "body": content})


def _prefix(scope: Message) -> str:
    return str(settings.FORCE_SCRIPT_NAME or scope.get("root_path", "") or "").rstrip("/")


def _raw_path(scope: Message) -> bytes:
    """The path below the site's prefix, percent-encoded."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.removeprefix(_prefix(scope).encode()) or b"/"


def _origin(scope: Message) -> Origin:
    client, server = scope.get("client"), scope.get("server")
    return Origin(
        client=(client[0], client[1]) if client else None,
        scheme=scope.get("scheme", "http"),
        server=(str(server[0]), str(server[1] or "")) if server else None,
    )


class _Body:
    """The body of a request, as the server in front receives it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._first: Message | None = None

    async def length(self, fields: dict[bytes, bytes]) -> bool | int:
        """Its length where the client tells it, else whether there is one."""
        given = fields.get(b"content-length", b"")
        if given.isdigit():
            return int(given)
        self._first = await self._next()
        return bool(self._first.get("body") or self._first.get("more_body"))

    async def chunks(self) -> AsyncIterator[bytes]:
        """Its pieces; raises ClientGone."""
        message = self._first or await self._next()
        while True:
            if chunk := message.get("body"):
                yield chunk
            if not message.get("more_body"):
                return
            message = await self._next()

    async def disconnected(self) -> None:
        """Return once the client has left."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _next(self) -> Message:
        message: Message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        return message
