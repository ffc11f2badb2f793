"""What a request becomes that cannot be bound to its handler: every problem found, in one shape."""

import contextlib
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec
from bolt_serializers.again import found_by
from bolt_serializers.decoding import holds_lone_surrogate
from bolt_serializers.errors import ConstructionError, Escaped, ValidationError
from bolt_serializers.invalid import MOST, Found, InvalidValue
from bolt_serializers.messages import parse_message
from bolt_serializers.translation import translated

from bolt_core._native import Request
from bolt_core.binding.body_params import UnknownCharset
from bolt_core.binding.scalars import REFUSALS
from bolt_core.binding.serializers import InvalidBody, RequestInvalid
from bolt_core.exceptions import (
    BadRequest,
    HTTPException,
    PayloadTooLarge,
    RequestValidationError,
    UnsupportedMediaType,
)
from bolt_core.invalid import InvalidItems
from bolt_core.plan import BodyPlan, HandlerPlan
from bolt_core.shorten import LIMIT, shorten
from bolt_core.types import Problem

type Listed = dict[str, Any]
type WordingScope = Callable[[Any], contextlib.AbstractContextManager[object]]

_scopes: list[WordingScope] = []


def register_wording_scope(scope: WordingScope) -> None:
    """Enter *scope*(request) while the texts of a request's errors are made, as for their language; the last counts."""
    _scopes[:] = [scope]


def _worded[**P, R](make: Callable[P, R]) -> Callable[P, R]:
    """*make*, whose last argument is the request, within the registered scope."""

    @functools.wraps(make)
    def within(*args: P.args, **kwargs: P.kwargs) -> R:
        with _scopes[-1](args[-1]) if _scopes else contextlib.nullcontext():
            return make(*args, **kwargs)

    return within


_PLAIN = {
    **REFUSALS,
    "missing": ("Field required", "missing"),
    "unexpected": ("Unexpected field", "unexpected"),
}
_BODIES = frozenset({"media_type", "json", "json_depth", "validation", "validation_msgpack", "body_missing"})


@_worded
def exception_for(plan: HandlerPlan, problems: Sequence[Problem], request: Request) -> HTTPException:
    """The answer to *problems*: 415 for the wrong content type, 400 for no JSON at all, else 422 with all of them."""
    listed: list[Listed] = []
    body: list[Listed] | None = None
    for problem in problems:
        source, wire_name, code, detail, index = problem
        if code in _PLAIN:
            loc = [source, shorten(wire_name)] if index is None else [source, shorten(wire_name), index]
            msg, kind = _PLAIN[code]
            listed.append({"loc": loc, "msg": translated(msg, kind, None), "type": kind})
            continue
        if isinstance(detail, Escaped):
            raise detail.error
        if detail is not None and not isinstance(detail, ValueError | RecursionError):
            # No fault of the client's: a converter or a type's own check broke.
            raise detail
        if code == "too_many_fields":
            return PayloadTooLarge("The query has too many parameters")
        if code not in _BODIES:
            if isinstance(detail, UnknownCharset):
                return UnsupportedMediaType("The body must be text in a charset such as utf-8")
            listed.extend(_converted(source, wire_name, detail))
        elif (refusal := _refusal(code, detail, request)) is not None:
            return refusal
        elif body is None:
            try:
                body = _body_problems(plan, code, detail, request)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
                # The typed decoder stopped at a wrong type, before what is not well-formed.
                return _malformed(exc, request)
            listed.extend(body)
    return _validation_error(listed)


@_worded
def invalid_data(exc: BaseException, request: Any) -> HTTPException | None:
    """422 for a `ValidationError` that a handler raised of data; `None`, so 500, where its own data is at fault."""
    if isinstance(exc, ConstructionError) or not isinstance(exc, ValidationError):
        return None
    start: tuple[str, ...] = () if isinstance(exc, RequestInvalid) else ("body",)
    return _validation_error(
        [_listed((*start, *one["loc"]), one["msg"], one["type"], one["ctx"] or None) for one in exc.errors()[:MOST]]
    )


