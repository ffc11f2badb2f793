"""A handler's plan: everything decided about it at registration.

Binding, the Rust route table and (later) OpenAPI read plans; nothing inspects a handler after `freeze()`.
"""

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from bolt_core.markers import NO_LIMITS, UNSET, Constraints, Marker, Source

# RFC 9110 §15.3.5, §15.3.6, §15.4.5: responses without content.
EMPTY_STATUSES = frozenset({204, 205, 304})

type Kind = Literal["int", "float", "bool", "str", "other"]
type Found = tuple[tuple[str | int, ...], str, str]
"""A problem inside a body: where, message, type of error."""
type BodyMode = Literal["none", "whole", "stream"]


@dataclass(frozen=True, slots=True)
class FreshDefault:
    """Stands for a mutable default until the handler is called; Python would share the one object between requests."""

    value: Any

    def make(self) -> Any:
        """The default, as if written anew."""
        return copy.deepcopy(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamPlan:
    """One parameter of a handler."""

    name: str
    keyword: bool = False
    """Passed by keyword; keyword-only parameters stand last."""
    source: Source
    wire_name: str
    kind: Kind = "other"
    """What Rust makes of the raw string before `convert`; `other` leaves it a string."""
    many: bool = False
    """Reads every value of a repeated key; `convert` then gets the list of raw strings."""
    required: bool = True
    default: Any = UNSET
    fresh_default: FreshDefault | None = None
    """Makes the default anew for each request, where it is a mutable object."""
    annotation: Any = Any
    marker: Marker | None = None
    constraints: Constraints = NO_LIMITS
    """The limits of the marker and of `msgspec.Meta` together."""
    convert: Callable[[Any], Any] | None = None
    """Raises `ValueError` (which `msgspec.ValidationError` is) with a message for the client."""
    decode: Callable[[bytes], Any] | None = None
    """A body from JSON."""
    decode_msgpack: Callable[[bytes], Any] | None = None
    explain: Callable[[Any], Iterable[Found]] | None = None
    """Every problem of a refused body, given its untyped value."""

    def to_wire(self) -> dict[str, object]:
        """The keys that `route_plan.rs` reads."""
        return {
            "name": self.name,
            "keyword": self.keyword,
            "source": self.source.value,
            "wire_name": self.wire_name,
            "kind": self.kind,
            "many": self.many,
            "required": self.required,
            "default": None if self.required else self.fresh_default or self.default,
            "convert": self.convert,
            "decode": self.decode,
            "decode_msgpack": self.decode_msgpack,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultPlan:
    """What becomes of a handler's return value."""

    model: Any = UNSET
    """The type that leaves, from `response_model=` or the return annotation; `UNSET` where there is none."""
    encode: Callable[[Any], bytes]
    """JSON of a result; validates and filters by the model first, if there is one."""
    encode_plain: Callable[[Any], bytes]
    """JSON without the model, for error bodies that a handler returns."""
    validate: Callable[[Any], Any] | None = None
    """The result as the model allows it; raises `ResponseValidationError`."""
    explicit: bool = False
    """The model was named by `response_model=`, so it holds for `JSON(…)` too."""
    none_is_empty: bool = False
    """The annotation is `-> None`: no content instead of `null`."""
    tuple_is_body: bool = False
    """The annotation is a tuple, so `(x, 404)` is an array and no status."""
    streams_bytes: bool = False
    """A generator handler annotated to yield bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteInfo:
    """What documentation says about a route; the engine does not read it."""

    tags: tuple[str, ...] = ()
    summary: str | None = None
    description: str | None = None
    operation_id: str | None = None
    deprecated: bool = False
    include_in_schema: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HandlerPlan:
    """One route: a method, a path and how to call its handler."""

    method: str
    path: str
    name: str
    """`module.qualname` of the handler, for logs and messages."""
    handler: Callable[..., Any]
    """What was registered; the plan's `call` is what runs."""
    call: Callable[..., Any]
    is_async: bool
    params: tuple[ParamPlan, ...] = ()
    """In call order."""
    status: int = 200
    status_given: bool = False
    """Whether the route named its status; then an empty result keeps it."""
    result: ResultPlan
    body: BodyMode = "none"
    max_body: int | None = None
    """Bytes; `None` takes the server's limit."""
    cancel_on_disconnect: bool = True
    check: Callable[[Any], object] | None = None
    """Called with the request before the handler; what it raises is the answer."""
    fast: bool = True
    """Whether the engine may write common results itself; not where every reply takes a look at the request."""
    origin: str = ""
    """`file:line` of the handler, for error messages."""
    info: RouteInfo = field(default_factory=RouteInfo)

    def to_wire(self) -> dict[str, object]:
        """The keys that `route_plan.rs` reads, once."""
        return {
            "plan": self,
            "method": self.method,
            "path": self.path,
            "name": self.name,
            "handler": self.call,
            "is_async": self.is_async,
            "body": self.body,
            "max_body": self.max_body,
            "cancel": self.cancel_on_disconnect,
            "status": self.status,
            # Without content there is nothing to encode, nor a content type.
            "encode": None if self.status in EMPTY_STATUSES else self.result.encode,
            "fast": self.fast,
            "check": self.check,
            "params": [param.to_wire() for param in self.params],
        }
