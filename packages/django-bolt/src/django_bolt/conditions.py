"""Conditions that are evaluated before a handler runs."""

from bolt_core.conditions import condition, etag, last_modified

__all__ = ["condition", "etag", "last_modified"]
