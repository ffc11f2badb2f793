"""Shapes shared by the modules of this package; nothing here imports another of them."""

from collections.abc import AsyncIterable, Iterable, Sequence
from typing import Any, Protocol

type Headers = list[tuple[str, str]]
"""Header fields in the order they are sent; a name may repeat."""

type Chunks = Iterable[str | bytes] | AsyncIterable[str | bytes]
"""A body produced piece by piece; text is sent as UTF-8."""

type Outcome = tuple[int, Headers, bytes | Chunks]
"""What the engine sends: status, header fields, and a whole body or a stream."""

type Problem = tuple[str, str, str, BaseException | None, int | None]
"""One reason why a request cannot be bound to its handler's parameters.

Where the value was looked for (`path`, `query`, `header`, `cookie`, `form`, `file` or `body`), the name the client uses
(empty for a whole model or body), a code, what the converter or the decoder raised, if one ran, and which of the values
of a repeated name is meant. The codes: `missing` and `unexpected`; `int`, `float`, `bool` and `str` for text that is no
such value; `convert` for what a converter refused; `too_many_fields`; `body_missing`, `media_type`, `json`,
`json_depth`, `validation` and `validation_msgpack` for bodies.
"""


class Hooks(Protocol):
    """The slow paths that the engine calls on the thread that ran the handler; none of them raises."""

    def finish(self, plan: Any, result: Any, request: Any) -> Outcome:
        """What a handler's result becomes."""
        ...

    def error(self, plan: Any, exc: BaseException, request: Any) -> Outcome:
        """What a handler's exception becomes."""
        ...

    def invalid(self, plan: Any, problems: Sequence[Problem], request: Any) -> Outcome:
        """What parameters that cannot be bound become."""
        ...