def _validation_error(listed: list[Listed]) -> RequestValidationError:
    # Its own constructor checks the shape of what applications raise; these need no check.
    error = RequestValidationError.__new__(RequestValidationError)
    HTTPException.__init__(error, 422, listed)
    return error


def _refusal(code: str, detail: BaseException | None, request: Request) -> HTTPException | None:
    """415 for another type, 400 where the body is not even well-formed."""
    if code == "media_type":
        return UnsupportedMediaType("The body must be sent with Content-Type application/json or application/msgpack")
    if code == "json_depth" or isinstance(detail, RecursionError):
        return _malformed(RecursionError(), request)
    if code == "json":
        return _malformed(detail, request)
    decoding = isinstance(detail, msgspec.DecodeError | UnicodeDecodeError)
    return _malformed(detail, request) if decoding and not isinstance(detail, msgspec.ValidationError) else None


def _malformed(detail: BaseException | None, request: Request) -> BadRequest:
    if isinstance(detail, RecursionError):
        return BadRequest("The body is nested too deeply")
    if isinstance(detail, UnicodeDecodeError):
        return BadRequest("The body is not valid UTF-8")
    if holds_lone_surrogate(request.body):
        return BadRequest("The body holds half of a surrogate pair, which is no character (RFC 8259 §8.2)")
    reason = f": {shorten(str(detail))}" if isinstance(detail, msgspec.DecodeError) else ""
    return BadRequest(f"The body is malformed{reason}")


def _converted(source: str, wire_name: str, detail: BaseException | None) -> list[Listed]:
    """What a converter refused: one value, items of a list, or a model as a whole."""
    loc: tuple[str | int, ...] = (source, wire_name) if wire_name else (source,)
    if isinstance(detail, ValidationError):
        return [
            _listed(
                (*loc[:1], *error["loc"]) if error["loc"] else loc, error["msg"], error["type"], error["ctx"] or None
            )
            for error in detail.errors()[:MOST]
        ]
    if isinstance(detail, InvalidItems):
        return [_listed((*loc, index), *_told(error)) for index, error in detail.items[:MOST]]
    return [_listed(loc, *_told(detail))]


def _told(error: BaseException | None) -> tuple[str, str, Mapping[str, Any] | None]:
    if isinstance(error, InvalidValue):
        return str(error), error.type, error.ctx
    return str(error) if error is not None else "Invalid value", "value_error", None


def _body_problems(plan: HandlerPlan, code: str, detail: BaseException | None, request: Request) -> list[Listed]:
    if code == "body_missing":
        return [_listed(("body",), "A body is required", "missing", None)]
    found = _found(plan, code, detail, request)
    return [_listed(("body", *path), str(msg), kind, ctx) for path, msg, kind, ctx in found]


def _found(plan: HandlerPlan, code: str, detail: BaseException | None, request: Request) -> Iterable[Found]:
    """Everything wrong with the body, or what its decoder said where a second look finds nothing."""
    if isinstance(detail, InvalidBody):
        return detail.found
    body = _body_of(plan)
    decode = msgspec.msgpack.decode if code == "validation_msgpack" else msgspec.json.decode
    if body is not None:
        try:
            if found := list(islice(body.explain(decode(request.body)), MOST)):
                return found
        except msgspec.ValidationError:
            # As of a number with thousands of digits; the decoder's own words stand.
            pass
    return [parse_message("")] if detail is None else found_by(detail)


def _body_of(plan: HandlerPlan) -> BodyPlan | None:
    return plan.embedded or next((param.body for param in plan.params if param.body is not None), None)


def _listed(loc: Sequence[str | int], msg: str, kind: str, ctx: Mapping[str, Any] | None) -> Listed:
    msg = translated(msg, kind, ctx)
    short = [shorten(part) if type(part) is str and len(part) > LIMIT else part for part in loc]
    listed: Listed = {"loc": short, "msg": msg if len(msg) <= LIMIT else shorten(msg), "type": kind}
    if ctx is not None:
        listed["ctx"] = ctx
    return listed
