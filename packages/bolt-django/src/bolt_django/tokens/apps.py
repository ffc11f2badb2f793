"""The Django application `bolt_django.tokens`."""

from django.apps import AppConfig


class TokensConfig(AppConfig):
    """Adds tables for revoked tokens and API keys, their admin and `clearrevokedtokens`."""

    name = "bolt_django.tokens"
    label = "bolt_tokens"
    verbose_name = "API tokens and keys"
    # Said here, so that a project's own default makes no migration.
    default_auto_field = "django.db.models.BigAutoField"
