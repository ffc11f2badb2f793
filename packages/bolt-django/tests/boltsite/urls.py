"""Django's own URLs."""

from django.contrib import admin
from django.urls import include, path

from boltsite import views

urlpatterns = [
    path("", include("bolt_django.urls")),
    path("admin/", admin.site.urls),
    path("echo/", views.echo),
    path("echo/<path:rest>", lambda request, rest: views.echo(request)),
    path("length/", views.body_length),
    path("stream/", views.stream),
    path("stream/rows/", views.stream_rows),
    path("stream/async/", views.stream_async),
    path("file/", views.file),
    path("async/", views.async_view),
    path("async/slow/", views.async_slow),
    path("slow/", views.slow),
    path("broken/", views.broken),
]
