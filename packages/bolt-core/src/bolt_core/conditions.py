"""Conditional requests: functions that tell a resource's validators before its handler runs (RFC 9110 §13).

Named and meant as the decorators of `django.views.decorators.http`; evaluated by the engine.
"""

import datetime as dt
import functools
import inspect
import re
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from bolt_core._native import Request, check_conditions
from bolt_core.exceptions import ConfigError, PreconditionFailed
from bolt_core.responses import Response
from bolt_core.types import Headers, Outcome

__all__ = ["condition", "etag", "last_modified"]

type Supplier = Callable[..., Any]

_ATTRIBUTE = "__bolt_condition__"
# RFC 9110 §8.8.3.
_ENTITY_TAG = re.compile(r'(?:W/)?"[!#-~\x80-\xff]*"')
_OPAQUE = re.compile(r"[!#-~\x80-\xff]*")

_registered: "weakref.WeakSet[Any]" = weakref.WeakSet()
"""Functions that are routes already, on which a decorator comes too late."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What validates the content of a handler."""

    etag: Supplier | None = None
    last_modified: Supplier | None = None


def condition[F: Callable[..., Any]](
    etag_func: Supplier | None = None, last_modified_func: Supplier | None = None
) -> Callable[[F], F]:
    """Answer a request by its preconditions, before and without the decorated handler where they are not met.

    *etag_func* returns the entity tag of what the handler would send, quoted or not, or `None` for none;
    *last_modified_func* returns a `datetime` (UTC where it names no zone) or `None`. Either may be `def`, which runs on
    a pool thread, or `async def`; it takes, by name, the request, path parameters and parameters of the handler.

    A client that has the current content gets 304, a condition that is false 412. Replies of status 2xx to GET and
    HEAD carry the validators. The decorator stands below the route's. Raises `ConfigError` where it cannot work.
    """
    given = Condition(etag_func, last_modified_func)
    if given == Condition():
        raise ConfigError("condition() is given no function; name etag_func, last_modified_func or both")
    for name, function in (("etag_func", etag_func), ("last_modified_func", last_modified_func)):
        if function is not None and (not callable(function) or isinstance(function, type)):
            raise ConfigError(f"condition(): {name}={function!r} is no function")
    return functools.partial(_record, given)


def etag[F: Callable[..., Any]](etag_func: Supplier) -> Callable[[F], F]:
    """As `condition`, by the entity tag alone."""
    return condition(etag_func=etag_func)


def last_modified[F: Callable[..., Any]](last_modified_func: Supplier) -> Callable[[F], F]:
    """As `condition`, by the time of the last change alone."""
    return condition(last_modified_func=last_modified_func)


def _record[F: Callable[..., Any]](given: Condition, handler: F) -> F:
    name = getattr(handler, "__qualname__", repr(handler))
    if is_registered(handler):
        raise ConfigError(f"{name}() is a route already, so its condition would never be asked; decorate it first")
    before = condition_of(handler) or Condition()
    if (before.etag and given.etag) or (before.last_modified and given.last_modified):
        raise ConfigError(f"{name}() is given two functions for one validator; keep one")
    merged = Condition(given.etag or before.etag, given.last_modified or before.last_modified)
    try:
        setattr(handler, _ATTRIBUTE, merged)
    except AttributeError as error:
        raise ConfigError(f"{name} cannot be decorated with a condition; wrap it in a function") from error
    return handler


def condition_of(handler: Callable[..., Any]) -> Condition | None:
    """The condition that *handler* was decorated with."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    found: Condition | None = getattr(handler, _ATTRIBUTE, None)
    return found


def is_registered(handler: Callable[..., Any]) -> bool:
    """Whether *handler* is a route."""
    return inspect.isfunction(handler) and handler in _registered


def note_registered(handler: Callable[..., Any]) -> None:
    """Remember that *handler* is a route."""
    if inspect.isfunction(handler):
        _registered.add(handler)


@dataclass(frozen=True, slots=True)
class Validators:
    """What validates the current content, as header fields have it."""

    etag: str | None = None
    last_modified: int | None = None
    """Seconds since 1970."""

    @classmethod
    def of(cls, tag: Any, changed: Any) -> "Validators":
        """From what the functions returned; raises `TypeError` or `ValueError` for what is none."""
        return cls(None if tag is None else quote_etag(tag), None if changed is None else _seconds(changed))

    def check(self, request: Request) -> Response | None:
        """The reply that the request's preconditions demand in place of the handler's: 304, or `None`.

        Raises `PreconditionFailed`.
        """
        tag = None if self.etag is None else self.etag.encode("latin-1")
        verdict = check_conditions(request, tag, self.last_modified)
        if verdict == 412:
            raise PreconditionFailed
        return Response(status_code=304, headers=self.fields()) if verdict == 304 else None

    def fields(self) -> Headers:
        """As header fields."""
        fields: Headers = []
        if self.etag is not None:
            fields.append(("etag", self.etag))
        if self.last_modified is not None:
            fields.append(("last-modified", formatdate(self.last_modified, usegmt=True)))
        return fields


def quote_etag(tag: str) -> str:
    """*tag* as an entity tag; raises `ValueError` for a character that none can hold."""
    if not isinstance(tag, str):
        raise TypeError(f"an etag function returns str or None, not {type(tag).__qualname__}")
    if _ENTITY_TAG.fullmatch(tag):
        return tag
    if _OPAQUE.fullmatch(tag):
        return f'"{tag}"'
    raise ValueError(f"{tag!r} is no entity tag: it may hold neither spaces, quotes nor controls (RFC 9110 §8.8.3)")


def _seconds(changed: dt.datetime) -> int:
    if not isinstance(changed, dt.datetime):
        raise TypeError(f"a last_modified function returns datetime or None, not {type(changed).__qualname__}")
    aware = changed if changed.tzinfo is not None else changed.replace(tzinfo=dt.UTC)
    return max(0, int(aware.timestamp()))


@dataclass(frozen=True, slots=True)
class Validated:
    """A handler's result, and the validators that its reply is to carry."""

    result: Any
    validators: Validators
    is_read: bool

    def add_to(self, outcome: Outcome) -> Outcome:
        """*outcome* with the validators, where it is a success and does not set its own."""
        status, headers, *rest = outcome
        if not self.is_read or not 200 <= status < 300:
            return outcome
        own = {name.lower() for name, _ in headers}
        added = [*headers, *(field for field in self.validators.fields() if field[0] not in own)]
        return (status, added, *rest)
