"""A handler that hangs fails its test; it does not stop the run."""

import httpx2
import pytest
from bolt_core import BoltAPI
from bolt_testing import TestClient


@pytest.mark.parametrize("use_http_layer", [False, True])
@pytest.mark.parametrize("path", ["/async", "/sync", "/sync/stubborn", "/stream"])
def test_a_hung_handler_is_a_read_timeout(hanging: BoltAPI, path: str, use_http_layer: bool) -> None:
    """The error names the request and what to do, and the client goes on working."""
    with TestClient(hanging, timeout=0.3, use_http_layer=use_http_layer) as client:
        with pytest.raises(httpx2.ReadTimeout, match=f"GET {path}: .* timeout="):
            client.get(path)

        assert client.get("/fine", timeout=10).text == "fine"


def test_one_request_may_have_more_time(hanging: BoltAPI) -> None:
    """timeout= of a request wins over the client's."""
    with TestClient(hanging, timeout=0.001) as client:
        assert client.get("/fine", timeout=10).text == "fine"


async def test_a_hung_handler_under_a_running_loop(hanging: BoltAPI) -> None:
    """An asynchronous test is not held up either."""
    with TestClient(hanging, timeout=0.3) as client, pytest.raises(httpx2.ReadTimeout):
        client.get("/sync")
