"""A handler's plan: everything decided about it at registration.

Binding, the Rust route table and (later) OpenAPI read plans; nothing inspects a handler after `freeze()`.
"""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from bolt_serializers.invalid import Found
from bolt_serializers.limits import NO_LIMITS, Constraints

from bolt_core.access import UNSAID_ACCESS, Access, RouteAccess
from bolt_core.error_format import UNSAID, ErrorFormat
from bolt_core.markers import UNSET, Marker, Source

if TYPE_CHECKING:
    from bolt_core.reply_format import Negotiation, ReplyFormat

# RFC 9110 §15.3.5, §15.3.6, §15.4.5: responses without content.
EMPTY_STATUSES = frozenset({204, 205, 304})

type Kind = Literal["int", "float", "bool", "str", "other"]
type BodyMode = Literal["none", "whole", "form", "stream"]


@dataclass(frozen=True, slots=True)
class FreshDefault:
    """Stands for a mutable default until the handler is called; Python would share the one object between requests."""

    value: Any

    def make(self) -> Any:
        """The default, as if written anew."""
        return copy.deepcopy(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyPlan:
    """How a body is decoded, by its Content-Type, and what a client is told whose body is refused."""

    decode: Callable[[bytes], Any]
    """From JSON."""
    decode_msgpack: Callable[[bytes], Any]
    explain: Callable[[Any], Iterable[Found]]
    """Every problem of a refused body, given its untyped value."""

    def to_wire(self) -> dict[str, object]:
        """The keys that `route_plan.rs` reads."""
        return {"decode": self.decode, "decode_msgpack": self.decode_msgpack}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlan:
    """A parameter that is a model of several values, each read by its name."""

    fields: tuple["ParamPlan", ...]
    """By the names that `build` takes; what is not sent is left to the model's own defaults."""
    build: Callable[[dict[str, Any]], Any]
    """Raises `ValueError` where the values do not fit together."""
    forbid_unknown: bool = False
    """Whether names that the route does not read are refused."""
    ignored: tuple[str, ...] = ()
    """Names that are not refused though nothing reads them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamPlan:
    """One parameter of a handler, or one field of a model."""

    name: str
    keyword: bool = False
    """Passed by keyword; keyword-only parameters stand last."""
    source: Source
    wire_name: str
    kind: Kind = "other"
    """What Rust makes of a raw string before `convert`; `other` leaves it a string."""
    many: bool = False
    """Reads every value of a repeated name; `convert` then gets the list of them."""
    split: str | None = None
    """What separates several values in one text."""
    required: bool = True
    default: Any = UNSET
    fresh_default: FreshDefault | None = None
    """Makes the default anew for each request, where it is a mutable object."""
    annotation: Any = Any
    marker: Marker | None = None
    constraints: Constraints = NO_LIMITS
    """The limits of the marker and of `msgspec.Meta` together."""
    convert: Callable[..., Any] | None = None
    """Raises `ValueError` (which `msgspec.ValidationError` is) with a message for the client.

    Gets the value that Rust read; of a file the engine's part or a list of them; of a raw body its bytes and its
    Content-Type; of an injected parameter the request.
    """
    model: ModelPlan | None = None
    body: BodyPlan | None = None
    """Of a parameter that is the whole body."""
    raw: bool = False
    """The body as it came."""
    embedded: bool = False
    """A member of the body, by its `wire_name`; `HandlerPlan.embedded` decodes them all."""

    def to_wire(self) -> dict[str, object]:
        """The keys that `route_plan.rs` reads."""
        return {
            "name": self.name,
            "keyword": self.keyword,
            "source": self._wire_source(),
            "wire_name": self.wire_name,
            "kind": self.kind,
            "many": self.many,
            "split": self.split,
            "required": self.required,
            "default": None if self.required else self.fresh_default or self.default,
            "convert": self.convert,
            **(self.body.to_wire() if self.body else {}),
        }

    def _wire_source(self) -> str:
        if self.model is not None:
            return "fields"
        if self.raw:
            return "raw"
        return "member" if self.embedded else self.source.value


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPlan:
    """What a route takes of a form."""

    files: Mapping[str, Marker | None]
    """The files that its parameters read, by field name, with the limits that their markers set."""
    keep_others: bool
    """Whether the handler can reach other files, through the request."""

    def to_wire(self) -> dict[str, object]:
        """The keys that `route_plan.rs` reads."""
        files = {
            name: {
                "max_size": marker.max_size if marker else None,
                "allowed_types": list(marker.allowed_types) if marker else [],
                "max_files": marker.max_files if marker else None,
            }
            for name, marker in self.files.items()
        }
        return {"files": files, "keep_others": self.keep_others}


type ItemsKind = Literal["text", "bytes", "lines", "events"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsPlan:
    """What the items of an annotated generator become: pieces as they are, lines of JSON, or server-sent events."""

    kind: ItemsKind
    encode: Callable[[Any], bytes]
    """JSON of an item, as its type allows it."""
    validate: Callable[[Any], Any] | None = None


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
    is_data: bool = True
    """Whether data may leave, by the annotation: not where it names text, bytes, a stream or a response class."""
    fields: frozenset[str] = frozenset()
    """The names of all fields of all records in the model."""
    items: "ItemsPlan | None" = None
    """What a generator's items become, where the annotation names their type."""


@dataclass(frozen=True, slots=True)
class ExceptionCall:
    """A function of the application's that answers for a class of exceptions."""

    exc_type: type[Exception]
    function: Callable[[Any, Any], Any]
    """Takes the request and the exception."""
    is_async: bool


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
    embedded: BodyPlan | None = None
    """Of a body whose members are parameters: decodes an object with an attribute for each of them."""
    form: FormPlan | None = None
    max_body: int | None = None
    """Bytes; `None` takes the server's limit."""
    default_headers: bool = True
    """Whether replies get the header fields that the server adds to all."""
    cancel_on_disconnect: bool = True
    format: "ReplyFormat | None" = None
    """What the route says about how its data is written."""
    negotiation: "Negotiation | None" = None
    """The media types that the client chooses from; `None` where there is JSON alone."""
    check: Callable[[Any], object] | None = None
    """Called with the request before the handler; what it raises is the answer."""
    fast: bool = True
    """Whether the engine may write common results itself; not where every reply takes a look at the request."""
    origin: str = ""
    """`file:line` of the handler, for error messages."""
    info: RouteInfo = field(default_factory=RouteInfo)
    middleware: tuple[Callable[..., Any], ...] = ()
    """The route's own, the outermost first."""
    skips: tuple[Any, ...] = ()
    """What of its surroundings the route is left out of: classes, functions, dotted paths, or `*`."""
    around: "Any | None" = None
    """`bolt_core.around.Around`, all that encloses the route, once the application is frozen."""
    own_access: Access = UNSAID_ACCESS
    """What the route itself says about its callers."""
    access: RouteAccess | None = None
    """Who may call the route, once the application is frozen; `None`: whoever likes."""
    undecided: "HandlerPlan | None" = None
    """The same route for requests of which the engine cannot tell who sends them: Python is asked."""
    exception_handlers: Mapping[type[Exception], ExceptionCall] = field(default_factory=dict)
    """The route's own; once frozen, those of its routers and the application as well, the nearer before the outer."""
    errors: ErrorFormat = UNSAID
    """The shape of the application's errors, set when it is frozen."""

    def to_wire(self) -> dict[str, object]:
        """The keys that `route_plan.rs` reads, once."""
        return {
            "plan": self,
            "method": self.method,
            "path": self.path,
            "name": self.name,
            "handler": self.call,
            "is_async": self.is_async if self.around is None else self.around.is_async,
            "around": None if self.around is None else self.around.call,
            "body": self.body,
            "max_body": self.max_body,
            "default_headers": self.default_headers,
            "cancel": self.cancel_on_disconnect,
            "status": self.status,
            # Without content there is nothing to encode, nor a content type.
            "encode": None if self.status in EMPTY_STATUSES else self.result.encode,
            "embedded": self.embedded.to_wire() if self.embedded else None,
            "form": self.form.to_wire() if self.form else None,
            "params": [self._param_wire(param) for param in self.params],
            "fast": self.fast,
            "check": self.check,
            "auth": self._auth_wire(),
        }

    def _auth_wire(self) -> dict[str, object] | None:
        wire = None if self.access is None else self.access.to_wire()
        if wire is None:
            return None
        return {**wire, "undecided": None if self.undecided is None else self.undecided.to_wire()}

    def _param_wire(self, param: ParamPlan) -> dict[str, object]:
        wire = param.to_wire()
        if param.embedded:
            wire["member"] = param.name
        if param.model is not None:
            wire["from"] = param.source.value
            wire["fields"] = [field.to_wire() for field in param.model.fields]
            wire["build"] = param.model.build
            known = self._known(param.source).union(param.model.ignored)
            wire["known"] = sorted(known) if param.model.forbid_unknown else None
        return wire

    def _known(self, source: Source) -> set[str]:
        """Every name that the route reads from *source*; files stand among the fields of their form."""
        sources = {source, Source.FILE} if source is Source.FORM else {source}
        single = (field for param in self.params for field in (param.model.fields if param.model else (param,)))
        return {field.wire_name for field in single if field.source in sources}
