"""The application under test, started when the first connection is opened."""

import socket
import threading
from collections.abc import Callable
from typing import Any

from bolt_core.api import FrozenApp
from bolt_core.config import ServerConfig
from bolt_core.inprocess import InProcessServer


class ServerUnderTest:
    """One application's server and the way to it: a socket pair, or a loopback port."""

    def __init__(self, app: FrozenApp, config: ServerConfig | None, use_http_layer: bool) -> None:
        """Own the server; nothing runs before `connect`."""
        self._server = InProcessServer(app, config)
        self._open: Callable[[], socket.socket] = self._dial if use_http_layer else self._server.connect
        self._address: Any = None
        self._running = False
        # Two threads may share a client; only one of them may start the server.
        self._starting = threading.Lock()

    @property
    def jobs_fd(self) -> int:
        """Readable while work waits for the calling thread."""
        return self._server.jobs_fd

    @property
    def running(self) -> bool:
        """Whether there is anything to stop."""
        return self._running

    def run_jobs(self) -> None:
        """Run the waiting work on the calling thread."""
        self._server.run_jobs()

    def connect(self) -> socket.socket:
        """Return a new connection, the first of which starts the server."""
        with self._starting:
            if not self._running:
                self._server.start()
                self._running = True
        return self._open()

    def close(self) -> None:
        """Stop the server and end what still runs in it."""
        with self._starting:
            if self._running:
                self._running = False
                self._server.close()

    def _dial(self) -> socket.socket:
        # Port 0 lets the kernel choose, so that tests can run side by side.
        if self._address is None:
            listener = socket.create_server(("127.0.0.1", 0))
            self._address = listener.getsockname()
            self._server.listen(listener)
        return socket.create_connection(self._address)
