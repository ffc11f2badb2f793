"""Django's results: its responses, model instances and QuerySets."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from bolt_core.encoding import JSON_ENCODER, register_encoder
from bolt_core.outcomes import register_result_adapter
from bolt_core.responses import Response, StreamingResponse
from django.db.models import Model, QuerySet
from django.db.models.fields.files import FieldFile
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils.functional import Promise

from bolt_django import db, files
from bolt_django.adapters.models import instance_data, rows
from bolt_django.http import header_fields


def register() -> None:
    """Register every adapter and encoder of this module."""
    register_result_adapter(HttpResponseBase, response)
    register_result_adapter(QuerySet, queryset)
    register_result_adapter(Model, lambda instance, request: instance_data(instance))
    register_encoder(Model, instance_data)
    register_encoder(QuerySet, rows)
    register_encoder(FieldFile, lambda file: file.name or None)
    # What gettext_lazy() makes: translated when the reply is written, in the request's language.
    register_encoder(Promise, str)


def queryset(result: "QuerySet[Any]", request: Any) -> Any:
    """The rows; off the event loop where that is where the handler ran."""
    if _on_loop():
        return _later(functools.partial(_encode_rows, result), "application/json")
    return rows(result)


def _encode_rows(result: "QuerySet[Any]") -> bytes:
    return JSON_ENCODER.encode(rows(result))


def response(result: HttpResponseBase, request: Any) -> Response:
    """A Django response, cookies and all; it is closed when its content has been taken or its stream has ended.

    The engine sends an open file itself.
    """
    if isinstance(result, StreamingHttpResponse):
        if (file := files.body_of(result)) is not None:
            _close(result)
            return files.OpenFile(file, status_code=result.status_code, headers=header_fields(result))
        parts: Any = _AsyncParts(result) if result.is_async else _Parts(result)
        return StreamingResponse(parts, status_code=result.status_code, headers=header_fields(result))
    if isinstance(result, SimpleTemplateResponse) and not result.is_rendered and _on_loop():
        # Rendering may query the database, so the headers that follow from it cannot be awaited here: only the body is.
        return _later(functools.partial(_render, result), None, result)
    content = _render(result)
    return Response(content, status_code=result.status_code, headers=header_fields(result))


def _render(result: Any) -> bytes:
    try:
        if isinstance(result, SimpleTemplateResponse):
            result.render()
        content: bytes = result.content
        return content
    finally:
        _close(result)


def _close(result: HttpResponseBase) -> None:
    # request_finished closes connections, but not those of a test case that runs on this thread.
    with db.hidden(db.in_transaction()):
        result.close()


def _on_loop() -> bool:
    return asyncio._get_running_loop() is not None


def _later(
    work: Callable[[], bytes], media_type: str | None, result: HttpResponseBase | None = None
) -> StreamingResponse:
    """A body that is made on the request's own thread; one that fails is a 500, as the head waits for it."""

    async def body() -> AsyncIterator[bytes]:
        yield await sync_to_async(work)()

    if result is None:
        return StreamingResponse(body(), media_type=media_type)
    return StreamingResponse(body(), status_code=result.status_code, headers=header_fields(result))


class _Parts:
    """The chunks of a synchronous streaming response; closes the response with itself."""

    def __init__(self, result: StreamingHttpResponse) -> None:
        self._result = result
        self._parts: Iterator[bytes] = iter(result.streaming_content)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._parts)

    def close(self) -> None:
        """Close the response, once or more often."""
        if not self._result.closed:
            _close(self._result)


class _AsyncParts:
    """The chunks of an asynchronous streaming response; closes the response with itself."""

    def __init__(self, result: StreamingHttpResponse) -> None:
        self._result = result
        self._parts: Any = result.streaming_content

    def __aiter__(self) -> "_AsyncParts":
        return self

    async def __anext__(self) -> bytes:
        part: bytes = await anext(self._parts)
        return part

    async def aclose(self) -> None:
        """End the iteration and close the response, once or more often."""
        await self._parts.aclose()
        if not self._result.closed:
            await sync_to_async(_close)(self._result)
