"""A server on a real socket inside the calling process: what a browser, or a client of another kind, is tested with."""

from __future__ import annotations

import contextlib
import socket
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .config import ServerConfig
from .inprocess import InProcessServer
from .pool import Pool
from .preparation import live_session, prepared_context

if TYPE_CHECKING:
    from .routing import FrozenApp

# Threads for `def` handlers: two that wait for each other must not wait for ever.
_THREADS = 4


class LiveServer:
    """Serves *app* on a free port of *host*, with an event loop and pool threads of its own; a context manager.

    Unlike a test client's, its handlers run on other threads than the test, so they see committed data alone.
    *config*: limits and timeouts; by default those of `ServerConfig` with a `shutdown_timeout` of 5 seconds.
    """

    def __init__(self, app: FrozenApp, *, host: str = "127.0.0.1", config: ServerConfig | None = None) -> None:
        self.host = host
        self.port = 0
        self._app = app
        self._config = config or ServerConfig(shutdown_timeout=5.0)
        self._ending = contextlib.ExitStack()

    @property
    def url(self) -> str:
        """Where it serves, without a slash at the end: `http://127.0.0.1:45678`."""
        return f"http://{self.host}:{self.port}"

    def __str__(self) -> str:
        return self.url

    def __add__(self, path: str) -> str:
        """The URL of *path*: `live_server + "/items"`."""
        return f"{self.url}{path}"

    def start(self) -> None:
        """Start, and run the startup hooks; raises what one of them raised, and OSError for a host that is not here."""
        with contextlib.ExitStack() as stack:
            pool = Pool(_THREADS)
            stack.callback(pool.close)
            stack.enter_context(live_session(pool, self.host))
            server = InProcessServer(self._app, self._config, base_context=prepared_context(pool), pool=pool)
            listener: Any = socket.create_server((self.host, 0))
            stack.callback(listener.close)
            server.start()
            stack.callback(server.close)
            self.port = listener.getsockname()[1]
            server.listen(listener)
            self._ending = stack.pop_all()

    def close(self) -> None:
        """Stop, and run the shutdown hooks; raises what one of them raised. A second call does nothing."""
        self._ending.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()
