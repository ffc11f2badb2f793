"""Shapes shared by the modules of this package; nothing here imports another of them."""

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

type Headers = list[tuple[str, str]]
"""Header fields in the order they are sent; a name may repeat."""

type Chunks = Iterable[str | bytes] | AsyncIterable[str | bytes]
"""A body produced piece by piece; text is sent as UTF-8."""

type Outcome = tuple[int, Headers, bytes | Chunks]
"""What the engine sends: status, header fields, and a whole body or a stream."""

type ProblemCode = Literal[
    "missing",
    "int",
    "float",
    "bool",
    "str",
    "convert",
    "body_missing",
    "json",
    "json_depth",
    "validation",
    "media_type",
]


class Problem(NamedTuple):
    """One reason why a request cannot be bound to its handler's parameters.

    The engine hands over plain tuples of this shape.
    """

    source: str
    """Where the value was looked for: `path`, `query` or `body`."""
    wire_name: str
    """The name the client uses."""
    code: ProblemCode
    detail: BaseException | None
    """What the converter or decoder raised, if one ran."""


class Request(Protocol):
    """What every handler may ask of its request; the engine's own class implements it."""

    @property
    def method(self) -> str:
        """The method token as sent; methods are case-sensitive (RFC 9110 §9.1)."""
        ...

    @property
    def path(self) -> str:
        """The path, percent-decoded once, without the query."""
        ...

    @property
    def query_string(self) -> str:
        """The query as sent, still encoded, without `?`."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Header fields; names compare case-insensitively."""
        ...

    @property
    def path_params(self) -> Mapping[str, str]:
        """Values of the `{name}` segments, decoded."""
        ...

    @property
    def query_params(self) -> Mapping[str, list[str]]:
        """Every value of every query key, decoded, in order."""
        ...

    @property
    def body(self) -> bytes:
        """The whole body; empty where the route streams it."""
        ...

    @property
    def state(self) -> dict[str, Any]:
        """Free for the application to keep values in while the request lasts."""
        ...


class Hooks(Protocol):
    """The slow paths that the engine calls on the thread that ran the handler; none of them raises."""

    def finish(self, plan: Any, result: Any, request: Any) -> Outcome:
        """What a handler's result becomes."""
        ...

    def error(self, plan: Any, exc: BaseException, request: Any) -> Outcome:
        """What a handler's exception becomes."""
        ...

    def invalid(
        self, plan: Any, problems: Sequence[tuple[str, str, str, BaseException | None]], request: Any
    ) -> Outcome:
        """What parameters that cannot be bound become."""
        ...
