"""`request_started` and `request_finished` for API routes, where somebody besides Django itself listens.

What Django's own receivers do, closing connections and caches and clearing the log of queries, is done without them, on
the thread that owns the connection (`bolt_django.db`).
"""

import weakref
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from asgiref.sync import sync_to_async
from bolt_core.around import AsyncStep, Enclosure, Skipped, Step
from bolt_core.plan import HandlerPlan
from bolt_core.request import Request
from bolt_core.responses import Response
from django.core.signals import request_finished, request_started
from django.dispatch import Signal

from bolt_django import db

# What listens in every Django process.
_DJANGOS_OWN = ("django.db", "django.core.cache", "django.core.handlers.base")


def find(plan: HandlerPlan, options: Mapping[str, Any], skipped: Skipped) -> Enclosure | None:
    """The signals around *plan*, if anybody listens when the application is frozen: at the start of the server."""
    heard = _is_heard(request_started) or _is_heard(request_finished)
    return Enclosure((SignalsLayer(),)) if heard else None


def _is_heard(signal: Signal) -> bool:
    for receiver in signal.receivers:
        function: Any = receiver[1]
        if isinstance(function, weakref.ReferenceType):
            function = function()
        if function is not None and getattr(function, "__module__", None) not in _DJANGOS_OWN:
            return True
    return False


class SignalsLayer:
    """Sends both signals once a request, where the request's own connection is current."""

    names: tuple[str, ...] = ()
    # Of a request receivers get the variables of its head alone.
    reads_body = False

    def around(self, plan: HandlerPlan, inner: Step) -> Step | None:
        """On the thread of a `def` handler."""

        def step(request: Request) -> Response:
            _send_started(request)
            response = inner(request)
            if not response.streaming or not hasattr(response.content, "__iter__"):
                _send_finished()
            else:
                response.content = _Pieces(response.content)
            return response

        return step

    def around_async(self, plan: HandlerPlan, inner: AsyncStep) -> AsyncStep:
        """On the event loop; receivers run on the request's own thread."""

        async def step(request: Request) -> Response:
            await sync_to_async(_send_started)(request)
            streams = False
            try:
                response = await inner(request)
                if response.streaming and hasattr(response.content, "__aiter__"):
                    response.content = _AsyncPieces(response.content)
                    streams = True
                elif response.streaming and hasattr(response.content, "__iter__"):
                    response.content = _Pieces(response.content)
                    streams = True
            finally:
                # Also where the client has left.
                if not streams:
                    await sync_to_async(_send_finished)()
            return response

        return step


def _send_started(request: Request) -> None:
    # Django's own receivers close connections, but must not those of a test case that runs on this thread.
    with db.hidden(db.in_transaction()):
        request_started.send(sender=SignalsLayer, environ=request.META)


def _send_finished() -> None:
    with db.hidden(db.in_transaction()):
        request_finished.send(sender=SignalsLayer)


class _Pieces:
    """The pieces of a stream, after the last of which the request has finished."""

    def __init__(self, pieces: Any) -> None:
        self._pieces = pieces
        self._iterator: Iterator[Any] | None = None
        self._finished = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pieces, name)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._iterator is None:
            self._iterator = iter(self._pieces)
        return next(self._iterator)

    def close(self) -> None:
        """End the iteration; once or more often."""
        try:
            if (close := getattr(self._iterator or self._pieces, "close", None)) is not None:
                close()
        finally:
            if not self._finished:
                self._finished = True
                _send_finished()


class _AsyncPieces:
    """The same of an asynchronous stream."""

    def __init__(self, pieces: Any) -> None:
        self._pieces = pieces
        self._iterator: AsyncIterator[Any] | None = None
        self._finished = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pieces, name)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        if self._iterator is None:
            self._iterator = aiter(self._pieces)
        return await anext(self._iterator)

    async def aclose(self) -> None:
        """End the iteration; once or more often."""
        try:
            if (close := getattr(self._iterator or self._pieces, "aclose", None)) is not None:
                await close()
        finally:
            if not self._finished:
                self._finished = True
                await sync_to_async(_send_finished)()
