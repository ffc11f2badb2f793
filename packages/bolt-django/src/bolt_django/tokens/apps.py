"""The Django application `bolt_django.tokens`."""

from django.apps import AppConfig

APP = "bolt_django.tokens"
"""As INSTALLED_APPS lists it."""


class TokensConfig(AppConfig):
    """Tables for `DjangoORMRevocation` and `DjangoAPIKeys`, with an admin and the command `bolt_tokens`."""

    name = APP
    # Stable: tables, permissions and migrations are named after it.
    label = "bolt_tokens"
    verbose_name = "API tokens and keys"
    # Whatever the project's setting says: a migration of ours must fit every project.
    default_auto_field = "django.db.models.BigAutoField"
