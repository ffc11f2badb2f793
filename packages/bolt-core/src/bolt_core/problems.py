"""What a request becomes that cannot be bound to its handler: every problem found, in one shape."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import msgspec

from bolt_core._native import Request
from bolt_core.binding.body_errors import MOST, parse_message
from bolt_core.binding.scalars import MESSAGES, ItemErrors
from bolt_core.exceptions import (
    BadRequest,
    HTTPException,
    PayloadTooLarge,
    RequestValidationError,
    UnsupportedMediaType,
)
from bolt_core.markers import Source
from bolt_core.plan import Found, HandlerPlan
from bolt_core.shorten import shorten
from bolt_core.types import Problem

type Listed = dict[str, Any]

_TYPES = {"int": "int_parsing", "float": "float_parsing", "bool": "bool_parsing", "str": "string_unicode"}


def exception_for(plan: HandlerPlan, problems: Sequence[Problem], request: Request) -> HTTPException:
    """The answer to *problems*: 415 for the wrong content type, 400 for no JSON at all, else 422 with all of them."""
    listed: list[Listed] = []
    for source, wire_name, code, detail in problems:
        if detail is not None and not isinstance(detail, ValueError | RecursionError):
            # No fault of the client's: a converter or a type's own check broke.
            raise detail
        if code == "media_type":
            return UnsupportedMediaType(
                "The body must be sent with Content-Type application/json or application/msgpack"
            )
        if code == "too_many_fields":
            return PayloadTooLarge("The query has too many parameters")
        if (refusal := _syntax_refusal(code, detail)) is not None:
            return refusal
        try:
            listed.extend(_list_problem(plan, (source, wire_name, code, detail), request))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            # The typed decoder stopped at a wrong type, before what is not well-formed.
            return _malformed(exc)
    return RequestValidationError(listed)


def _syntax_refusal(code: str, detail: BaseException | None) -> HTTPException | None:
    """400 where the body is not even well-formed."""
    if code == "json_depth" or isinstance(detail, RecursionError):
        return _malformed(RecursionError())
    if code == "json":
        return _malformed(detail)
    decoding = isinstance(detail, msgspec.DecodeError | UnicodeDecodeError)
    if code == "validation" and decoding and not isinstance(detail, msgspec.ValidationError):
        return _malformed(detail)
    return None


def _malformed(detail: BaseException | None) -> BadRequest:
    if isinstance(detail, RecursionError):
        return BadRequest("The body is nested too deeply")
    if isinstance(detail, UnicodeDecodeError):
        return BadRequest("The body is not valid UTF-8")
    reason = f": {shorten(str(detail))}" if isinstance(detail, msgspec.DecodeError) else ""
    return BadRequest(f"The body is malformed{reason}")


def _list_problem(plan: HandlerPlan, problem: Problem, request: Request) -> list[Listed]:
    source, wire_name, code, detail = problem
    if code == "body_missing":
        return [_listed(["body"], "A body is required", "missing")]
    loc: list[str | int] = [source, wire_name]
    if code == "missing":
        return [_listed(loc, "Field required", "missing")]
    if code in _TYPES:
        return [_listed(loc, MESSAGES[code], _TYPES[code])]
    if code == "validation":
        return [_listed(["body", *path], msg, kind) for path, msg, kind in _body_problems(plan, detail, request)]
    if isinstance(detail, ItemErrors):
        return [_listed([*loc, item.index], str(item), "value_error") for item in detail.items]
    return [_listed(loc, str(detail) if detail is not None else "Invalid value", "value_error")]


def _body_problems(plan: HandlerPlan, detail: BaseException | None, request: Request) -> list[Found]:
    """Everything wrong with the body, or what its decoder said where a second look finds nothing."""
    param = next((param for param in plan.params if param.source is Source.BODY), None)
    found: list[Found] = []
    if param is not None and param.explain is not None:
        try:
            found = list(islice(param.explain(_decode_untyped(request)), MOST))
        except msgspec.ValidationError:
            # As of a number with thousands of digits; the decoder's own words stand.
            found = []
    return found or [parse_message(str(detail))]


def _decode_untyped(request: Request) -> Any:
    is_msgpack = "msgpack" in request.headers.get("content-type", "").lower()
    return msgspec.msgpack.decode(request.body) if is_msgpack else msgspec.json.decode(request.body)


def _listed(loc: Sequence[str | int], msg: str, kind: str) -> Listed:
    return {
        "loc": [shorten(part) if isinstance(part, str) else part for part in loc],
        "msg": shorten(msg),
        "type": kind,
    }
