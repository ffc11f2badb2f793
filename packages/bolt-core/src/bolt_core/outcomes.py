"""What a handler's result becomes, where the engine does not write it itself."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from bolt_serializers.hints import describe

from bolt_core._native import Request
from bolt_core.background import BackgroundTask, BackgroundTasks, after_reply, tasks_of
from bolt_core.binding.serializers import ResponseValidationError
from bolt_core.conditions import Validated
from bolt_core.encoding import JSON_ENCODER, encode_strict
from bolt_core.headers import check_headers
from bolt_core.plan import EMPTY_STATUSES, HandlerPlan, ResultPlan
from bolt_core.reading import must_leave_loop, off_loop
from bolt_core.reply_format import encode_as
from bolt_core.responses import EVENT_STREAM_HEADERS, JSON, Response, StreamingResponse, is_status
from bolt_core.sse import encode_event, event_stream
from bolt_core.streaming import EncodedItems, encoded_items
from bolt_core.types import Headers, Outcome, Promise

type ResultAdapter = Callable[[Any, Request], Any]

_JSON_FIELDS = ("content-type", "application/json")
_TEXT_FIELDS = ("content-type", "text/plain; charset=utf-8")
_BYTES_FIELDS = ("content-type", "application/octet-stream")
_EVENT_FIELDS = [("content-type", "text/event-stream"), *EVENT_STREAM_HEADERS]

# What most handlers return; nothing has to be asked of these types.
_PLAIN = frozenset({str, bytes, int, float, bool, dict, list, type(None)})

_adapters: dict[type, ResultAdapter] = {}


def register_result_adapter(type_: type, adapt: ResultAdapter) -> None:
    """Let *adapt*(result, request) turn results of *type_* and its subclasses into another result.

    What it returns is taken as if the handler had returned it, model and all; it may be a response. The nearest class
    wins; a class registered twice keeps the later function. Holds for the whole process. Plain str, bytes, numbers,
    dicts, lists and None are never adapted.
    """
    _adapters[type_] = adapt


def outcome_of_result(plan: HandlerPlan, result: Any, request: Request) -> Outcome | Promise:
    """What *result* becomes; raises, or promises to, what its encoding, its model or an adapter raises."""
    if type(result) is Validated:
        return _validated(plan, result, request)
    write = functools.partial(_outcome_of_result, plan, result, request)
    try:
        content, status = _body_and_status(plan, result, request)
        # What was adapted is not adapted again.
        write = functools.partial(_outcome_of_content, plan, content, status, request)
        return write()
    except Exception as error:
        if not must_leave_loop(error):
            raise
    # Something in it queries a database when it is read: once more, where that may wait.
    return _later(write)


async def _later(make: Callable[[], Outcome]) -> Outcome:
    making = asyncio.ensure_future(off_loop(make))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        # The client has left, the handler has returned: what it left to do is done all the same.
        making.add_done_callback(_start_tasks)
        raise


def _start_tasks(made: asyncio.Future[Outcome]) -> None:
    if not made.cancelled() and made.exception() is None:
        outcome = made.result()
        if len(outcome) == 4 and outcome[3] is not None:
            outcome[3]()


def _outcome_of_result(plan: HandlerPlan, result: Any, request: Request) -> Outcome:
    return _outcome_of_content(plan, *_body_and_status(plan, result, request), request)


def _body_and_status(plan: HandlerPlan, result: Any, request: Request) -> tuple[Any, int | None]:
    """What a handler returned, adapted, and the status that it named beside it."""
    content = _adapted(result, request)
    if is_body_and_status(plan.result, content):
        return _adapted(content[0], request), int(content[1])
    return content, None


def _outcome_of_content(plan: HandlerPlan, content: Any, named: int | None, request: Request) -> Outcome:
    if isinstance(content, Response):
        try:
            outcome = outcome_of_response(plan, content, status=named)
        except Exception:
            if isinstance(content, StreamingResponse):
                _close(content.content)
            raise
        return _with_tasks(plan, outcome, request, content.background)
    status = (plan.status, plan.status_given) if named is None else (named, True)
    return _with_tasks(plan, _outcome_of_value(plan, content, status, request), request, None)


def _with_tasks(
    plan: HandlerPlan, outcome: Outcome, request: Request, own: BackgroundTask | BackgroundTasks | None
) -> Outcome:
    # A route that collects tasks never takes the engine's short way; every other one has none.
    collected = None if plan.fast else tasks_of(request)
    after = None if own is None and collected is None else after_reply(request, collected, own)
    return outcome if after is None else (*outcome[:3], after)


def _validated(plan: HandlerPlan, validated: Validated, request: Request) -> Outcome | Promise:
    outcome = outcome_of_result(plan, validated.result, request)
    if isinstance(outcome, tuple):
        return validated.add_to(outcome)
    promise = outcome

    async def later() -> Outcome:
        return validated.add_to(await promise)

    return later()


def is_body_and_status(result_plan: ResultPlan, result: Any) -> bool:
    """Whether *result* is a body with its status, and not a tuple that is the body."""
    return type(result) is tuple and len(result) == 2 and not result_plan.tuple_is_body and is_status(result[1])


def _adapted(result: Any, request: Request) -> Any:
    if type(result) in _PLAIN:
        return result
    for base in type(result).__mro__:
        if (adapt := _adapters.get(base)) is not None:
            return adapt(result, request)
    return result


def _outcome_of_value(plan: HandlerPlan, value: Any, status: tuple[int, bool], request: Request) -> Outcome:
    result, (code, given) = plan.result, status
    if type(value) not in _PLAIN:
        if isinstance(value, AsyncIterator | Iterator):
            return _stream(result, value, code)
        _refuse_awaitable(value)
    # A model describes success; what a handler returns with an error status has the error's own shape.
    if result.validate is not None and code < 300:
        value = result.validate(value)
    if value is None and result.none_is_empty:
        return code if given else 204, [], b""
    if code in EMPTY_STATUSES:
        return code, [], b""
    if isinstance(value, str):
        return code, [_TEXT_FIELDS], value.encode()
    if isinstance(value, bytes | bytearray | memoryview):
        return code, [_BYTES_FIELDS], bytes(value)
    if plan.negotiation is None:
        return code, [_JSON_FIELDS], result.encode_plain(value)
    media_type = plan.negotiation.choose(request)
    return code, [("content-type", media_type), ("vary", "Accept")], encode_as(media_type, result, value)


def _stream(plan: ResultPlan, items: Any, status: int) -> Outcome:
    """A generator's reply: pieces of text unless the annotation says what it yields."""
    if plan.items is None and plan.explicit and status < 300:
        _close(items)
        raise ResponseValidationError(
            f"the result is a stream, which response_model={describe(plan.model)} does not describe; name what it "
            "yields (Iterator[Item] or AsyncIterator[Item]), or return a list"
        )
    kind = "text" if plan.items is None else plan.items.kind
    if plan.items is None or kind == "text":
        return status, [_TEXT_FIELDS], items
    if kind == "bytes":
        return status, [_BYTES_FIELDS], items
    encode = plan.items.encode
    if kind == "events":
        return status, _EVENT_FIELDS, event_stream(items, encode=lambda item: encode_event(item, encode))
    return status, [("content-type", "application/jsonl")], encoded_items(items, lambda item: encode(item) + b"\n")


