"""One Django view, to be found behind the API's routes."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def plain(request: HttpRequest) -> HttpResponse:
    """Answer as any Django view."""
    return HttpResponse("from Django", content_type="text/plain")


urlpatterns = [path("plain/", plain)]
