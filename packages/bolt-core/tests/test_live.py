"""A server on a real socket in the test's process."""

import http.client
import threading

import pytest
from bolt_core.api import BoltAPI
from bolt_core.live import LiveServer


def get(server: LiveServer, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=20)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_it_serves_on_a_free_port_from_threads_of_its_own() -> None:
    """Between its startup and shutdown hooks; two servers do not meet."""
    api, life = BoltAPI(), []
    api.on_startup(lambda: life.append("startup"))
    api.on_shutdown(lambda: life.append("shutdown"))

    @api.get("/thread")
    def thread() -> str:
        return threading.current_thread().name

    with LiveServer(api.freeze()) as one, LiveServer(api.freeze()) as two:
        assert one.port != two.port
        assert str(one) == one.url == f"http://127.0.0.1:{one.port}"
        assert one + "/x" == f"{one.url}/x"
        assert get(one, "/thread")[1].startswith(b"bolt-pool-")
        assert get(two, "/thread")[0] == 200
    assert life == ["startup", "startup", "shutdown", "shutdown"]
    with pytest.raises(ConnectionRefusedError):
        get(one, "/thread")


def test_a_start_that_fails_leaves_nothing() -> None:
    """What the hook raised is raised, and no thread is left."""
    api = BoltAPI()
    before = threading.active_count()

    @api.on_startup
    async def fail() -> None:
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        LiveServer(api.freeze()).start()
    assert threading.active_count() == before
