"""Shapes shared by the modules of this package; nothing here imports another of them."""

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol

type Headers = list[tuple[str, str]]
"""Header fields in the order they are sent; a name may repeat."""

type Chunks = Iterable[str | bytes] | AsyncIterable[str | bytes]
"""A body produced piece by piece; text is sent as UTF-8."""

type After = Callable[[], object] | None
"""Called on the event loop's thread once the reply has been sent or its client has left."""

type Outcome = tuple[int, Headers, bytes | Chunks] | tuple[int, Headers, bytes | Chunks, After]
"""What the engine sends: status, header fields, and a whole body or a stream; then what is to be called after it."""

type Promise = Awaitable[Outcome]
"""An outcome that takes waiting; the engine awaits it on the loop, in the request's context, and cancels it if the
client leaves."""

type Problem = tuple[str, str, str, BaseException | None, int | None]
"""One reason why a request cannot be bound to its handler's parameters.

Where the value was looked for (`path`, `query`, `header`, `cookie`, `form`, `file` or `body`), the name the client uses
(empty for a whole model or body), a code, what the converter or the decoder raised, if one ran, and which of the values
of a repeated name is meant. The codes: `missing` and `unexpected`; `int`, `float`, `bool` and `str` for text that is no
such value; `convert` for what a converter refused; `too_many_fields`; `body_missing`, `media_type`, `json`,
`json_depth`, `validation` and `validation_msgpack` for bodies.
"""


class Hooks(Protocol):
    """The slow paths that the engine calls on the thread that ran the handler.

    None of them raises, nor does what they promise.
    """

    def finish(self, plan: Any, result: Any, request: Any) -> Outcome | Promise:
        """What a handler's result becomes."""
        ...

    def error(self, plan: Any, exc: BaseException, request: Any) -> Outcome | Promise:
        """What a handler's exception becomes."""
        ...

    def invalid(self, plan: Any, problems: Sequence[Problem], request: Any) -> Outcome | Promise:
        """What parameters that cannot be bound become."""
        ...
