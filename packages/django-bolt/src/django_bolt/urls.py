"""The project's routes as Django's URLs: `path("", include("django_bolt.urls"))`."""

from bolt_django.urls import app_name, urlpatterns

__all__ = ["app_name", "urlpatterns"]
