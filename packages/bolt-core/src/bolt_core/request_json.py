"""`request.json()`: a body decoded when the handler asks for it, with the errors of a declared one."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from .exceptions import BadRequest, HTTPException, RequestValidationError, UnsupportedMediaType
from .shorten import shorten

if TYPE_CHECKING:
    from ._native import Request

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
    if request._too_deep:
        raise BadRequest("The body is nested too deeply")
    decode, find = _reader(type_) if type_ is not Any else (msgspec.json.decode, None)
    try:
        return decode(body)
    except msgspec.ValidationError as error:
        raise _invalid(error, find, body) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(error) from None


def _reader(type_: Any) -> tuple[Any, Any]:
    try:
        return _cached_reader(type_)
    except TypeError:
        # Unhashable, as a type annotated with a list is; or no type of a body, which is then said again.
        return _make_reader(type_)


def _make_reader(type_: Any) -> tuple[Any, Any]:
    from .binding.bodies import body_decoders
    from .binding.body_errors import find_problems, take_apart

    decode, _ = body_decoders(type_)
    piece = take_apart(type_)
    return decode, lambda value: find_problems(piece, value)


_cached_reader = lru_cache(maxsize=256)(_make_reader)


def _invalid(error: msgspec.ValidationError, find: Any, body: bytes) -> HTTPException:
    from .binding.body_errors import MOST, parse_message

    try:
        found = list(islice(find(msgspec.json.decode(body)), MOST)) if find is not None else []
    except msgspec.ValidationError:
        # As of a number with thousands of digits; the decoder's own words stand.
        found = []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as worse:
        # The typed decoder stopped at a wrong type, before what is not well-formed.
        return _malformed(worse)
    return RequestValidationError(
        [
            {"loc": ["body", *map(_short, path)], "msg": shorten(message), "type": kind}
            for path, message, kind in found or [parse_message(str(error))]
        ]
    )


def _short(part: str | int) -> str | int:
    return shorten(part) if isinstance(part, str) else part


def _malformed(error: Exception) -> BadRequest:
    if isinstance(error, RecursionError):
        return BadRequest("The body is nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return BadRequest("The body is not valid UTF-8")
    return BadRequest(f"The body is malformed: {shorten(str(error))}")
