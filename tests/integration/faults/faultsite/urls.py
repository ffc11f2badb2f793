"""Django's own URLs: a view that streams."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from faultsite.models import Entry


def count(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(Entry.objects.count()))


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def lines() -> Iterator[str]:
        for entry in Entry.objects.order_by("pk").iterator(chunk_size=50):
            yield entry.text + "\n"

    return StreamingHttpResponse(lines(), content_type="text/plain")


urlpatterns = [path("django/count", count), path("django/stream", stream)]
