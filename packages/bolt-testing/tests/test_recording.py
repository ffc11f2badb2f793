"""What fails in the application: raised in the test, or a 500 as in production."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from bolt_core import BoltAPI, HTTPException, StreamingResponse
from bolt_testing import AsyncTestClient, TestClient


class Broken(Exception):
    """What the handlers below raise."""


@pytest.fixture
def api() -> BoltAPI:
    """Handlers that fail, each in its own way."""
    api = BoltAPI()

    @api.get("/async")
    async def fail_async() -> None:
        raise Broken("async")

    @api.get("/sync")
    def fail_sync() -> None:
        raise Broken("sync")

    @api.get("/result")
    async def fail_to_encode() -> object:
        return object()

    @api.get("/teapot")
    async def teapot() -> None:
        raise HTTPException(418)

    @api.get("/down")
    async def down() -> None:
        raise HTTPException(503)

    @api.get("/typed")
    async def typed(n: int) -> int:
        return n

    add_late_failures(api)
    return api


def add_late_failures(api: BoltAPI) -> None:
    """Add what fails once the handler has returned."""

    @api.get("/model", response_model=int)
    async def fail_to_validate() -> object:
        return "no number"

    @api.get("/first")
    async def fail_in_the_first_chunk() -> StreamingResponse:
        async def generate() -> AsyncIterator[str]:
            raise Broken("first")
            yield ""

        return StreamingResponse(generate())


@pytest.mark.parametrize("path", ["/async", "/sync", "/result", "/model", "/first"])
def test_an_exception_is_a_500_on_demand(api: BoltAPI, path: str, caplog: pytest.LogCaptureFixture) -> None:
    """With raise_server_exceptions=False a test sees what a client sees, and the log holds the traceback."""
    with caplog.at_level(logging.ERROR, "bolt_core"), TestClient(api, raise_server_exceptions=False) as client:
        response = client.get(path)

    assert response.status_code == 500
    assert response.json() == {"detail": "Internal Server Error"}
    assert any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("path", ["/async", "/sync"])
@pytest.mark.parametrize("use_http_layer", [False, True])
def test_an_exception_is_raised_by_default(api: BoltAPI, path: str, use_http_layer: bool) -> None:
    """The handler's own exception with its traceback."""
    with TestClient(api, use_http_layer=use_http_layer) as client:
        with pytest.raises(Broken) as caught:
            client.get(path)
        assert any(entry.name.startswith("fail_") for entry in caught.traceback)

        # The next request starts afresh.
        assert client.get("/typed", params={"n": 1}).json() == 1


@pytest.mark.parametrize(("path", "message"), [("/result", "object"), ("/model", "int"), ("/first", "first")])
def test_what_fails_after_the_handler_is_raised(api: BoltAPI, path: str, message: str) -> None:
    """A result that cannot be sent or is not what its model says, and a stream's first chunk."""
    with TestClient(api) as client, pytest.raises(Exception, match=message):
        client.get(path)


@pytest.mark.parametrize(("path", "status"), [("/teapot", 418), ("/down", 503), ("/typed", 422), ("/nowhere", 404)])
def test_answers_are_not_raised(api: BoltAPI, path: str, status: int) -> None:
    """An error that the application chose to answer with stays an answer."""
    with TestClient(api) as client:
        assert client.get(path).status_code == status


def test_each_client_raises_only_its_own(api: BoltAPI) -> None:
    """Another client's exception is not this one's."""
    with TestClient(api, raise_server_exceptions=False) as quiet, TestClient(api) as loud:
        assert quiet.get("/async").status_code == 500
        assert loud.get("/typed", params={"n": 1}).json() == 1


def failing_stream(go: threading.Event) -> BoltAPI:
    """Streams that fail after their first chunk, once *go* is set."""
    api = BoltAPI()

    @api.get("/async")
    async def stream() -> StreamingResponse:
        async def generate() -> AsyncIterator[str]:
            yield "first"
            await asyncio.to_thread(go.wait)
            raise Broken("late")

        return StreamingResponse(generate())

    @api.get("/sync")
    def stream_sync() -> StreamingResponse:
        def generate() -> Iterator[str]:
            yield "x" * 300_000
            raise Broken("late")

        return StreamingResponse(generate())

    return api


@pytest.mark.parametrize("path", ["/async", "/sync"])
@pytest.mark.parametrize("use_http_layer", [False, True])
def test_a_stream_that_fails_raises_what_its_producer_raised(path: str, use_http_layer: bool) -> None:
    """Where a client would see a reply that was cut off; what arrived before is there."""
    go = threading.Event()
    with TestClient(failing_stream(go), use_http_layer=use_http_layer) as client:
        chunks = client.get(path, stream=True).iter_content()
        assert next(chunks)
        go.set()
        with pytest.raises(Broken, match="late"):
            list(chunks)


async def test_a_stream_that_fails_raises_in_the_async_client() -> None:
    """The same, awaited."""
    go = threading.Event()
    async with AsyncTestClient(failing_stream(go)) as client:
        chunks = (await client.get("/async", stream=True)).aiter_content()
        assert await anext(chunks) == b"first"
        go.set()
        with pytest.raises(Broken, match="late"):
            await anext(chunks)


async def test_simultaneous_requests_raise_each_their_own(api: BoltAPI) -> None:
    """Exceptions of requests that run side by side are told apart."""
    async with AsyncTestClient(api) as client:
        paths = ["/async", "/sync", "/typed?n=1", "/teapot"]
        results: list[Any] = await asyncio.gather(*(client.get(path) for path in paths * 5), return_exceptions=True)

    for at in range(0, len(results), 4):
        assert [str(error) for error in results[at : at + 2]] == ["async", "sync"]
        assert [reply.status_code for reply in results[at + 2 : at + 4]] == [200, 418]


def test_an_exception_of_a_request_that_was_given_up_is_no_other_requests(api: BoltAPI) -> None:
    """A later request to another path gets its own reply."""
    with TestClient(api, raise_server_exceptions=False) as client:
        client.get("/async")
        client._server.raises = True
        assert client.get("/teapot").status_code == 418
        assert client.get("/typed", params={"n": 2}).json() == 2


def test_a_stream_that_fails_is_cut_off_on_demand() -> None:
    """With raise_server_exceptions=False it never looks complete."""
    go = threading.Event()
    go.set()
    with (
        TestClient(failing_stream(go), raise_server_exceptions=False) as client,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        client.get("/async")
