"""Transactions of async handlers."""

from bolt_django.transactions import aatomic

__all__ = ["aatomic"]
