"""The engine's bridge to Python, written in Rust. Not a public interface: use `bolt_core`."""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from io import BytesIO
from typing import Any, final, overload

from .files import StrPath
from .forms import FormData
from .multidict import MultiMapping
from .request import Headers
from .request_members import Address
from .reversing import Query
from .types import Problem
from .uploads import UploadFile
from .urls import URL

__all__ = [
    "AsyncSink",
    "Driver",
    "FileBody",
    "FilePart",
    "Pool",
    "Request",
    "SyncSink",
    "check_conditions",
    "check_front",
    "refusals_without_request",
]

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

    def serve_socket(self, fd: int, number: int | None = None) -> None:
        """Serve one connected Unix stream socket; takes over the descriptor.

        *number* is what a server in front knows its requests by.
        """

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

    def tell_threads(self) -> None:
        """Let threads begin what was queued for them, though the loop does not come to its next turn."""

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
    """A request as handlers see it.

    Whatever is set on it, and is no name of its own, is kept in `state`: `request.user = user` is
    `request.state["user"] = user`. What is not read costs nothing.
    """

    user: Any
    """Who makes the request; `AttributeError` where nothing has authenticated it. With Django, `AnonymousUser` then."""

    session: Any
    """The session, where a session middleware has set one."""

    auth: dict[str, Any]
    """What the credentials say, empty without any; the same as `request["auth"]`."""

    check_object_permissions: Callable[[Any], Awaitable[None]]
    """`await request.check_object_permissions(obj)` raises 403 unless the route's guards let the request have it."""

    def _auth(self) -> dict[str, Any]:
        """What the engine found out about who calls."""

    def _vouch(self, index: int, seconds: float) -> None:
        """Let the token of this request pass for so many seconds, by the word of the scheme at that place."""

    auser: Callable[[], Awaitable[Any]]
    """`await request.auser()` is `request.user`, loaded without blocking the event loop."""

    resolver_match: Any
    """`None`, as nothing has resolved the path in Django's URLconf."""

    as_django: Callable[[], Any]
    """With Django: the request as Django's own class, for code that takes no other."""

    get_signed_cookie: Callable[..., Any]
    """With Django: as `HttpRequest.get_signed_cookie`."""

    @property
    def method(self) -> str:
        """The method, as sent."""

    @property
    def path(self) -> str:
        """The path, percent-decoded, with the script name that it begins with."""

    @property
    def path_info(self) -> str:
        """The path below the script name."""

    @property
    def raw_path(self) -> str:
        """The path as sent, still percent-encoded."""

    @property
    def query_string(self) -> str:
        """The query as sent, without its question mark."""

    @property
    def url(self) -> URL:
        """The request's absolute URL, whose parts have names."""

    @property
    def http_version(self) -> str:
        """`1.0` or `1.1`."""

    @property
    def scheme(self) -> str:
        """`http` or `https`: what the client used, as far as a proxy in front is trusted to say so."""

    def is_secure(self) -> bool:
        """Whether the client used https."""

    @property
    def host(self) -> str:
        """The host the request names, with its port if it has one; empty in HTTP/1.0 without a Host field."""

    def get_host(self) -> str:
        """The host that the client asked for, with the port it named."""

    def get_port(self) -> str:
        """The port that the client asked for."""

    def get_full_path(self, force_append_slash: bool = False) -> str:
        """Path and query as sent; *force_append_slash* ends the path with a slash."""

    def build_absolute_uri(self, location: str | None = None) -> str:
        """*location*, seen from this request, as an absolute URI; by default the request's own."""

    def url_for(self, name: str, /, *, query: Query | None = None, **params: Any) -> URL:
        """The absolute URL of the named route of the application that serves this request."""

    @property
    def client(self) -> Address | None:
        """The peer's address and port; `None` on a Unix socket or in process."""

    @property
    def raw_headers(self) -> list[tuple[str, str]]:
        """Header fields as sent."""

    @property
    def headers(self) -> Headers:
        """Header fields by case-insensitive name."""

    @property
    def META(self) -> dict[str, Any]:
        """CGI variables of the request, as Django has them."""

    @property
    def content_type(self) -> str:
        """The body's media type in lower case, without parameters; empty where none was sent."""

    @property
    def content_params(self) -> dict[str, str]:
        """Parameters of the body's media type, as `charset`."""

    @property
    def encoding(self) -> str | None:
        """The charset that the body's media type names; `None` where it names none that Python knows."""

    def accepts(self, media_type: str) -> bool:
        """Whether the client takes a reply of *media_type* (RFC 9110 §12.5.1)."""

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies by name."""

    @property
    def COOKIES(self) -> dict[str, str]:
        """The same as `cookies`."""

    @property
    def query_params(self) -> MultiMapping[str]:
        """Query parameters: `[]` gives the last value, `getlist` all of them."""

    @property
    def GET(self) -> MultiMapping[str]:
        """The same as `query_params`."""

    @property
    def path_params(self) -> dict[str, Any]:
        """Path parameters as the handler takes them, else percent-decoded text."""

    @property
    def body(self) -> bytes:
        """The body; raises `RuntimeError` on a route that streams it."""

    def read(self, size: int = -1, /) -> bytes:
        """The next *size* bytes of the body, all that are left by default."""

    def readline(self, size: int = -1, /) -> bytes:
        """The body's next line, with its line break."""

    def readlines(self) -> list[bytes]:
        """The lines that are left of the body."""

    def __iter__(self) -> Iterator[bytes]: ...
    @overload
    def json(self) -> Any: ...
    @overload
    def json[T](self, type: type[T]) -> T: ...
    @overload
    def json(self, type: Any = ...) -> Any: ...
    def form(self) -> FormData:
        """The form in the body, empty where that is none; text fields and files."""

    @property
    def POST(self) -> MultiMapping[str]:
        """Text fields of a form that was sent by POST; empty for any other method or body."""

    @property
    def FILES(self) -> MultiMapping[UploadFile]:
        """Files of a form that was sent by POST; empty for any other method or body."""

    def stream(self) -> AsyncIterator[bytes]:
        """The body in pieces as they arrive; a streamed one can be read once.

        Raises `HTTPException` when it breaks a limit, `ClientDisconnect` when the client leaves before its end.
        """

    async def is_disconnected(self) -> bool:
        """Whether the client has left. Lets the event loop look before it answers."""

    @property
    def state(self) -> dict[str, Any]:
        """A place for values of this request."""

    def get(self, key: str, default: Any = None) -> Any:
        """A value of `state`; `auth` is a dict, empty without credentials."""

    def __getitem__(self, key: str, /) -> Any: ...
    def __contains__(self, key: object, /) -> bool: ...
    @property
    def plan(self) -> Any:
        """The `HandlerPlan` of the route."""

    @property
    def slash_redirect(self) -> bool:
        """For the fallback: whether a route would match with a slash appended."""

    def _cgi(self, server: tuple[str, str], client: tuple[str, int] | None, scheme: str) -> dict[str, Any]: ...
    @property
    def _client(self) -> tuple[str, int] | None: ...
    @property
    def _script_name(self) -> str: ...
    @property
    def _secure(self) -> bool: ...
    @property
    def _number(self) -> int | None: ...
    @property
    def _media_type(self) -> tuple[str, dict[str, str]]: ...
    @property
    def _lazy(self) -> dict[str, Any]: ...
    @property
    def _file(self) -> BytesIO: ...
    @property
    def _gone(self) -> bool: ...
    @property
    def _too_deep(self) -> bool: ...
    @property
    def _body_is_form(self) -> bool: ...
    @property
    def _own_answer(self) -> tuple[int, str | None, list[tuple[str, str]]] | None: ...
    def _bind(self) -> tuple[tuple[Any, ...], dict[str, Any]] | list[Problem]: ...
    @property
    def _streams(self) -> bool: ...
    def _form(self) -> tuple[list[tuple[str, str]], list[FilePart]]: ...
    def _read_chunk(self) -> bytes | None: ...
    def _on_chunk(self, callback: Callable[[], object]) -> None: ...

@final
class FileBody:
    """Which file is a reply's body; the engine opens and sends it."""

    def __new__(cls, path: StrPath, root: StrPath | None = None) -> FileBody: ...
    @staticmethod
    def from_fd(fd: int) -> FileBody:
        """An open file, sent from its beginning; the descriptor is duplicated."""

    def open(self) -> int:
        """A descriptor of its own, to be read by `os.pread` and closed; raises `OSError`. May block."""

def check_front(proxies: dict[str, object], security: dict[str, object]) -> None:
    """Raise `ValueError` for what the engine could not be told of `bolt_core.front`."""

def check_conditions(request: Request, etag: bytes | None, last_modified: int | None) -> int:
    """What the request's preconditions come to, given what validates the current content: 0 to go on, 304 or 412."""

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
