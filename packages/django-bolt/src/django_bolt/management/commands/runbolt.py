"""`manage.py runbolt`: `bolt_django`'s command."""

from bolt_django.management.commands.runbolt import Command

__all__ = ["Command"]
