"""Django's results: its responses, model instances and QuerySets."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from bolt_core.background import register_after_commit
from bolt_core.encoding import register_encoder
from bolt_core.outcomes import register_result_adapter
from bolt_core.reading import register_off_loop, register_reader
from bolt_core.reply_format import register_format_defaults
from bolt_core.responses import Response, StreamingResponse
from bolt_core.streaming import register_stream_steps
from django.core.exceptions import SynchronousOnlyOperation
from django.db import transaction
from django.db.models import Model, QuerySet
from django.db.models.fields.files import FieldFile
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils.functional import Promise

from bolt_django import conf, db, files
from bolt_django.adapters.models import instance_data, read_instance, read_queryset, refuse_on_loop, rows
from bolt_django.http import header_fields
from bolt_django.middleware.requests import active


def register() -> None:
    """Register every adapter, reader and encoder of this module."""
    register_result_adapter(HttpResponseBase, response)
    register_result_adapter(Promise, _translated)
    register_encoder(Model, instance_data)
    register_encoder(QuerySet, rows)
    register_encoder(FieldFile, lambda file: file.name or None)
    # What gettext_lazy() makes: translated when the reply is written, in the request's language.
    register_encoder(Promise, str)
    register_reader(Model, read_instance)
    register_reader(QuerySet, read_queryset)
    # Whatever Django refuses to do on the loop is done on the request's own thread, inside its transaction.
    register_off_loop(_on_own_thread, (SynchronousOnlyOperation,))
    register_after_commit(transaction.on_commit)
    register_format_defaults(conf.reply_format)
    register_stream_steps(db.StreamSteps)


async def _on_own_thread(function: Callable[[], Any]) -> Any:
    return await sync_to_async(function)()


def _translated(result: Any, request: Any) -> Any:
    # A lazy text alone is text, as any str is; there are lazy numbers, too.
    return str(result) if hasattr(result, "encode") else result


@dataclass(frozen=True, slots=True)
class DjangoResponse:
    """A Django response on its way to Django's middleware, which takes it as it is."""

    response: HttpResponseBase


class Passing(Response):
    """Carries one there; its own header fields are added to the response's."""

    __slots__ = ()

    def check_content(self, content: Any) -> Any:
        """A `DjangoResponse`."""
        return content


def response(result: HttpResponseBase, request: Any) -> Response:
    """A Django response, cookies and all; it is closed when its content has been taken or its stream has ended.

    The engine sends an open file itself.
    """
    view = active(request)
    if isinstance(result, SimpleTemplateResponse) and not result.is_rendered:
        # Rendering may query the database.
        refuse_on_loop("render a template")
        for process_template_response in view.templates if view else ():
            result = process_template_response(view, result)
    if view is not None and view.takes_django:
        if isinstance(result, SimpleTemplateResponse):
            result.render()
        return Passing(DjangoResponse(result), status_code=result.status_code)
    if isinstance(result, StreamingHttpResponse):
        if (file := files.body_of(result)) is not None:
            _close(result)
            return files.OpenFile(file, status_code=result.status_code, headers=header_fields(result))
        parts: Any = _AsyncParts(result) if result.is_async else _Parts(result)
        return StreamingResponse(parts, status_code=result.status_code, headers=header_fields(result))
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
    # As result.close() does, but for request_finished: the request has not finished yet, and who sends that is another.
    closers: list[Callable[[], object]] = result._resource_closers  # type: ignore[attr-defined]
    for closer in closers:
        with contextlib.suppress(Exception):
            closer()
    closers.clear()
    result.closed = True


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
