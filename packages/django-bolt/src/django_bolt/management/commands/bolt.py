"""`manage.py bolt`: `bolt_django`'s command."""

from bolt_django.management.commands.bolt import Command

__all__ = ["Command"]
