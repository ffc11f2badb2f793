"""The engine's bridge to Python, written in Rust. Not a public interface: use `bolt_core`."""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable
from typing import Any, final

from .request import Headers

__all__ = ["AsyncSink", "Driver", "FilePart", "Pool", "Request", "SyncSink", "refusals_without_request"]

def refusals_without_request() -> list[tuple[int, str, list[tuple[str, str]]]]:
    """Status, text and header fields of every refusal that comes without a request."""

@final
class Driver:
    """The engine's side of one event loop; belongs to the loop's thread."""

    def __new__(cls, selector_fd: int, pool: Pool) -> Driver: ...
    def install(
        self,
        app: dict[str, Any],
        settings: dict[str, Any],
        event_loop: asyncio.AbstractEventLoop,
        base_context: contextvars.Context | None = None,
    ) -> None:
        """Take the application's routes and the server's settings."""

    def listen(self, fd: int, unix: bool) -> None:
        """Accept connections from a listening socket; takes over the descriptor."""

    def serve_socket(self, fd: int) -> None:
        """Serve one connected Unix stream socket; takes over the descriptor."""

    def stop(self, drained: Callable[[], object]) -> None:
        """Stop accepting, close idle connections, finish what runs; then call `drained`."""

    def connections(self) -> int:
        """How many connections are open."""

    def turn(self, timeout: float | None) -> int:
        """Serve sockets until Python has something to do: 1, call `dispatch`; 2, the selector has events."""

    def selector_was_ready(self) -> None:
        """Say that the selector's last poll had events."""

    def dispatch(self) -> None:
        """Run the handlers of what the last turn brought."""

    def close(self) -> None:
        """End every connection and free the sockets."""

@final
class Pool:
    """Queues of the threads that run `def` handlers."""

    def __new__(cls, limit: int, spawn: Callable[[], object], external: bool) -> Pool: ...
    def submit(self, job: Callable[[], object], thread: int | None = None) -> None:
        """Queue a call, for one thread if named."""

    def join(self, dedicated: bool) -> int:
        """Announce a thread; returns its number."""

    def serve(self, thread: int) -> None:
        """Run jobs until the pool closes."""

    def run_pending(self) -> None:
        """Run what waits, on the calling thread."""

    def set_hooks(self, before: Callable[[], object] | None, after: Callable[[], object] | None) -> None:
        """Call these around every job."""

    @staticmethod
    def current_thread() -> int | None:
        """The number of the calling pool thread; `None` off the pool."""

    def counts(self) -> tuple[int, int, int]:
        """Threads, of which waiting, and jobs that wait."""

    def close(self) -> None:
        """Let the threads end."""

    @property
    def jobs_fd(self) -> int | None:
        """Readable while jobs wait, of an external pool."""

@final
class FilePart:
    """One uploaded file, as the engine read it. A temporary file lives as long as the parts of its form."""

    @property
    def field(self) -> str:
        """The name of its field."""

    @property
    def name(self) -> str:
        """The name that the client gave it, reduced to its last component."""

    @property
    def content_type(self) -> str:
        """The media type that the client claims; empty where it claims none."""

    @property
    def charset(self) -> str | None:
        """The `charset` parameter of that type."""

    @property
    def size(self) -> int:
        """In bytes."""

    @property
    def path(self) -> str | None:
        """The temporary file; `None` for a file in memory."""

    def read(self) -> bytes:
        """The whole content."""

@final
class Request:
    """A request as handlers see it."""

    @property
    def method(self) -> str:
        """The method, as sent."""

    @property
    def path(self) -> str:
        """The path, percent-decoded."""

    @property
    def raw_path(self) -> str:
        """The path as sent."""

    @property
    def query_string(self) -> str:
        """The query as sent, without its question mark."""

    @property
    def http_version(self) -> str:
        """`1.0` or `1.1`."""

    @property
    def scheme(self) -> str:
        """`http`."""

    @property
    def host(self) -> str:
        """The host the request names, with its port if it has one."""

    @property
    def client(self) -> tuple[str, int] | None:
        """The peer's address and port; `None` on a Unix socket or in process."""

    @property
    def raw_headers(self) -> list[tuple[str, str]]:
        """Header fields as sent."""

    @property
    def headers(self) -> Headers:
        """Header fields by case-insensitive name."""

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies by name."""

    @property
    def query_params(self) -> dict[str, list[str]]:
        """The values of each query parameter."""

    @property
    def path_params(self) -> dict[str, str]:
        """Path parameters, percent-decoded."""

    @property
    def body(self) -> bytes:
        """The body; raises `RuntimeError` on a route that streams it."""

    @property
    def state(self) -> dict[str, Any]:
        """A place for values of this request."""

    @property
    def plan(self) -> Any:
        """The `HandlerPlan` of the route."""

    @property
    def slash_redirect(self) -> bool:
        """For the fallback: whether a route would match with a slash appended."""

    def stream(self) -> AsyncIterator[bytes]:
        """The body in pieces as they arrive."""

    def get(self, key: str, default: Any = None) -> Any:
        """A value of `state`; `auth` is a dict, empty without credentials."""

    def __getitem__(self, key: str, /) -> Any: ...
    @property
    def _refusal(self) -> tuple[int, str, list[tuple[str, str]]] | None: ...
    @property
    def _streams(self) -> bool: ...
    def _form(self) -> tuple[list[tuple[str, str]], list[FilePart]]: ...
    def _read_chunk(self) -> bytes | None: ...
    def _on_chunk(self, callback: Callable[[], object]) -> None: ...

@final
class AsyncSink:
    """What an asynchronous producer writes to."""

    def write(self, chunk: str | bytes) -> bool:
        """Queue a chunk; `False` asks to wait for room."""

    @property
    def closed(self) -> bool:
        """Whether the client has left, once something was written."""

    def on_room(self, callback: Callable[[], object]) -> None:
        """Call back once there is room, or the client has left."""

    def finish(self) -> None:
        """The reply is complete."""

    def fail(self, error: BaseException) -> None:
        """The producer raised."""

@final
class SyncSink:
    """What a synchronous producer writes to, from its pool thread."""

    @property
    def closed(self) -> bool:
        """Whether the client has left."""

    def write(self, chunk: str | bytes) -> bool:
        """Queue a chunk; `False` asks to park."""

    def park(self, resume: Callable[[], object]) -> None:
        """Queue `resume` once the client has read."""

    def finish(self) -> None:
        """The reply is complete."""

    def fail(self, error: BaseException) -> None:
        """The producer raised."""
