"""The Django application `bolt_django`."""

from django.apps import AppConfig


class BoltDjangoConfig(AppConfig):
    """Adds `runbolt`, the system checks and the adapters for Django's own types."""

    name = "bolt_django"
    # Stable: it names the app in settings and in other packages' dependencies.
    label = "bolt_django"
    verbose_name = "Bolt"

    def ready(self) -> None:
        """Register checks and adapters; imports no model and no `api.py`, so every command stays quick."""
        from bolt_core.preparation import register_preparation

        from bolt_django import adapters, checks, runtime, uploads

        checks.register()
        adapters.register()
        uploads.register()
        register_preparation(runtime.prepare)
