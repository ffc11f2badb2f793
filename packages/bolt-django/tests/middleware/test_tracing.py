"""Request ids in Django's middleware."""

from typing import Any

import pytest
from bolt_core.tracing import current_request_id
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from looking import Enclosed


def noting(get_response: Any) -> Any:
    """Middleware that tells in the reply what is known."""

    def call(request: HttpRequest) -> HttpResponse:
        response: HttpResponse = get_response(request)
        response["X-Seen"] = str(current_request_id())
        return response

    return call


@override_settings(BOLT={"REQUEST_ID": True})
@pytest.mark.parametrize("is_async", [False, True])
def test_middleware_knows_the_identifier(enclosed: Enclosed, is_async: bool) -> None:
    """Around both kinds of handlers, on a thread or on the loop."""

    def handler() -> str:
        return ""

    async def async_handler() -> str:
        return ""

    client = enclosed([f"{__name__}.noting"], ("/", async_handler if is_async else handler))
    assert client.request("GET", "/", headers={"X-Request-ID": "abc"}).headers["X-Seen"] == "abc"
