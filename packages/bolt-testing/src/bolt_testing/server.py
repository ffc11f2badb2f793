"""The application under test, started when the first connection is opened."""

import socket
import threading
from typing import Any

from bolt_core.api import FrozenApp
from bolt_core.config import ServerConfig
from bolt_core.inprocess import InProcessServer
from bolt_core.pool import Pool
from bolt_core.preparation import prepared_context


class ServerUnderTest:
    """One application's server and the way to it: a socket pair, or a loopback port."""

    def __init__(self, app: FrozenApp, config: ServerConfig | None, *, use_http_layer: bool) -> None:
        """Own the server; there is none before `connect`."""
        self._app = app
        self._config = config
        self._use_http_layer = use_http_layer
        self._server: InProcessServer | None = None
        self._address: Any = None
        # Two threads may share a client; only one of them may start the server.
        self._lock = threading.Lock()

    @property
    def jobs_fd(self) -> int:
        """Readable while work waits for the calling thread."""
        return self._running().jobs_fd

    @property
    def running(self) -> bool:
        """Whether there is anything to stop."""
        return self._server is not None

    def run_jobs(self) -> None:
        """Run the waiting work on the calling thread."""
        self._running().run_jobs()

    def connect(self) -> socket.socket:
        """Return a new connection, the first of which starts the server."""
        with self._lock:
            if self._server is None:
                self._server = self._started()
        return socket.create_connection(self._address) if self._use_http_layer else self._server.connect()

    def close(self) -> None:
        """Stop the server and end what still runs in it."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.close()

    def _started(self) -> InProcessServer:
        # No threads of its own: the jobs are run by whoever waits for a reply.
        pool = Pool(1, external=True)
        server = InProcessServer(self._app, self._config, base_context=prepared_context(pool), pool=pool)
        server.start()
        if self._use_http_layer:
            # Port 0 lets the kernel choose, so that tests can run side by side.
            listener = socket.create_server(("127.0.0.1", 0))
            self._address = listener.getsockname()
            server.listen(listener)
        return server

    def _running(self) -> InProcessServer:
        if self._server is None:
            raise RuntimeError("the test client is closed; this response belongs to a server that has stopped")
        return self._server
