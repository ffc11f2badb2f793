"""A handler that hangs fails its test; it does not stop the run."""

import asyncio
import threading
from collections.abc import AsyncIterator

import httpx2
import pytest
from bolt_core import BoltAPI, StreamingResponse
from bolt_testing import TestClient


@pytest.fixture
def api() -> BoltAPI:
    """Handlers that never answer."""
    api = BoltAPI()

    @api.get("/async")
    async def hang_async() -> None:
        await asyncio.Event().wait()

    @api.get("/sync")
    def hang_sync() -> None:
        threading.Event().wait()

    @api.get("/sync/stubborn")
    def hang_stubborn() -> None:
        try:
            threading.Event().wait()
        except Exception:
            hang_stubborn()

    @api.get("/stream")
    async def hang_in_a_stream() -> StreamingResponse:
        async def generate() -> AsyncIterator[str]:
            yield "first"
            await asyncio.Event().wait()

        return StreamingResponse(generate())

    @api.get("/fine")
    async def fine() -> str:
        return "fine"

    return api


@pytest.mark.parametrize("use_http_layer", [False, True])
@pytest.mark.parametrize("path", ["/async", "/sync", "/sync/stubborn", "/stream"])
def test_a_hung_handler_is_a_read_timeout(api: BoltAPI, path: str, use_http_layer: bool) -> None:
    """The error names the request and what to do, and the client goes on working."""
    with TestClient(api, timeout=0.3, use_http_layer=use_http_layer) as client:
        with pytest.raises(httpx2.ReadTimeout, match=f"GET {path}: .* timeout="):
            client.get(path)

        assert client.get("/fine", timeout=10).text == "fine"


def test_one_request_may_have_more_time(api: BoltAPI) -> None:
    """timeout= of a request wins over the client's."""
    with TestClient(api, timeout=0.001) as client:
        assert client.get("/fine", timeout=10).text == "fine"


async def test_a_hung_handler_under_a_running_loop(api: BoltAPI) -> None:
    """An asynchronous test is not held up either."""
    with TestClient(api, timeout=0.3) as client, pytest.raises(httpx2.ReadTimeout):
        client.get("/sync")
