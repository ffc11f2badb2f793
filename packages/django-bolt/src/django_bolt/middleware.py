"""Middleware."""

from bolt_core.middleware import Middleware, middleware, skip_middleware

__all__ = ["Middleware", "middleware", "skip_middleware"]
