"""Exceptions of handlers: a 500 as in production, or raised in the test."""

import logging

import pytest
from bolt_core import BoltAPI, HTTPException
from bolt_testing import TestClient


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

    return api


@pytest.mark.parametrize("path", ["/async", "/sync", "/result"])
def test_an_exception_is_a_500_by_default(api: BoltAPI, path: str, caplog: pytest.LogCaptureFixture) -> None:
    """A test sees what a client sees, and the log holds the traceback."""
    with caplog.at_level(logging.ERROR, "bolt_core"), TestClient(api) as client:
        response = client.get(path)

    assert response.status_code == 500
    assert response.json() == {"detail": "Internal Server Error"}
    assert any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("path", ["/async", "/sync"])
@pytest.mark.parametrize("use_http_layer", [False, True])
def test_an_exception_is_raised_on_demand(api: BoltAPI, path: str, use_http_layer: bool) -> None:
    """raise_server_exceptions hands over the handler's own exception with its traceback."""
    with TestClient(api, raise_server_exceptions=True, use_http_layer=use_http_layer) as client:
        with pytest.raises(Broken) as caught:
            client.get(path)
        assert any(entry.name.startswith("fail_") for entry in caught.traceback)

        # The next request starts afresh.
        assert client.get("/typed", params={"n": 1}).json() == 1


def test_a_result_that_cannot_be_sent_is_raised(api: BoltAPI) -> None:
    """What fails after the handler is the application's fault too."""
    with TestClient(api, raise_server_exceptions=True) as client, pytest.raises(Exception, match="object"):
        client.get("/result")


@pytest.mark.parametrize(("path", "status"), [("/teapot", 418), ("/down", 503), ("/typed", 422), ("/nowhere", 404)])
def test_answers_are_not_raised(api: BoltAPI, path: str, status: int) -> None:
    """An error that the application chose to answer with stays an answer."""
    with TestClient(api, raise_server_exceptions=True) as client:
        assert client.get(path).status_code == status


def test_each_client_raises_only_its_own(api: BoltAPI) -> None:
    """Another client's exception is not this one's."""
    with TestClient(api) as quiet, TestClient(api, raise_server_exceptions=True) as loud:
        assert quiet.get("/async").status_code == 500
        assert loud.get("/typed", params={"n": 1}).json() == 1
