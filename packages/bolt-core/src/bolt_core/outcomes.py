"""What a handler's result becomes, where the engine does not write it itself."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from bolt_core._native import Request
from bolt_core.encoding import JSON_ENCODER
from bolt_core.headers import check_headers
from bolt_core.plan import EMPTY_STATUSES, HandlerPlan, ResultPlan
from bolt_core.responses import JSON, Response, StreamingResponse, is_status
from bolt_core.types import Headers, Outcome, Promise

type ResultAdapter = Callable[[Any, Request], Any]

_JSON_FIELDS = ("content-type", "application/json")
_TEXT_FIELDS = ("content-type", "text/plain; charset=utf-8")
_BYTES_FIELDS = ("content-type", "application/octet-stream")

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
    """What *result* becomes; raises what its encoding, its model or an adapter raises."""
    result = _adapted(result, request)
    if isinstance(result, Response):
        return outcome_of_response(plan, result)
    if is_body_and_status(plan.result, result):
        body, status = _adapted(result[0], request), int(result[1])
        if isinstance(body, Response):
            return outcome_of_response(plan, body, default_status=status)
        return _outcome_of_value(plan.result, body, status, keeps_status=True)
    return _outcome_of_value(plan.result, result, plan.status, keeps_status=plan.status_given)


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


def _outcome_of_value(plan: ResultPlan, value: Any, status: int, *, keeps_status: bool) -> Outcome:
    if type(value) not in _PLAIN:
        if isinstance(value, AsyncIterator | Iterator):
            return status, [_BYTES_FIELDS if plan.streams_bytes else _TEXT_FIELDS], value
        _refuse_awaitable(value)
    # A model describes success; what a handler returns with an error status has the error's own shape.
    if plan.validate is not None and status < 300:
        value = plan.validate(value)
    if value is None and plan.none_is_empty:
        return status if keeps_status else 204, [], b""
    if status in EMPTY_STATUSES:
        return status, [], b""
    if isinstance(value, str):
        return status, [_TEXT_FIELDS], value.encode()
    if isinstance(value, bytes | bytearray | memoryview):
        return status, [_BYTES_FIELDS], bytes(value)
    return status, [_JSON_FIELDS], plan.encode_plain(value)


def _refuse_awaitable(value: Any) -> None:
    if not isinstance(value, Awaitable):
        return
    # An abandoned coroutine warns when it is collected; closing it does not.
    if (close := getattr(value, "close", None)) is not None:
        close()
    raise TypeError(
        "the handler returned an awaitable; declare it `async def`, or mark its wrapper with "
        "inspect.markcoroutinefunction()"
    )


def outcome_of_response(plan: HandlerPlan | None, response: Response, default_status: int | None = None) -> Outcome:
    """What a response object becomes; raises what its headers or its encoding raise."""
    status = response.status_code or default_status or (plan.status if plan is not None else 200)
    headers: Headers = check_headers(response.fields())
    content = response.content
    if isinstance(response, StreamingResponse):
        return status, headers, content
    if not isinstance(response, JSON):
        return status, headers, content
    if plan is not None and plan.result.explicit and status < 300:
        return status, headers, plan.result.encode(content)
    return status, headers, JSON_ENCODER.encode(content)
