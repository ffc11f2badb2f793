"""`request.json()`: a body decoded when the handler asks for it, refused as a declared one is."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import msgspec

from .exceptions import BadRequest, HTTPException, UnsupportedMediaType

if TYPE_CHECKING:
    from ._native import Request
    from .plan import BodyPlan, HandlerPlan

__all__ = ["decode_json"]


def decode_json(request: Request, type_: Any) -> Any:
    """The body of *request* as a *type_*; raises the `HTTPException` that refuses it."""
    media_type = request.content_type
    if media_type != "application/json" and not media_type.endswith("+json"):
        # Without this a form of another site could send JSON in a user's name, as text/plain.
        raise UnsupportedMediaType("The body must be sent with Content-Type application/json")
    body = request.body
    if not body:
        raise BadRequest("The body is empty, where JSON was expected")
    plan = None if type_ is Any else _plan(type_)
    decode = msgspec.json.decode if plan is None else plan.decode
    try:
        if request._too_deep:
            raise RecursionError
        return decode(body)
    except msgspec.ValidationError as error:
        raise _refused(plan, "validation", error, request) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refused(plan, "json", error, request) from None


def _plan(type_: Any) -> BodyPlan:
    try:
        return _cached_plan(type_)
    except TypeError:
        # Unhashable, as a type annotated with a list is; or no type of a body, which is then said again.
        return _make_plan(type_)


def _make_plan(type_: Any) -> BodyPlan:
    # At the first call: binding is made of modules that import the request.
    from bolt_serializers.problems import find_problems, take_apart

    from .binding.bodies import body_decoders
    from .plan import BodyPlan

    decode, decode_msgpack = body_decoders(type_)
    piece = take_apart(type_)
    return BodyPlan(decode=decode, decode_msgpack=decode_msgpack, explain=lambda value: find_problems(piece, value))


_cached_plan = lru_cache(maxsize=256)(_make_plan)


class _OneBody:
    """What `exception_for` reads of a handler's plan: the body it takes."""

    params = ()

    def __init__(self, body: BodyPlan | None) -> None:
        self.embedded = body


def _refused(plan: BodyPlan | None, code: str, error: Exception, request: Request) -> HTTPException:
    from .problems import exception_for

    return exception_for(cast("HandlerPlan", _OneBody(plan)), [("body", "", code, error, None)], request)
