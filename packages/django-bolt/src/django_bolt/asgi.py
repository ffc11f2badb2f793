"""The project as an ASGI application."""

from bolt_django.asgi import get_asgi_application

__all__ = ["get_asgi_application"]
