"""`BOLT["REQUEST_ID"]` and `BOLT["TRACE_CONTEXT"]`, for API routes, the ORM's threads and Django's own URLs alike."""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from bolt_core import BoltAPI, Request
from bolt_core.tracing import current_request_id, current_trace
from bolt_django import project
from boltsite_tools.inprocess import Client
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import override_settings
from django.urls import path

# Django's own URLs may ask a connection that an earlier test has opened.
pytestmark = pytest.mark.django_db

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SENT = {"X-Request-ID": "abc", "traceparent": PARENT}
BOTH = {"REQUEST_ID": True, "TRACE_CONTEXT": True}


def seen() -> dict[str, Any]:
    """What is known here."""
    trace = current_trace()
    return {"id": current_request_id(), "trace": trace and trace.traceparent}


def view(request: HttpRequest) -> HttpResponse:
    """A view of Django's."""
    return JsonResponse(seen() | {"header": request.META["HTTP_X_REQUEST_ID"]})


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The project's 404, by Django."""
    return HttpResponse(b"nothing", status=404)


handler404 = missing
urlpatterns = [path("django/", view)]


def api() -> BoltAPI:
    """Handlers of both kinds."""
    made = BoltAPI()

    @made.get("/sync")
    def sync(request: Request) -> dict[str, Any]:
        return seen() | {"header": request.META["HTTP_X_REQUEST_ID"]}

    @made.get("/async")
    async def not_sync(request: Request) -> dict[str, Any]:
        return await sync_to_async(seen)() | {"header": request.headers["x-request-id"]}

    return made


@override_settings(BOLT=BOTH, ROOT_URLCONF=__name__)
@pytest.mark.parametrize("target", ["/sync", "/async", "/django/"])
def test_one_identifier_everywhere(target: str) -> None:
    """On every thread, in `META`, and in the reply."""
    with Client(project.build([api()])) as client:
        reply = client.request("GET", target, headers=SENT)
    assert json.loads(reply.body) == {"id": "abc", "trace": PARENT, "header": "abc"}
    assert reply.headers["X-Request-ID"] == "abc"


@override_settings(BOLT={"REQUEST_ID": "make"}, ROOT_URLCONF=__name__)
@pytest.mark.parametrize(("target", "status"), [("/sync", 200), ("/django/", 200), ("/nowhere", 404)])
def test_clients_may_have_no_say(target: str, status: int) -> None:
    """A new identifier for what they call theirs, also where Django answers."""
    with Client(project.build([api()])) as client:
        reply = client.request("GET", target, headers=SENT)
    assert reply.status == status
    assert len(str(reply.headers["X-Request-ID"])) == 32