def _close(unread: Any) -> None:
    if (close := getattr(unread, "close", None)) is not None:
        close()


def _refuse_awaitable(value: Any) -> None:
    if not isinstance(value, Awaitable):
        return
    # An abandoned coroutine warns when it is collected; closing it does not.
    _close(value)
    raise TypeError(
        "the handler returned an awaitable; declare it `async def`, or mark its wrapper with "
        "inspect.markcoroutinefunction()"
    )


def outcome_of_response(
    plan: HandlerPlan | None, response: Response, default_status: int | None = None, *, status: int | None = None
) -> Outcome:
    """What a response object becomes; raises what its headers or its encoding raise.

    *status* overrules the response's own, *default_status* stands in where it has none.
    """
    status = status or response.status_code or default_status or (plan.status if plan is not None else 200)
    headers: Headers = check_headers(response.fields())
    content = response.content
    if isinstance(content, EncodedItems) and plan is not None and plan.result.encode_plain is encode_strict:
        content.write_data_by(encode_strict)
    if not isinstance(response, JSON):
        return status, headers, content
    if plan is None:
        return status, headers, JSON_ENCODER.encode(content)
    model_applies = plan.result.explicit and status < 300
    return status, headers, plan.result.encode(content) if model_applies else plan.result.encode_plain(content)
