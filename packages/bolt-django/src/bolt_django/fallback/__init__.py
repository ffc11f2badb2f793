"""Everything that no Bolt route matches: Django's own URLs, middleware, admin and static files."""

from bolt_django.fallback.handler import DjangoFallback

__all__ = ["DjangoFallback"]
